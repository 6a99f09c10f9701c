package main

import (
	"fmt"
	"io"

	"github.com/spf13/afero"
	"github.com/spf13/cobra"

	"powercut/journal"
	"powercut/journal/wire"
)

// journalFs is what the journal's functions take.
type journalFs = afero.Fs

func newValidateCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "validate FILE",
		Short: "say whether a log is whole, and up to where it is good",
		Long: `validate reads one log. Of a log with markers it proves checksums, order and
claims; of a rayforce log, which has none, it checks the frames alone. It exits 1
if the log is damaged.`,
		Example: "  simrun journal validate data/j.log",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := journal.Validate(readOnly(), args[0])
			if err != nil && report.Status == journal.StatusIO {
				return err
			}
			out := cmd.OutOrStdout()
			if asJSON {
				if err := printJSON(out, validateJSONOf(report, err)); err != nil {
					return err
				}
			} else {
				printReport(out, report, err)
			}
			if err != nil {
				return refused(nil)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

type validateJSON struct {
	Status     journal.Status `json:"status"`
	Markers    bool           `json:"markers"`
	Entries    int            `json:"entries"`
	ValidBytes int64          `json:"valid_bytes"`
	SizeBytes  int64          `json:"size_bytes"`
	Log        string         `json:"log,omitempty"`
	Generation uint64         `json:"generation,omitempty"`
	FirstLSN   uint64         `json:"first_lsn,omitempty"`
	LastLSN    uint64         `json:"last_lsn,omitempty"`
	Tail       string         `json:"tail,omitempty"`
	Error      string         `json:"error,omitempty"`
}

func validateJSONOf(r journal.Report, err error) validateJSON {
	v := validateJSON{Status: r.Status, Markers: r.Markers, Entries: r.Entries, ValidBytes: r.ValidBytes, SizeBytes: r.SizeBytes}
	if r.Markers {
		v.Log, v.Generation, v.FirstLSN, v.LastLSN = r.Log.String(), r.Generation, r.FirstLSN, r.LastLSN
	}
	if r.TailErr != nil {
		v.Tail = r.TailErr.Error()
	}
	if err != nil {
		v.Error = err.Error()
	}
	return v
}

func printReport(out io.Writer, r journal.Report, err error) {
	kind := "a rayforce log, without checksums"
	if r.Markers {
		kind = fmt.Sprintf("log %s, generation %d, LSN %d to %d", r.Log, r.Generation, r.FirstLSN, r.LastLSN)
	}
	fmt.Fprintf(out, "%s: %s\n  %d entries in %d good bytes of %d\n", r.Path, kind, r.Entries, r.ValidBytes, r.SizeBytes)
	switch {
	case err != nil:
		fmt.Fprintf(out, "  DAMAGED (%s): %v\n", r.Status, err)
	case r.TailErr != nil:
		fmt.Fprintf(out, "  then a tail that was never acknowledged (%v): the next open cuts it off and keeps it aside\n", r.TailErr)
	default:
		fmt.Fprintln(out, "  whole")
	}
}

func newInspectCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "inspect FILE",
		Short:   "print a line for each frame of a log or a snapshot",
		Long:    `inspect prints offset, size, flags and decoded value of each frame, up to the first that is none. It exits 1 if there is one.`,
		Example: "  simrun journal inspect data/j.log",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			out := cmd.OutOrStdout()
			for f, err := range journal.Inspect(readOnly(), args[0]) {
				if err != nil {
					fmt.Fprintf(out, "%10d  %v\n", f.Offset, err)
					return refused(nil)
				}
				fmt.Fprintf(out, "%10d %8d  %-12s %s\n", f.Offset, f.SizeBytes, flagsOf(f.Header), describeFrame(f))
			}
			return nil
		},
	}
}

func flagsOf(h wire.Header) string {
	text := ""
	if h.Flags&wire.FlagCompressed != 0 {
		text += "compressed "
	}
	if h.Flags&wire.FlagRestricted != 0 {
		text += "restricted"
	}
	if text == "" {
		return "-"
	}
	return text
}

func describeFrame(f journal.Frame) string {
	switch m := f.Marker; {
	case f.Err != nil:
		return "UNREADABLE: " + f.Err.Error()
	case m != nil && m.Kind == wire.Genesis:
		return fmt.Sprintf("genesis of log %s, generation %d, after LSN %d", m.Log, m.Generation, m.LastLSN)
	case m != nil && m.Kind == wire.SnapshotMarker:
		return fmt.Sprintf("snapshot marker: covers LSN %d, %d bytes, sha256 %x", m.Snapshot.LSN, m.Snapshot.SizeBytes, m.Snapshot.Digest[:6])
	case m != nil:
		return fmt.Sprintf("commit of %d entries in %d bytes, up to LSN %d; durable before it: LSN %d", m.Entries, m.BatchBytes, m.LastLSN, m.DurableLSN)
	}
	v, err := wire.Decode(f.Payload)
	if err != nil {
		return "UNREADABLE: " + err.Error()
	}
	return wire.Summary(v, summaryBytes)
}
