package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"powercut/journal"
	"powercut/journal/rayfall"
)

func newReplayCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "replay FILE",
		Short: "replay one log by itself, and show the state that it comes to",
		Long: `replay applies the entries of one log, be it the active one, an archive, or a copy, to
an empty state, and shows what that is then. It looks at no snapshot and no other log, so
what this log continues is missing: open shows the state of a journal.
It exits 1 if the log is refused, once what is good of it was replayed, and 5 if whole
frames are left out that are possibly another program's, or some entries can't be
evaluated here.`,
		Example: `  simrun journal replay data/j.2026.11.23T02.49.57Z.log
  simrun journal replay data/j.log --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			m := rayfall.New()
			found, err := journal.Replay(readOnly(), args[0], m)
			if err != nil && found.Status == journal.StatusIO {
				return journalFailed("", err)
			}
			report := replayed(found, err, m)
			if asJSON {
				if err := printJSON(cmd.OutOrStdout(), report); err != nil {
					return err
				}
			} else {
				printReplayed(cmd.OutOrStdout(), found, report, m)
			}
			return report.exit()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// replayed is what a replay found, in the words of open.
func replayed(r journal.Report, err error, m *rayfall.Machine) openJSON {
	o := openJSON{
		Status: r.Status, Entries: &r.Entries, EvalErrors: &r.EvalErrors, ValidBytes: &r.ValidBytes,
		Unsupported: r.Unsupported, Failures: failuresOf(r.EvalFailures), Doubtful: r.Doubtful,
		Opens: err == nil, LeftOut: leftOut(r.TailFrames, "", nil), Env: envOf(m),
	}
	if r.Unsupported > 0 {
		o.LeftOut = append([]string{notEvaluated(r.Unsupported, r.Doubtful)}, o.LeftOut...)
	}
	o.Complete = o.Opens && len(o.LeftOut) == 0
	if err != nil {
		o.Error, o.Hints = err.Error(), hintsFor(baseOf(r.Path), err)
	}
	return o
}

func printReplayed(out io.Writer, r journal.Report, o openJSON, m *rayfall.Machine) {
	if !o.Opens {
		printRefused(out, r.Path, o)
		fmt.Fprint(out, "  up to there: ")
	} else {
		fmt.Fprintf(out, "%s: ", r.Path)
	}
	fmt.Fprintf(out, "%d entries replayed, %d evaluation errors, %d good bytes of %d\n", r.Entries, r.EvalErrors, r.ValidBytes, r.SizeBytes)
	if r.Markers && r.FirstLSN > 1 {
		fmt.Fprintf(out, "  it begins with LSN %d: what it continues is not here\n", r.FirstLSN)
	}
	for _, line := range o.LeftOut {
		fmt.Fprintf(out, "  %s\n", line)
	}
	printFailures(out, o)
	if r.TailErr != nil {
		fmt.Fprintf(out, "  beyond offset %d: %d bytes that no commit covers (%v)\n", r.ValidBytes, r.SizeBytes-r.ValidBytes, r.TailErr)
	}
	printEnv(out, m)
}
