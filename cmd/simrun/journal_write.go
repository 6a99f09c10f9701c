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

// noDirSyncFlag lets a command go on where a directory can't be fsynced.
const noDirSyncFlag = "accept-no-dir-sync"

func addNoDirSyncFlag(cmd *cobra.Command, accept *bool) {
	cmd.Flags().BoolVar(accept, noDirSyncFlag, false, "go on where a directory can't be fsynced, such as on CIFS: a power cut may then take files that were just made")
}

func newAppendCommand() *cobra.Command {
	var sync, restricted bool
	var accept writeFlags
	cmd := &cobra.Command{
		Use:   "append BASE",
		Short: "append each line of standard input as an entry",
		Long: `append opens a real journal, makes it if there is none, and appends each line of
standard input as source text. It prints each entry's LSN, and what its
evaluation said if that failed. With --sync each line is durable when its LSN is
printed; without, all are when the command ends.`,
		Example: `  printf '(set x 1)\n(set x (+ x 1))\n' | simrun journal append data/j --sync`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			mode := journal.Async
			if sync {
				mode = journal.Sync
			}
			return withJournal(args[0], accept.options(mode), func(j *journal.Journal) error {
				return appendLines(cmd.Context(), j, cmd.InOrStdin(), cmd.OutOrStdout(), restricted)
			})
		},
	}
	cmd.Flags().BoolVar(&sync, "sync", false, "make each entry durable before its LSN is printed")
	cmd.Flags().BoolVar(&restricted, "restricted", false, "append as restricted: evaluated without the right to change anything")
	accept.add(cmd)
	return cmd
}

func appendLines(ctx context.Context, j *journal.Journal, in io.Reader, out io.Writer, restricted bool) error {
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
		if err := p.EvalErr(); err != nil {
			fmt.Fprintf(out, "%d  (%v)\n", lsn, err)
			continue
		}
		fmt.Fprintln(out, lsn)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("reading standard input: %w", err)
	}
	return nil
}

// withJournal opens a real journal, and closes it whatever happens.
func withJournal(base string, opts journal.Options, do func(*journal.Journal) error) error {
	j, _, err := journal.Open(realDisk, base, rayfall.New(), opts)
	if err != nil {
		return journalFailed(base, err)
	}
	err = do(j)
	if closeErr := j.Close(); closeErr != nil {
		err = errors.Join(err, closeErr)
	}
	if err != nil {
		return &exitError{exitViolation, withHints(base, err)}
	}
	return nil
}

func newRepairCommand() *cobra.Command {
	var acceptLoss, noDirSync bool
	cmd := &cobra.Command{
		Use:   "repair BASE",
		Short: "cut off what keeps a journal from opening, and keep it aside",
		Long: `repair cuts the log where it stops making sense, and keeps what it cut in a file
beside the log. Without --accept-loss it does so only for a tail of which nobody
can tell whether it was ever acknowledged, never for damage to what was durable, and
never for what is whole: another version, a snapshot, an entry that can't be decoded.`,
		Example: "  simrun journal repair data/j",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := journal.Repair(realDisk, args[0], journal.RepairOptions{AcceptLoss: acceptLoss, AcceptNoDirSync: noDirSync, Machine: rayfall.New()})
			if err != nil && report.Path == "" {
				return journalFailed(args[0], fmt.Errorf("nothing was changed: %w", err))
			}
			out := cmd.OutOrStdout()
			if report.Path == "" {
				fmt.Fprintf(out, "%s opens as it is; nothing was changed\n", args[0])
				return nil
			}
			kept := report.KeptAs
			if kept == "" {
				kept = "nowhere, since they are all zeros"
			}
			fmt.Fprintf(out, "%s: cut %d bytes at offset %d, kept in %s\n", report.Path, report.CutBytes, report.ValidBytes, kept)
			if report.Removed {
				fmt.Fprintf(out, "nothing was left of %s, so it was removed\n", report.Path)
			}
			if report.LostLSN > 0 {
				fmt.Fprintf(out, "entries after LSN %d, up to LSN %d, were durable and are lost\n", report.LastLSN, report.LostLSN)
			}
			if err != nil {
				return journalFailed(args[0], fmt.Errorf("something else is wrong as well: %w", err))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&acceptLoss, "accept-loss", false, "cut off durable entries behind damage as well")
	addNoDirSyncFlag(cmd, &noDirSync)
	return cmd
}

func newSnapshotCommand() *cobra.Command {
	var accept writeFlags
	cmd := &cobra.Command{
		Use:     "snapshot BASE",
		Short:   "write a journal's state beside it, and begin a new log",
		Example: "  simrun journal snapshot data/j",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withJournal(args[0], accept.options(journal.Sync), func(j *journal.Journal) error {
				if err := j.Snapshot(cmd.Context()); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s.qdb covers LSN %d\n", args[0], j.LastLSN())
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
		Use:     "roll BASE",
		Short:   "set a journal's log aside as an archive, and begin a new one",
		Example: "  simrun journal roll data/j",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return withJournal(args[0], accept.options(journal.Sync), func(j *journal.Journal) error {
				if err := j.Roll(cmd.Context()); err != nil {
					return err
				}
				fmt.Fprintf(cmd.OutOrStdout(), "%s.log is generation %d now\n", args[0], j.Stats().Generation)
				return nil
			})
		},
	}
	accept.add(cmd)
	return cmd
}
