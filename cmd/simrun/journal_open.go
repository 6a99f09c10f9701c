package main

import (
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/journal/wire"
)

// openJSON is what journal open --json prints: what the real program reports of
// such files, in the same words.
type openJSON struct {
	Status           journal.Status    `json:"status"`
	Entries          *int              `json:"entries,omitempty"`
	EvalErrors       *int              `json:"eval_errors,omitempty"`
	ValidBytes       *int64            `json:"valid_bytes,omitempty"`
	SnapshotBindings *int              `json:"snapshot_bindings,omitempty"`
	Opens            bool              `json:"opens"`
	SnapshotSkipped  int               `json:"snapshot_skipped,omitempty"` // bindings
	Complete         bool              `json:"complete"`                   // it opens, nothing is left out, and every entry could be evaluated
	LeftOut          []string          `json:"left_out,omitempty"`         // what the state lacks
	Unsupported      int               `json:"unsupported,omitempty"`
	Failures         []failureJSON     `json:"failures,omitempty"` // of evaluation, with those that are unsupported
	Doubtful         []string          `json:"doubtful,omitempty"` // variables that may be wrong or missing; "*" for any that is not bound
	Error            string            `json:"error,omitempty"`
	Hints            []string          `json:"hints,omitempty"` // what to do about it
	Env              map[string]string `json:"env,omitempty"`
}

func newOpenCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "open BASE",
		Short: "recover a journal on a view of its files, and show its state",
		Long: `open recovers the journal of BASE.log, BASE.qdb and the archives on a view of these
files, and shows what came back. The files themselves are not changed: what the
recovery would change goes to a temporary file.
It exits 1 if the journal refuses them, and 5 if it opens and is incomplete: it leaves
out whole frames that are possibly another program's, or some entries can't be
evaluated here, so that variables may be wrong or missing.`,
		Example: `  simrun journal open data/j
  simrun journal open data/j --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			base := args[0]
			disk, err := viewBase(base)
			if err != nil {
				return err
			}
			defer disk.Close() // what was changed in it is thrown away
			m := rayfall.New()
			report := openJSON{}
			hasLog := exists(disk, base+".log")
			before := reportOfLog(disk, base, hasLog)
			j, recovery, err := journal.Open(disk, base, m, journal.Options{})
			report.Status, report.Opens = journal.StatusOf(err), err == nil
			if err != nil {
				report.Error = renamed(err.Error(), base, args[0])
				for _, hint := range hintsFor(base, err) {
					report.Hints = append(report.Hints, renamed(hint, base, args[0]))
				}
				if report.Status != journal.StatusSnapshot {
					report.fromLog(before)
				}
			} else {
				report.fromRecovery(recovery, before, m)
				recovery.TailKept = "" // in the view alone
				for _, line := range missing(recovery) {
					report.LeftOut = append(report.LeftOut, renamed(line, base, args[0]))
				}
				report.Complete = recovery.Complete()
				if err := j.Close(); err != nil {
					return harnessFailed(fmt.Errorf("closing the copy: %w", err))
				}
			}
			if asJSON {
				if err := printJSON(cmd.OutOrStdout(), report); err != nil {
					return err
				}
			} else {
				printOpened(cmd.OutOrStdout(), args[0], report, recovery, m)
			}
			return report.exit()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// exit is the exit code that tells what was found.
func (o *openJSON) exit() error {
	switch {
	case !o.Opens:
		return refused
	case !o.Complete:
		return incomplete
	}
	return nil
}

// reportOfLog replays the log by itself, for what a refused Open doesn't say.
func reportOfLog(disk journalFs, base string, hasLog bool) *journal.Report {
	if !hasLog {
		return nil
	}
	report, _ := journal.Replay(disk, base+".log", rayfall.New()) // its error is Open's business
	return &report
}

func (o *openJSON) fromLog(log *journal.Report) {
	if log == nil {
		return
	}
	o.Entries, o.EvalErrors, o.ValidBytes = &log.Entries, &log.EvalErrors, &log.ValidBytes
}

func (o *openJSON) fromRecovery(r journal.Recovery, log *journal.Report, m *rayfall.Machine) {
	o.Entries, o.EvalErrors = &r.Entries, &r.EvalErrors
	o.Unsupported, o.Failures, o.Doubtful = r.Unsupported, failuresOf(r.EvalFailures), r.Doubtful
	if log != nil {
		o.ValidBytes = &log.ValidBytes
	}
	if r.Snapshot {
		o.SnapshotBindings, o.SnapshotSkipped = &r.SnapshotBindings, r.SnapshotSkipped
	}
	o.Env = envOf(m)
}

// envOf returns what each variable is bound to, in the form of reply.
func envOf(m *rayfall.Machine) map[string]string {
	env := make(map[string]string)
	for name, value := range m.Env() {
		env[name] = hex.EncodeToString(reply(value))
	}
	return env
}

func printEnv(out io.Writer, m *rayfall.Machine) {
	for name, value := range m.Env() {
		fmt.Fprintf(out, "  %s = %s\n", name, wire.Summary(value, summaryBytes))
	}
}

// printRefused tells why files are refused, and what to do.
func printRefused(out io.Writer, name string, o openJSON) {
	fmt.Fprintf(out, "%s is refused (%s): %s\n", name, o.Status, o.Error)
	for _, hint := range o.Hints {
		fmt.Fprintf(out, "  %s\n", hint)
	}
}

// reply is the form in which the real program sends a value: serialised, and
// compressed where a payload of that size would be.
func reply(v wire.Value) []byte {
	plain := wire.Encode(v)
	if compressed, ok := wire.Compress(nil, plain); ok {
		return compressed
	}
	return plain
}

func printOpened(out io.Writer, base string, o openJSON, r journal.Recovery, m *rayfall.Machine) {
	if !o.Opens {
		printRefused(out, base, o)
		return
	}
	fmt.Fprintf(out, "%s opens: %d entries replayed, %d evaluation errors, last LSN %d\n", base, r.Entries, r.EvalErrors, r.LastLSN)
	if r.Snapshot {
		fmt.Fprintf(out, "  snapshot: %d bindings, covers LSN %d\n", r.SnapshotBindings, r.SnapshotLSN)
	}
	if r.Archives > 0 {
		fmt.Fprintf(out, "  %d archives replayed before the log\n", r.Archives)
	}
	if r.OldLog {
		fmt.Fprintln(out, "  the log is a rayforce one, without checksums: the first append, which takes --adopt-foreign, sets it aside and begins a new one")
	}
	for _, line := range o.LeftOut {
		fmt.Fprintf(out, "  %s\n", line)
	}
	switch {
	case r.TailFrames > 0:
		fmt.Fprintf(out, "  they begin at offset %d, with %d bytes up to the end of the log (%v): an open of the files themselves keeps them aside\n", r.TailOffset, r.TailBytes, r.TailReason)
	case r.TailBytes > 0:
		fmt.Fprintf(out, "  beyond offset %d: %d bytes that were never acknowledged (%v)\n", r.TailOffset, r.TailBytes, r.TailReason)
	}
	printFailures(out, o)
	for _, step := range r.Repaired {
		fmt.Fprintf(out, "  repaired: %s\n", step)
	}
	printEnv(out, m)
}

// renamed calls the files of a copy by their own names.
func renamed(text, onDisk, base string) string {
	text = strings.ReplaceAll(text, " "+onDisk+".", " "+base+".")
	if command, found := strings.CutSuffix(text, " "+onDisk); found {
		return command + " " + base
	}
	return text
}

// summaryBytes bounds how much of a value is shown.
const summaryBytes = 120
