package journal

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"

	"powercut/journal/wire"
)

// EvalFailure is an entry that raised an evaluation error.
type EvalFailure struct {
	LSN    uint64
	Path   string // of the log that holds it; "" for one that was just appended
	Offset int64  // of its frame there, in bytes
	Entry  string // the entry as people read it, shortened
	Err    error
	// Unsupported is what the machine can't evaluate of the entry, which another
	// program that wrote it may have: then the state may lack what the entry did.
	// It is "" for an error that is the entry's own.
	Unsupported string
}

func (f EvalFailure) String() string {
	at := ""
	if f.Path != "" {
		at = fmt.Sprintf(", at offset %d of %s", f.Offset, f.Path)
	}
	return fmt.Sprintf("the entry with LSN %d%s: %s: %v", f.LSN, at, f.Entry, f.Err)
}

// IncompleteError says that what was asked for would make a state lasting that may
// lack what entries did, since the machine can't evaluate them, or what it skipped of
// the snapshot. Nothing was changed. [Options].AllowIncomplete accepts it.
type IncompleteError struct {
	Entries int         // that the machine can't evaluate
	First   EvalFailure // of them
	Lost    string      // what would be lost
	Skipped int         // bindings of the snapshot that the machine left out
	Skip    error       // why the first of them
}

func (e *IncompleteError) Error() string {
	text := "journal: the state is incomplete, and " + e.Lost
	if e.Entries > 0 {
		text += fmt.Sprintf("; of %d entries that can't be evaluated here the first is %v", e.Entries, e.First)
	}
	if e.Skipped > 0 {
		text += fmt.Sprintf("; of %d bindings of the snapshot that are skipped the first is: %v", e.Skipped, e.Skip)
	}
	return text + "; Options.AllowIncomplete accepts that"
}

// maxFailures bounds how many evaluation errors of each sort are listed.
const maxFailures = 1000

// maxEntryText bounds the text of an entry in an EvalFailure, in bytes.
const maxEntryText = 200

// unsupportedBy returns what the machine can't evaluate, as an evaluation error
// says.
func unsupportedBy(err error) (what string, unsupported bool) {
	u, ok := errors.AsType[interface {
		error
		Unsupported() string
	}](err)
	if !ok {
		return "", false
	}
	return cmp.Or(u.Unsupported(), "it"), true
}

// evaluations counts the evaluation errors of a replay, and lists the first of them.
type evaluations struct {
	errors      int
	unsupported int
	failures    []EvalFailure
}

// note takes note of what the machine said of an entry.
func (v *evaluations) note(e Entry, path string, offset int64, err error) {
	if err == nil {
		return
	}
	v.errors++
	what, unsupported := unsupportedBy(err)
	listed := len(v.failures) - min(v.unsupported, maxFailures)
	if unsupported {
		listed = v.unsupported
		v.unsupported++
	}
	if listed < maxFailures {
		v.failures = append(v.failures, EvalFailure{LSN: e.LSN, Path: path, Offset: offset, Entry: entryText(e.Payload), Err: err, Unsupported: what})
	}
}

// doubtsOf returns what a machine says is in doubt, nil if it says nothing.
func doubtsOf(m Machine) []string {
	if d, ok := m.(interface{ Doubtful() []string }); ok {
		return d.Doubtful()
	}
	return nil
}

// entryText is an entry as people read it: source text as it is, another value as
// package wire writes it.
func entryText(payload []byte) string {
	if source, ok := wire.SourceText(payload); ok {
		if len(source) > maxEntryText {
			return strconv.Quote(string(source[:maxEntryText])) + "..."
		}
		return strconv.Quote(string(source))
	}
	v, err := wire.Decode(payload)
	if err != nil {
		return fmt.Sprintf("%d bytes", len(payload))
	}
	return wire.Summary(v, maxEntryText)
}

// incomplete is what a journal knows of what its machine can't evaluate, and of what
// it skipped of the snapshot.
type incomplete struct {
	entries int
	first   EvalFailure
	skipped int
	skip    error
}

func (r *Recovery) incomplete() incomplete {
	all := incomplete{skipped: r.SnapshotSkipped, skip: r.SnapshotSkip}
	for _, f := range r.EvalFailures {
		if f.Unsupported != "" {
			all.entries, all.first = r.Unsupported, f
			break
		}
	}
	return all
}

// unsupported takes note of an entry that was appended, if the machine can't
// evaluate it.
func (j *Journal) unsupported(e Entry, err error) {
	what, unsupported := unsupportedBy(err)
	if !unsupported {
		return
	}
	j.stats.Unsupported++
	if j.incomplete.entries++; j.incomplete.entries == 1 {
		j.incomplete.first = EvalFailure{LSN: e.LSN, Entry: entryText(e.Payload), Err: err, Unsupported: what}
	}
}

// checkEvaluated returns an *IncompleteError, if there are entries that the machine
// can't evaluate and that was not accepted.
func (j *Journal) checkEvaluated(lost string) error {
	if j.incomplete.entries == 0 || j.opts.AllowIncomplete {
		return nil
	}
	return &IncompleteError{Entries: j.incomplete.entries, First: j.incomplete.first, Lost: lost}
}

// checkComplete is checkEvaluated for a snapshot, which replaces one of which nothing
// may have been skipped either.
func (j *Journal) checkComplete() error {
	all := j.incomplete
	if all.entries == 0 && all.skipped == 0 || j.opts.AllowIncomplete {
		return nil
	}
	lost := "a snapshot would lack what they did"
	if all.skipped > 0 {
		lost = "a snapshot would lack what is missing"
	}
	return &IncompleteError{Entries: all.entries, First: all.first, Skipped: all.skipped, Skip: all.skip, Lost: lost}
}
