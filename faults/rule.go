package faults

import (
	"fmt"
	"math"
	"strings"
	"syscall"
	"time"

	"powercut/vfs"
)

// Rule is one line of a plan: a kind of fault, the operations that it may
// strike, and when it strikes them. The zero value of every field but Kind
// stands for "no restriction" or "as it comes".
//
// An operation matches a rule if its kind is in Ops, its paths match, its
// sequence number is in range and the budget is used up. A rule counts its
// matches from 1, whether or not it or another rule strikes them. A match is
// struck if it is in the window (From, Until), is the Every-th one in it, and
// the Chance comes up; or, for a sticky rule, if it is in the window and an
// earlier match was struck. No more than Times matches are struck.
type Rule struct {
	Kind    Kind
	Ops     Ops    // narrows Kind.Ops
	Path    string // pattern of the path, see the package comment
	NewPath string // pattern of the target of a rename or link
	Disk    string // the device of a disk that has several, by vfs.Mount.Name or vfs.MainDevice

	FirstSeq uint64 // the operations between two, both included
	LastSeq  uint64 // 0: no end
	Budget   int64  // bytes that writes matching Path may ask for before the rule begins

	From   uint64 // the first match that may be struck; 0 is as 1
	Until  uint64 // the last one; 0: no end
	Every  uint64 // every so many-th match, counted from From; 0 is as 1
	Chance Chance // of each match that is left
	Sticky bool   // once it has struck it strikes every match until Until
	Times  uint64 // 0: no limit

	After   bool          // the operation takes place, and fails all the same
	Errno   syscall.Errno // instead of the kind's own
	Bytes   Fixed         // that are read or written
	Sectors uint64        // of a torn write: bit i is sector i of the request
	Bit     Fixed         // that is inverted, counted from the request's first
	Into    string        // file where a misdirected write lands; "": the same, if At is set
	At      Fixed         // offset in bytes where a misdirected write lands
	Delay   time.Duration // of latency
	Page    Fixed         // that a drop-page drops, counted from the first that is written

	// Comment stands above the rule, one or more lines without the "#" and
	// without space at their ends.
	Comment string
}

// Chance is a probability of Num in Den. The zero value is certainty.
type Chance struct{ Num, Den uint64 }

// Fixed is a number that a rule may leave open: 0 stands for "drawn anew each
// time", anything else for one more than the number. See Fix.
type Fixed int64

// Fix returns the Fixed that stands for n.
func Fix(n int64) Fixed { return Fixed(n + 1) }

// Value returns the number, and whether there is one.
func (f Fixed) Value() (n int64, ok bool) { return int64(f) - 1, f > 0 }

// RuleError says why a rule makes no sense. Validate and Parse return it, Parse
// within a ParseError.
type RuleError struct {
	Rule   Rule
	Clause string // the one at fault: "errno", "on", "kind" …
	Want   string
	Got    string
}

func (e *RuleError) Error() string {
	return fmt.Sprintf("faults: rule %q: %s: want %s, got %s", e.Rule.line(), e.Clause, e.Want, e.Got)
}

// fail says which clause of a rule makes no sense.
func (r *Rule) fail(clause, want, got string) error { return &RuleError{*r, clause, want, got} }

// Validate returns a *RuleError if the rule makes no sense: if it could never
// strike, or asks of a kind what that kind doesn't do.
func (r Rule) Validate() error {
	if !r.Kind.valid() {
		return r.fail("kind", "a kind of fault", r.Kind.String())
	}
	for _, validate := range []func(*Rule) error{
		(*Rule).validateOperations, (*Rule).validateMatches, (*Rule).validateClauses, (*Rule).validateValues,
	} {
		if err := validate(&r); err != nil {
			return err
		}
	}
	return nil
}

// validateOperations judges the clauses that say which operations match.
func (r *Rule) validateOperations() error {
	const wantPattern = "a path pattern such as *.log, /db/*.log or /db/**"
	k := &kinds[r.Kind]
	if beyond := r.Ops &^ k.ops; beyond != 0 {
		got := beyond.String()
		if got == "" {
			got = fmt.Sprintf("%#x", uint32(r.Ops))
		}
		return r.fail("on", fmt.Sprintf("operations that %s can strike: %s", k.name, k.ops), got)
	}
	if _, err := compilePattern(r.Path); err != nil {
		return r.fail("of", wantPattern, r.Path)
	}
	if _, err := compilePattern(r.NewPath); err != nil {
		return r.fail("to", wantPattern, r.NewPath)
	}
	switch {
	case r.Kind == Quota && r.Path != "" && !isDirectoryPattern(r.Path):
		return r.fail("of", "a directory, with all that is below it, such as /db/**", r.Path)
	case r.NewPath != "" && r.ops()&OpsOf(vfs.OpRename, vfs.OpLink) == 0:
		return r.fail("to", "a rule that strikes renames or links", k.name)
	case r.LastSeq != 0 && r.LastSeq < r.FirstSeq:
		return r.fail("seq", fmt.Sprintf("%d or more after \"..\"", r.FirstSeq), fmt.Sprint(r.LastSeq))
	case r.Budget < 0:
		return r.fail("budget", "a size in bytes from 1 up", fmt.Sprint(r.Budget))
	}
	return nil
}

// validateMatches judges the clauses that say which matches are struck.
func (r *Rule) validateMatches() error {
	window := r.Until - max(r.From, 1) + 1 // how many matches are in it, if it has an end
	switch {
	case r.Until != 0 && r.Until < r.From:
		return r.fail("until", fmt.Sprintf("%d or more, since from=%d", r.From, r.From), fmt.Sprint(r.Until))
	case r.Until != 0 && r.Every > window:
		return r.fail("every", fmt.Sprintf("%d at most, since the window has no more matches", window), fmt.Sprint(r.Every))
	case r.Chance != Chance{} && (r.Chance.Num == 0 || r.Chance.Num > r.Chance.Den):
		return r.fail("p", "a probability above 0 and up to 1, such as 1/50", fmt.Sprintf("%d/%d", r.Chance.Num, r.Chance.Den))
	case r.Sticky && r.From != 0 && r.From == r.Until:
		return r.fail("sticky", fmt.Sprintf("from=%d, if it is to go on after match %d", r.From, r.From), fmt.Sprintf("nth=%d, a single match", r.From))
	}
	return nil
}

// validateClauses judges whether the kind has the clauses that say how an
// operation fails.
func (r *Rule) validateClauses() error {
	k := &kinds[r.Kind]
	for _, c := range [...]struct {
		clause clause
		name   string
		set    bool
	}{
		{hasAfter, "after", r.After},
		{hasErrno, "errno", r.Errno != 0},
		{hasBytes, "n", r.Bytes != 0},
		{hasSectors, "sectors", r.Sectors != 0},
		{hasBit, "bit", r.Bit != 0},
		{hasPlace, "into", r.Into != ""},
		{hasPlace, "at", r.At != 0},
		{hasDelay, "delay", r.Delay != 0},
		{hasPage, "page", r.Page != 0},
	} {
		if c.set && k.clauses&c.clause == 0 {
			return r.fail(c.name, k.name+" without it: "+howClauses(k), c.name)
		}
	}
	return nil
}

// validateValues judges what those clauses say.
func (r *Rule) validateValues() error {
	if r.Errno != 0 {
		if _, ok := errnoName(r.Errno); !ok {
			return r.fail("errno", "a known error such as EIO or ENOSPC", fmt.Sprintf("errno %d", r.Errno))
		}
		if r.Errno == EOF && r.Kind != ShortRead {
			return r.fail("errno", "an error number (EOF is for short-read)", "EOF")
		}
	}
	switch {
	case r.Bytes != 0 && r.Sectors != 0:
		return r.fail("sectors", "either n (the first bytes) or sectors", "both")
	case r.Bytes != 0 && r.Kind == NoSpace && r.ops() != OpsOf(vfs.OpWrite):
		return r.fail("n", "it with \"on write\": nothing else has bytes to write", r.ops().String())
	case r.Into != "" && r.At == 0:
		return r.fail("into", "an offset with it: at=4096", "none")
	}
	for _, f := range []struct {
		name  string
		value Fixed
	}{{"n", r.Bytes}, {"bit", r.Bit}, {"at", r.At}, {"page", r.Page}} {
		if f.value < 0 || f.value == math.MaxInt64 {
			return r.fail(f.name, "a number from 0 up", fmt.Sprint(int64(f.value)))
		}
	}
	if r.Delay < 0 {
		return r.fail("delay", "a duration above 0 such as 3ms", r.Delay.String())
	}
	return nil
}

// isDirectoryPattern says whether a pattern is for all that is below one directory.
func isDirectoryPattern(pattern string) bool {
	dir, ok := strings.CutSuffix(pattern, anythingBelow)
	return ok && (dir == "" || dir[0] == '/') && !strings.ContainsAny(dir, `*?[\\`)
}

// howClauses says which clauses a kind has.
func howClauses(k *traits) string {
	var names []string
	for i, name := range []string{"errno", "after", "n", "sectors", "bit", "into and at", "delay", "page"} {
		if k.clauses&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "it says all by itself how operations fail"
	}
	return "it has only " + strings.Join(names, ", ")
}

// isOn says whether the rule may strike on the device of an operation.
func (r *Rule) isOn(op *vfs.Op) bool {
	return r.Disk == "" || r.Disk == op.Device || r.Disk == vfs.MainDevice && op.Device == ""
}

// ops is the set of operations that the rule may strike.
func (r *Rule) ops() Ops {
	if r.Ops == 0 && r.Kind.valid() {
		return kinds[r.Kind].ops
	}
	return r.Ops
}
