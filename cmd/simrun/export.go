package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"powercut/cmd/simrun/internal/perfetto"
	"powercut/sim/core"
	"powercut/sim/explain"
	"powercut/sim/worker"
)

// exportJSON is what export --json prints. Its keys don't change.
type exportJSON struct {
	Dir      string        `json:"dir"` // "": no image was asked for
	Files    []fileSize    `json:"files"`
	Perfetto string        `json:"perfetto"` // file of the trace, "": none was asked for
	Story    explain.Story `json:"story"`    // what every command tells of the case
}

type fileSize struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
}

func newExportCommand() *cobra.Command {
	var asJSON bool
	var trace string
	var pkg packageFlags
	cmd := &cobra.Command{
		Use:   "export CASE [DIR] [--perfetto FILE]" + caseUse,
		Short: "write the crash image of a case as real files, or its run for Perfetto",
		Long: `export runs the case in a file ("-" is standard input) and writes what its last
crash left below a new or empty directory, so that any tool can look at it.

With --perfetto it writes the run as a trace that https://ui.perfetto.dev opens, and
trace_processor reads: clients, disk, faults, crashes and recoveries as tracks, paths,
errors, stacks and digests as arguments. An event's time is its number in microseconds:
a simulated run has an order and no durations.
` + caseOfTest,
		Example: `  simrun export corpus/original-torn-frame.case image
  simrun journal inspect image/data/j.log
  simrun export corpus/original-torn-frame.case --perfetto run.pftrace`,
		Args: inFront(cobra.RangeArgs(1, 2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			args = pkg.take(cmd, args)
			if len(args) == 1 && trace == "" {
				return errors.New("nothing to write: name a new directory for the crash image, or a file with --perfetto")
			}
			f, err := openCase(cmd, args[0], &pkg)
			if err != nil {
				return err
			}
			defer f.done()
			report := exportJSON{Files: []fileSize{}, Perfetto: trace}
			brief := ""
			if len(args) == 2 {
				report.Dir = args[1]
				note, err := f.exportImage(cmd.Context(), &report)
				if err != nil {
					return err
				}
				brief, report.Story = note.Told.Brief, note.Told.Report.Story
			}
			if trace != "" {
				note, err := f.exportTrace(cmd.Context(), trace)
				if err != nil {
					return err
				}
				brief, report.Story = note.Told.Brief, note.Told.Report.Story
			}
			out := cmd.OutOrStdout()
			if asJSON {
				return printJSON(out, report)
			}
			fmt.Fprint(out, brief)
			if report.Dir != "" {
				printImage(out, report, f.subject.test == nil)
			}
			if trace != "" {
				fmt.Fprintf(out, "the run is in %s: open it at https://ui.perfetto.dev\n", trace)
			}
			return nil
		},
	}
	pkg.add(cmd)
	cmd.Flags().StringVar(&trace, "perfetto", "", "write the run to this `FILE`, as a trace for Perfetto")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// exportImage writes the crash image below the directory that the report names.
func (f *caseFile) exportImage(ctx context.Context, report *exportJSON) (*worker.Note, error) {
	if err := emptyDir(report.Dir); err != nil {
		return nil, err
	}
	note, err := f.do(ctx, worker.Case{Do: worker.Export, Dir: report.Dir})
	if errors.Is(err, explain.ErrNoImage) {
		return nil, fmt.Errorf("%s: %w (simrun repro %s shows what it does)", f.name, err, f.name)
	}
	if err == nil {
		err = syncTree(realDisk, report.Dir)
	}
	if err != nil {
		return nil, failed(err)
	}
	if report.Files, err = listFiles(report.Dir); err != nil {
		return nil, harnessFailed(err)
	}
	return note, nil
}

// exportTrace writes the run of the case as a trace for Perfetto.
func (f *caseFile) exportTrace(ctx context.Context, file string) (*worker.Note, error) {
	dir, err := os.MkdirTemp("", "simrun-trace-")
	if err != nil {
		return nil, harnessFailed(err)
	}
	defer os.RemoveAll(dir)
	lines := filepath.Join(dir, "events")
	note, err := f.do(ctx, worker.Case{Do: worker.Repro, Trace: lines})
	if err != nil {
		return nil, failed(err)
	}
	events, err := readEvents(lines)
	if err != nil {
		return nil, harnessFailed(err)
	}
	var trace bytes.Buffer
	if err := perfetto.Write(&trace, f.name, events); err != nil {
		return nil, harnessFailed(err)
	}
	if err := writeWhole(realDisk, file, trace.Bytes()); err != nil {
		return nil, harnessFailed(fmt.Errorf("--perfetto: %w", err))
	}
	return note, nil
}

// readEvents reads a trace as a worker writes it.
func readEvents(file string) ([]core.Event, error) {
	in, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	var events []core.Event
	for lines := json.NewDecoder(bufio.NewReader(in)); ; {
		var e core.Event
		switch err := lines.Decode(&e); {
		case errors.Is(err, io.EOF):
			return events, nil
		case err != nil:
			return nil, fmt.Errorf("the trace: %w", err)
		}
		events = append(events, e)
	}
}

// printImage prints where the crash image is, and its files.
func printImage(out io.Writer, report exportJSON, ofJournal bool) {
	if len(report.Files) == 0 {
		fmt.Fprintf(out, "the crash image has no file: %s has its directories\n", report.Dir)
		return
	}
	fmt.Fprintf(out, "%s of the crash image in %s:\n", count(len(report.Files), "file"), report.Dir)
	for _, f := range report.Files {
		fmt.Fprintf(out, "  %s, %s\n", f.Path, count(uint64(f.Bytes), "byte"))
	}
	if ofJournal {
		fmt.Fprintf(out, "to look at a log:  simrun journal inspect FILE\n")
	}
}

// emptyDir makes a directory. One that is there must be empty: whatever is in it
// may be somebody's.
func emptyDir(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("the directory: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return fmt.Errorf("the directory: %w", err)
	}
	if len(entries) > 0 {
		return fmt.Errorf("the directory %s is not empty: nothing was written; name a new one", dir)
	}
	return nil
}

func listFiles(dir string) ([]fileSize, error) {
	files := []fileSize{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			files = append(files, fileSize{path, info.Size()})
		}
		return err
	})
	return files, err
}
