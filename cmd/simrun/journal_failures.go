package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"powercut/journal"
)

// failureJSON is an entry whose evaluation failed.
type failureJSON struct {
	LSN    uint64 `json:"lsn"`
	Log    string `json:"log"`
	Offset int64  `json:"offset"` // of its frame in the log, in bytes
	Entry  string `json:"entry"`
	Reason string `json:"reason"`
	// Unsupported is what this program can't evaluate of it: rayforce may.
	Unsupported string `json:"unsupported,omitempty"`
}

func failuresOf(r journal.Recovery) []failureJSON {
	var all []failureJSON
	for _, f := range r.EvalFailures {
		all = append(all, failureJSON{LSN: f.LSN, Log: f.Path, Offset: f.Offset, Entry: f.Entry, Reason: f.Err.Error(), Unsupported: f.Unsupported})
	}
	return all
}

// notEvaluated says that the state may lack what some entries did, and which
// variables are in doubt; it is "" for a state that is complete.
func notEvaluated(r journal.Recovery) string {
	if r.Complete() {
		return ""
	}
	return fmt.Sprintf("INCOMPLETE: %d entries can't be evaluated here, and rayforce may evaluate them; %s", r.Unsupported, inDoubt(r.Doubtful))
}

func inDoubt(names []string) string {
	switch {
	case len(names) == 0:
		return "no variable is in doubt, since they bind none"
	case names[0] == "*" && len(names) == 1:
		return "any variable but those below may be missing"
	case names[0] == "*":
		return "these may be wrong, and others missing: " + strings.Join(names[1:], " ")
	}
	return "these may be wrong or missing: " + strings.Join(names, " ")
}

// maxShownFailures bounds how many failed entries of each sort are printed.
const maxShownFailures = 20

// printFailures lists the entries that can't be evaluated, and those that failed in
// rayforce too.
func printFailures(out io.Writer, o openJSON) {
	for _, unsupported := range []bool{true, false} {
		shown, total := 0, *o.EvalErrors-o.Unsupported
		if unsupported {
			total = o.Unsupported
		}
		for _, f := range o.Failures {
			if (f.Unsupported != "") == unsupported && shown < maxShownFailures {
				shown++
				fmt.Fprintf(out, "  LSN %d at offset %d of %s: %s: %s\n", f.LSN, f.Offset, f.Log, f.Entry, f.Reason)
			}
		}
		if shown < total {
			fmt.Fprintf(out, "  and %d more of these\n", total-shown)
		}
	}
}

// writeFlags are what commands that write to a journal accept of it.
type writeFlags struct{ noDirSync, incomplete, foreign bool }

func (w *writeFlags) add(cmd *cobra.Command) {
	addNoDirSyncFlag(cmd, &w.noDirSync)
	cmd.Flags().BoolVar(&w.foreign, "adopt-foreign", false, "take over what rayforce has written: a log of its own becomes an archive, which it never reads; entries that it appended to ours stay in place")
	cmd.Flags().BoolVar(&w.incomplete, "allow-incomplete", false, "go on although some entries can't be evaluated here: what they did is lost to what is written")
}

// options are those of a journal.
func (w *writeFlags) options(mode journal.Mode) journal.Options {
	return journal.Options{Mode: mode, AcceptNoDirSync: w.noDirSync, AllowIncomplete: w.incomplete, AdoptForeign: w.foreign}
}
