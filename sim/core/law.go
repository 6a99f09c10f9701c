package core

import (
	"errors"
	"fmt"
	"strings"

	"powercut/vfs"
)

// Law is the name of a property that must hold. A violation is reported under
// it. Laws lists those that there are.
type Law string

// Breach is an error that says that a law was violated. A program's Recover
// and its actors return it; the run adds where it happened.
type Breach struct {
	Law  Law
	What string // one sentence: what went wrong
	Diff string // "-want +got", if there is something to compare

	hang bool
}

func (b *Breach) Error() string {
	if b.Diff == "" {
		return fmt.Sprintf("%s: %s", b.Law, b.What)
	}
	return fmt.Sprintf("%s: %s (-want +got):\n%s", b.Law, b.What, b.Diff)
}

// Breachf returns a Breach of law with a formatted sentence.
func Breachf(law Law, format string, args ...any) *Breach {
	return &Breach{Law: law, What: fmt.Sprintf(format, args...)}
}

// Violation is a Breach and where in which run it happened.
type Violation struct {
	Law     Law
	What    string
	Diff    string
	Stack   string        // of a panic
	Culprit Culprit       // filled in by a campaign, and by Blame
	Crashes []CrashLosses // that led to it, in the order of time
	Seed    Seed
	// Variation, if not 0, says that it was not the seed's own run, but that
	// variation of it, see Vary.
	Variation  uint64
	Only       Law         // Settings.Law of the run
	Unrepeated bool        // its case does not show it: whoever wants to see it again needs the seed
	Hang       bool        // it is one: the clock decided, and to run it again takes as long
	Profile    vfs.Profile // the mildest profile in which it still happens
	Case       *Case
}

// CrashLosses is one of the crashes that led to a violation, in short.
type CrashLosses struct {
	// Title says what kind of crash it was by itself, and where it came:
	// "process crash before operation 3 of the recovery".
	Title  string
	Choice vfs.Choice    // its image
	Lost   []vfs.Pending // what had been done, was not durable, and is not in the image
}

// Signature is the same for two violations that are likely one defect: the law,
// the protocol step and the place in the code that it goes back to, as far as
// these are known.
func (v *Violation) Signature() string {
	text := string(v.Law)
	c := &v.Culprit
	if c.Step != "" {
		text += "/" + c.Step
	}
	if site := c.Site(); site != "" && c.Tells() {
		text += "/" + site
	}
	return text
}

func (v *Violation) Error() string {
	return fmt.Sprintf("%s: %s", v.Law, v.What)
}

// asViolation turns what an actor or a recovery returned into a violation.
func asViolation(err error, otherwise Law) *Violation {
	if b, ok := errors.AsType[*Breach](err); ok {
		return &Violation{Law: b.Law, What: systemText(b.What), Diff: systemText(b.Diff), Hang: b.hang}
	}
	if p, ok := errors.AsType[*PanicError](err); ok {
		return &Violation{Law: NoPanic, What: systemText(fmt.Sprintf("panic: %v", p.Value)), Stack: plainStack(string(p.Stack))}
	}
	return &Violation{Law: otherwise, What: systemText(err.Error())}
}

// plainStack leaves of a printed stack the code under test, as it is the same in
// every process: names and places, without the numbers of goroutines, addresses and
// offsets, and without the frames of the harness.
func plainStack(stack string) string {
	var b strings.Builder
	lines := strings.Split(strings.TrimRight(stack, "\n"), "\n")
	for i := 0; i+1 < len(lines); i++ {
		function, place := lines[i], lines[i+1]
		if !strings.HasPrefix(place, "\t") {
			continue // the head of a goroutine
		}
		i++
		if cut := strings.LastIndexByte(function, '('); cut > 0 {
			function = function[:cut]
		}
		pkg := packageOf(function)
		if ours(pkg) || strings.HasPrefix(function, "created by ") || pkg == "runtime/debug" || pkg == "iter" {
			continue
		}
		place, _, _ = strings.Cut(place, " +0x")
		fmt.Fprintf(&b, "%s(...)\n%s\n", function, place)
	}
	return b.String()
}
