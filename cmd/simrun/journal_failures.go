package main

import (
	"fmt"
	"io"
	"strings"

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

func failuresOf(failures []journal.EvalFailure) []failureJSON {
	var all []failureJSON
	for _, f := range failures {
		all = append(all, failureJSON{LSN: f.LSN, Log: f.Path, Offset: f.Offset, Entry: f.Entry, Reason: f.Err.Error(), Unsupported: f.Unsupported})
	}
	return all
}

// missing says what a state may lack that the files hold, a line each: what some
// entries did, with the variables that are in doubt, what was skipped of the snapshot,
// and frames that are left out. There is none for a state that is complete.
func missing(r journal.Recovery) []string {
	var lines []string
	if r.Unsupported > 0 {
		lines = append(lines, notEvaluated(r.Unsupported, r.Doubtful))
	}
	if r.SnapshotSkipped > 0 {
		lines = append(lines, fmt.Sprintf("INCOMPLETE: %d bindings of the snapshot are skipped, the first since %v; the next snapshot would not have them", r.SnapshotSkipped, r.SnapshotSkip))
	}
	return append(lines, leftOut(r.TailFrames, r.TailKept, r.Foreign)...)
}

func notEvaluated(entries int, doubtful []string) string {
	return fmt.Sprintf("INCOMPLETE: %d entries can't be evaluated here, and rayforce may evaluate them; %s", entries, inDoubt(doubtful))
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
