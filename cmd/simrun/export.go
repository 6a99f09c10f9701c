package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"powercut/sim/explain"
	"powercut/sim/worker"
)

// exportJSON is what export --json prints. Its keys don't change.
type exportJSON struct {
	Dir   string        `json:"dir"`
	Files []fileSize    `json:"files"`
	Story explain.Story `json:"story"` // what every command tells of the case
}

type fileSize struct {
	Path  string `json:"path"`
	Bytes int64  `json:"bytes"`
}

func newExportCommand() *cobra.Command {
	var asJSON bool
	var pkg packageFlags
	cmd := &cobra.Command{
		Use:   "export CASE DIR" + caseUse,
		Short: "write the crash image of a case as real files",
		Long: `export runs the case in a file ("-" is standard input) and writes what its last
crash left below a new or empty directory, so that any tool can look at it.
` + caseOfTest,
		Example: `  simrun export corpus/original-torn-frame.case image
  simrun journal inspect image/data/j.log`,
		Args: inFront(cobra.ExactArgs(2)),
		RunE: func(cmd *cobra.Command, args []string) error {
			args = pkg.take(cmd, args)
			f, err := openCase(cmd, args[0], &pkg)
			if err != nil {
				return err
			}
			defer f.done()
			dir := args[1]
			if err := emptyDir(dir); err != nil {
				return err
			}
			note, err := f.do(cmd.Context(), worker.Case{Do: worker.Export, Dir: dir})
			if errors.Is(err, explain.ErrNoImage) {
				return fmt.Errorf("%s: %w (simrun repro %s shows what it does)", args[0], err, args[0])
			}
			if err == nil {
				err = syncTree(realDisk, dir)
			}
			if err != nil {
				return failed(err)
			}
			files, err := listFiles(dir)
			if err != nil {
				return harnessFailed(err)
			}
			out := cmd.OutOrStdout()
			if asJSON {
				return printJSON(out, exportJSON{dir, files, note.Told.Report.Story})
			}
			fmt.Fprint(out, note.Told.Brief)
			fmt.Fprintf(out, "%d files of the crash image in %s:\n", len(files), dir)
			for _, f := range files {
				fmt.Fprintf(out, "  %s, %d bytes\n", f.Path, f.Bytes)
			}
			if f.subject.test == nil {
				fmt.Fprintf(out, "to look at a log:  simrun journal inspect FILE\n")
			}
			return nil
		},
	}
	pkg.add(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
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
