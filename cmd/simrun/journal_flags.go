package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"powercut/journal"
	"powercut/journal/rayfall"
)

// noDirSyncFlag lets a command go on where a directory can't be fsynced.
const noDirSyncFlag = "accept-no-dir-sync"

func addNoDirSyncFlag(cmd *cobra.Command, accept *bool) {
	cmd.Flags().BoolVar(accept, noDirSyncFlag, false, "go on where a directory can't be fsynced, such as on CIFS: a power cut may then take files that were just made")
}

// writeFlags are what commands that write to a journal accept of it, and how they tell
// what they did.
type writeFlags struct {
	result
	noDirSync, incomplete, foreign bool
}

func (w *writeFlags) add(cmd *cobra.Command) {
	addNoDirSyncFlag(cmd, &w.noDirSync)
	cmd.Flags().BoolVar(&w.foreign, "adopt-foreign", false, "take over what rayforce has written: a log of its own becomes an archive, which it never reads; entries that it appended to ours stay in place")
	cmd.Flags().BoolVar(&w.incomplete, "allow-incomplete", false, "go on although some entries can't be evaluated here: what they did is lost to what is written")
	w.addFlag(cmd)
}

// withJournal opens a real journal, and closes it whatever happens. What the journal
// lacks is told before anything is done to it, and with the exit code.
func (w *writeFlags) withJournal(cmd *cobra.Command, base string, mode journal.Mode, do func(*journal.Journal) error) error {
	w.begin(cmd)
	opts := journal.Options{Mode: mode, AcceptNoDirSync: w.noDirSync, AllowIncomplete: w.incomplete, AdoptForeign: w.foreign}
	j, recovery, err := journal.Open(realDisk, base, rayfall.New(), opts)
	if err != nil {
		return w.end(journalFailed(base, err))
	}
	w.json.Repaired = recovery.Repaired
	w.warn(missing(recovery))
	if recovery.TailFrames == 0 && recovery.TailKept != "" && !w.asJSON {
		fmt.Fprintf(w.told, "simrun: %d bytes that were never acknowledged were cut off, and are kept in %s\n", recovery.TailBytes, recovery.TailKept)
	}
	err = do(j)
	stats := j.Stats()
	if closeErr := j.Close(); closeErr != nil {
		err = errors.Join(err, closeErr)
	}
	complete := recovery.Complete() && stats.Unsupported == 0
	w.json.Complete, w.json.LastLSN, w.json.Generation = &complete, stats.LastLSN, stats.Generation
	if stats.Unsupported > 0 {
		w.warn([]string{fmt.Sprintf("INCOMPLETE: %d of the entries that were just appended can't be evaluated here, and rayforce may evaluate them", stats.Unsupported)})
	}
	switch {
	case err != nil:
		return w.end(&exitError{exitViolation, withHints(base, err)})
	case !complete && !w.incomplete:
		return w.end(incomplete)
	}
	return w.end(nil)
}
