package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/journal/wire"
)

// maxSourceLine bounds a line of source text, in bytes.
const maxSourceLine = 64 << 20

func newAppendCommand() *cobra.Command {
	var sync, restricted bool
	var accept writeFlags
	cmd := &cobra.Command{
		Use:   "append BASE",
		Short: "append each line of standard input as an entry",
		Long: `append opens a real journal, makes it if there is none, and appends each line of
standard input as source text. It prints each entry's LSN, and what its
evaluation said if that failed. With --sync each line is durable when its LSN is
printed; without, all are when the command ends.

A journal that is incomplete is appended to as well, with a warning: entries that
can't be evaluated here, an entry of this command among them, stay in the log. The
exit code is 5 then, unless --allow-incomplete accepts it.`,
		Example: `  printf '(set x 1)\n(set x (+ x 1))\n' | simrun journal append data/j --sync`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			mode := journal.Async
			if sync {
				mode = journal.Sync
			}
			accept.list = &jsonStream{out: cmd.OutOrStdout(), name: "appended"}
			return accept.withJournal(cmd, args[0], mode, func(j *journal.Journal) error {
				return accept.appendLines(cmd.Context(), j, cmd.InOrStdin(), restricted)
			})
		},
	}
	cmd.Flags().BoolVar(&sync, "sync", false, "make each entry durable before its LSN is printed")
	cmd.Flags().BoolVar(&restricted, "restricted", false, "append as restricted: evaluated without the right to change anything")
	accept.add(cmd)
	return cmd
}

// appendedJSON is an entry that was appended.
type appendedJSON struct {
	LSN         uint64 `json:"lsn"`
	EvalError   string `json:"eval_error,omitempty"`
	Unsupported string `json:"unsupported,omitempty"` // what can't be evaluated of it here
}

func (w *writeFlags) appendLines(ctx context.Context, j *journal.Journal, in io.Reader, restricted bool) error {
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, maxSourceLine)
	for n := 1; lines.Scan(); n++ {
		source := strings.TrimSpace(lines.Text())
		if source == "" {
			continue
		}
		p, err := j.AppendAsync(journal.Entry{Payload: wire.Encode(wire.String(source)), Restricted: restricted})
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		lsn, err := p.Wait(ctx)
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		w.appended(lsn, p.EvalErr())
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading standard input: %w", err)
	}
	return nil
}

func (w *writeFlags) appended(lsn uint64, evalErr error) {
	entry := appendedJSON{LSN: lsn}
	if evalErr != nil {
		entry.EvalError = evalErr.Error()
		if u, ok := errors.AsType[*rayfall.UnsupportedError](evalErr); ok {
			entry.Unsupported = u.Unsupported()
		}
		w.line("%d  (%v)", lsn, evalErr)
	} else {
		w.line("%d", lsn)
	}
	if w.asJSON {
		w.list.item(entry)
	}
}

func newSnapshotCommand() *cobra.Command {
	var accept writeFlags
	cmd := &cobra.Command{
		Use:   "snapshot BASE",
		Short: "write a journal's state beside it, and begin a new log",
		Long: `snapshot writes the state of a real journal to BASE.qdb, makes it durable, and begins
a new log. A state that is incomplete is refused, since what is missing would be lost
with the log, unless --allow-incomplete accepts that.`,
		Example: "  simrun journal snapshot data/j",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return accept.withJournal(cmd, args[0], journal.Sync, func(j *journal.Journal) error {
				if err := j.Snapshot(cmd.Context()); err != nil {
					return err
				}
				accept.json.Path = args[0] + ".qdb"
				accept.line("%s.qdb covers LSN %d", args[0], j.LastLSN())
				return nil
			})
		},
	}
	accept.add(cmd)
	return cmd
}

func newRollCommand() *cobra.Command {
	var accept writeFlags
	cmd := &cobra.Command{
		Use:   "roll BASE",
		Short: "set a journal's log aside as an archive, and begin a new one",
		Long: `roll ends the log of a real journal, which becomes an archive, and begins a new one.
Recovery here reads the archives; rayforce never does: for it the state is that of the
last snapshot.`,
		Example: "  simrun journal roll data/j",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return accept.withJournal(cmd, args[0], journal.Sync, func(j *journal.Journal) error {
				if err := j.Roll(cmd.Context()); err != nil {
					return err
				}
				accept.json.Path = args[0] + ".log"
				accept.line("%s.log is generation %d now", args[0], j.Stats().Generation)
				return nil
			})
		},
	}
	accept.add(cmd)
	return cmd
}
