package main

import (
	"fmt"
	"io"

	"github.com/spf13/afero"
	"github.com/spf13/cobra"

	"powercut/journal"
)

// journalFs is what the journal's functions take.
type journalFs = afero.Fs

func newValidateCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "validate FILE",
		Short: "say whether a log is whole, and up to where it is good",
		Long: `validate reads one log. Of a log with markers it proves checksums, order and
claims; of a rayforce log, which has none, that each entry can be decoded. It exits 0
if the log is whole but for a torn tail, 1 if it is refused, and 5 if it is whole, but
the tail holds whole frames that are possibly another program's.`,
		Example: "  simrun journal validate data/j.log",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := journal.Validate(readOnly(), args[0])
			if err != nil && report.Status == journal.StatusIO {
				return journalFailed("", err)
			}
			out := cmd.OutOrStdout()
			if asJSON {
				if err := printJSON(out, validateJSONOf(report, err)); err != nil {
					return err
				}
			} else {
				printReport(out, report, err)
			}
			switch {
			case err != nil:
				return refused
			case report.TailFrames > 0:
				return incomplete
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
	TailFrames int            `json:"tail_frames,omitempty"`
	Error      string         `json:"error,omitempty"`
	Hints      []string       `json:"hints,omitempty"` // what to do about it
}

func validateJSONOf(r journal.Report, err error) validateJSON {
	v := validateJSON{Status: r.Status, Markers: r.Markers, Entries: r.Entries, ValidBytes: r.ValidBytes, SizeBytes: r.SizeBytes}
	if r.Markers {
		v.Log, v.Generation, v.FirstLSN, v.LastLSN = r.Log.String(), r.Generation, r.FirstLSN, r.LastLSN
	}
	if r.TailErr != nil {
		v.Tail, v.TailFrames = r.TailErr.Error(), r.TailFrames
	}
	if err != nil {
		v.Error, v.Hints = err.Error(), hintsFor(baseOf(r.Path), err)
	}
	return v
}

func printReport(out io.Writer, r journal.Report, err error) {
	kind := "a rayforce log, without checksums"
	switch {
	case err != nil && r.ValidBytes == 0:
		kind = "no log that is known"
	case r.SizeBytes == 0 || r.TailErr != nil && !r.Markers:
		kind = "an empty log"
	}
	if r.Markers {
		kind = fmt.Sprintf("log %s, generation %d, LSN %d to %d", r.Log, r.Generation, r.FirstLSN, r.LastLSN)
	}
	fmt.Fprintf(out, "%s: %s\n  %d entries in %d good bytes of %d\n", r.Path, kind, r.Entries, r.ValidBytes, r.SizeBytes)
	switch {
	case err != nil:
		verdict := "DAMAGED"
		if r.Status == journal.StatusVersion || r.Status == journal.StatusForeign {
			verdict = "REFUSED"
		}
		fmt.Fprintf(out, "  %s (%s): %v\n", verdict, r.Status, err)
		for _, hint := range hintsFor(baseOf(r.Path), err) {
			fmt.Fprintf(out, "  %s\n", hint)
		}
	case r.TailFrames > 0:
		for _, line := range leftOut(r.TailFrames, "", nil) {
			fmt.Fprintf(out, "  %s (%v): the next open cuts them off and keeps them aside\n", line, r.TailErr)
		}
	case r.TailErr != nil:
		fmt.Fprintf(out, "  then a tail that was never acknowledged (%v): the next open cuts it off and keeps it aside\n", r.TailErr)
	default:
		fmt.Fprintln(out, "  whole")
	}
}
