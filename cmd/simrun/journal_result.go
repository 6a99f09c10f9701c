package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"powercut/journal"
)

// resultJSON is what a command that changes a journal prints with --json, in the same
// words for each. Paths are as the journal names them.
type resultJSON struct {
	Status   string   `json:"status"` // ok, or why nothing was done
	Error    string   `json:"error,omitempty"`
	Hints    []string `json:"hints,omitempty"`    // what to do about it
	Path     string   `json:"path,omitempty"`     // the file that was written, or cut
	Complete *bool    `json:"complete,omitempty"` // the state that was opened is
	LeftOut  []string `json:"left_out,omitempty"` // what it lacks
	Repaired []string `json:"repaired,omitempty"` // what recovery completed

	LastLSN    uint64   `json:"last_lsn,omitempty"`
	Generation uint64   `json:"generation,omitempty"` // of the active log
	Files      []string `json:"files,omitempty"`      // that were removed, or are to be

	// Of repair.
	ValidBytes *int64 `json:"valid_bytes,omitempty"`
	CutBytes   int64  `json:"cut_bytes,omitempty"`
	KeptAs     string `json:"kept_as,omitempty"`
	LogRemoved bool   `json:"log_removed,omitempty"`
	LostLSN    uint64 `json:"lost_lsn,omitempty"`
}

// result is how a command that changes a journal tells what it did: as lines for a
// person, or with --json as one object.
type result struct {
	asJSON bool
	out    io.Writer
	told   io.Writer // where a person is warned
	json   resultJSON
	list   *jsonStream // of what is printed as it comes, nil for nothing
}

func (r *result) addFlag(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&r.asJSON, "json", false, "print one JSON object")
}

// begin takes the command's writers, once its flags are known.
func (r *result) begin(cmd *cobra.Command) {
	r.out, r.told = cmd.OutOrStdout(), cmd.ErrOrStderr()
	r.json.Status = string(journal.StatusOK)
}

// line is for a person alone.
func (r *result) line(format string, args ...any) {
	if !r.asJSON {
		fmt.Fprintf(r.out, format+"\n", args...)
	}
}

// warn tells a person what the journal that was opened lacks, before anything is
// written to it.
func (r *result) warn(lines []string) {
	r.json.LeftOut = append(r.json.LeftOut, lines...)
	if r.asJSON {
		return
	}
	for _, line := range lines {
		fmt.Fprintf(r.told, "simrun: %s\n", line)
	}
}

// end prints the JSON object, if that was asked for, whatever became of the command.
// Wrong usage is told like that of every other command.
func (r *result) end(err error) error {
	if !r.asJSON {
		return err
	}
	exit, isExit := errors.AsType[*exitError](err)
	if err != nil && (!isExit || exit.code == exitUsage || exit.code == exitHarness) {
		return err
	}
	if err != nil && exit.err != nil {
		cause := exit.err
		if hinted, ok := errors.AsType[*hintedError](err); ok {
			cause, r.json.Hints = hinted.err, hinted.hints
		}
		r.json.Status, r.json.Error = statusWord(cause), cause.Error()
	}
	if printed := r.print(); printed != nil {
		return printed
	}
	if isExit {
		return &exitError{code: exit.code} // its text is in the object
	}
	return err
}

func (r *result) print() error {
	if r.list != nil {
		return r.list.end(r.json)
	}
	return printJSON(r.out, r.json)
}

// statusWord is the status of a refusal: the journal's own, or for what is no finding
// about a log the name of the error.
func statusWord(err error) string {
	_, incomplete := errors.AsType[*journal.IncompleteError](err)
	_, old := errors.AsType[*journal.OldLogError](err)
	_, noDirSync := errors.AsType[*journal.DirSyncError](err)
	switch {
	case errors.Is(err, journal.ErrLocked):
		return "locked"
	case incomplete:
		return "incomplete"
	case old:
		return "old-log"
	case noDirSync:
		return "no-dir-sync"
	}
	return string(journal.StatusOf(err))
}
