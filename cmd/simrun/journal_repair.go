package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"powercut/journal"
	"powercut/journal/rayfall"
)

func newRepairCommand() *cobra.Command {
	var acceptLoss, noDirSync bool
	var told result
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
			told.begin(cmd)
			report, err := journal.Repair(realDisk, args[0], journal.RepairOptions{AcceptLoss: acceptLoss, AcceptNoDirSync: noDirSync, Machine: rayfall.New()})
			if err != nil && report.Path == "" {
				return told.end(journalFailed(args[0], fmt.Errorf("nothing was changed: %w", err)))
			}
			told.repaired(args[0], report)
			if err != nil {
				err = journalFailed(args[0], fmt.Errorf("something else is wrong as well: %w", err))
			}
			return told.end(err)
		},
	}
	cmd.Flags().BoolVar(&acceptLoss, "accept-loss", false, "cut off durable entries behind damage as well")
	addNoDirSyncFlag(cmd, &noDirSync)
	told.addFlag(cmd)
	return cmd
}

// repaired tells what a repair did.
func (r *result) repaired(base string, report journal.RepairReport) {
	if report.Path == "" {
		r.line("%s opens as it is; nothing was changed", base)
		return
	}
	r.json.Path, r.json.ValidBytes, r.json.CutBytes, r.json.KeptAs = report.Path, &report.ValidBytes, report.CutBytes, report.KeptAs
	r.json.LogRemoved, r.json.LastLSN, r.json.LostLSN = report.Removed, report.LastLSN, report.LostLSN
	kept := report.KeptAs
	if kept == "" {
		kept = "nowhere, since they are all zeros"
	}
	r.line("%s: cut %d bytes at offset %d, kept in %s", report.Path, report.CutBytes, report.ValidBytes, kept)
	if report.Removed {
		r.line("nothing was left of %s, so it was removed", report.Path)
	}
	if report.LostLSN > 0 {
		r.line("entries after LSN %d, up to LSN %d, were durable and are lost", report.LastLSN, report.LostLSN)
	}
}
