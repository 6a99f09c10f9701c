package explain

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"powercut/sim/core"
)

// Text writes an account for a terminal. Name is the file that the case is in,
// for the commands to type next; "" leaves them out.
func Text(w io.Writer, a *Account, s Suggestion, name string) error {
	t := &text{w: w}
	t.brief(a, s)
	if w := s.WhatIf; w != nil && a.Violation != nil {
		t.line("\nHOW NEAR IT WAS\n  %s\n  %s", a.NearestSentence(&w.Nearest), a.MomentsSentence(&w.Moments))
	}
	t.calls(a)
	t.operations(a)
	for i := range a.Crashes {
		t.crash(a, i)
		t.recovery(a, i)
	}
	if name != "" {
		t.line("\nWHAT NEXT")
		t.line("  simrun repro %s                # exits 1 while it fails: for git bisect run", name)
		t.line("  simrun explain %s --html page.html   # the same as a page", name)
		t.line("  simrun debug %s                # what there is before its last operation; --dlv goes on under Delve", name)
		if len(a.Crashes) > 0 {
			t.line("  simrun export %s DIR           # the crash image as real files", name)
		}
	}
	return t.err
}

// text writes lines and remembers the first error.
type text struct {
	w   io.Writer
	err error
}

func (t *text) line(format string, args ...any) {
	if t.err == nil {
		_, t.err = fmt.Fprintf(t.w, format+"\n", args...)
	}
}

func (t *text) block(content string) {
	for line := range strings.Lines(content) {
		t.line("  %s", strings.TrimRight(line, "\n"))
	}
}

// table writes rows whose columns, separated by tabs, are aligned.
func (t *text) table(rows []string) {
	if t.err != nil {
		return
	}
	tw := tabwriter.NewWriter(t.w, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		if _, err := fmt.Fprintf(tw, "  %s\n", row); err != nil {
			t.err = err
			return
		}
	}
	t.err = tw.Flush()
}

// Brief writes what every command says of a case: the verdict, what went wrong,
// the crashes with what each took, which sync would have helped, and the digest.
func Brief(w io.Writer, a *Account, s Suggestion) error {
	t := &text{w: w}
	t.brief(a, s)
	return t.err
}

// subject is what a case is of.
func subject(c *core.Case) string {
	if c.Test != (core.TestName{}) {
		return "test " + c.Test.Test
	}
	return "target " + c.Target
}

func (t *text) brief(a *Account, s Suggestion) {
	c, differs := a.Case, a.Case.Differs()
	switch v := a.Violation; {
	case v != nil:
		t.line("VIOLATION of %s, by %s on %s", v.Law, subject(c), c.Profile)
		t.line("  %s", v.What)
		if law := v.Law.Sentence(); law != "" {
			t.line("  the law: %s", law)
		}
		if v.Law != c.Law {
			t.line("  (the case is about %s, which holds)", c.Law)
		}
		if differs != "" {
			t.line("  (%s, and violates it here too)", differs)
		}
	case differs != "":
		t.line("NOTHING SAID: the case can't be judged by this binary, in which it does not violate %s: the same seed may decide another schedule here", c.Law)
		t.line("  %s", differs)
	case a.Missed:
		t.line("NOTHING SAID: the case does not come to its crash: %s does something else there now", subject(c))
	default:
		t.line("THE CASE HOLDS: %s does not violate %s on %s any more", subject(c), c.Law, c.Profile)
	}
	title := "WHAT WENT WRONG"
	if a.Violation == nil {
		title = "WHAT HAPPENED"
	}
	t.line("\n%s\n  %s", title, a.Sentence())
	for i := range a.Crashes {
		crash := &a.Crashes[i]
		title := heading(a, i)
		t.line("  %s%s", strings.ToUpper(title[:1]), title[1:])
		t.line("    its image: %s", crash.Choice)
		for _, change := range crash.Lost() {
			t.line("    %s: operation %s", change.Fate, change.Pending)
		}
	}
	if v := a.Violation; v != nil {
		t.line("  %s", s)
		if v.Diff != "" {
			t.line("  Expected against got (-want +got):")
			t.block("  " + strings.ReplaceAll(strings.TrimRight(v.Diff, "\n"), "\n", "\n  "))
		}
		if v.Stack != "" {
			t.line("  The stack of the panic:")
			t.block("  " + strings.ReplaceAll(strings.TrimRight(v.Stack, "\n"), "\n", "\n  "))
		}
	}
	t.line("  The digest of the case's run: %s", a.Digest)
	if c.Digest != 0 && c.Digest != a.Digest {
		t.line("  The case says %s: the code does something else on the way now", c.Digest)
	}
}

func (t *text) calls(a *Account) {
	calls := a.Calls()
	if len(calls) == 0 {
		return
	}
	t.line("\nCLIENTS")
	var rows []string
	for _, c := range calls {
		answer := c.Answer
		if !c.Done {
			answer = "(no answer: in flight)"
		}
		rows = append(rows, fmt.Sprintf("%s\t%s\toperations %s\t%s", who(a, c.Epoch, c.Actor), c.Text, span(c), answer))
	}
	t.table(rows)
}

// span says which operations of the disk a call spans.
func span(c Call) string {
	switch {
	case c.To <= c.From:
		return "none"
	case !c.Done:
		return fmt.Sprintf("%d-", c.From+1)
	case c.To == c.From+1:
		return fmt.Sprint(c.To)
	}
	return fmt.Sprintf("%d-%d", c.From+1, c.To)
}

// who names an actor, with the epoch if there are several.
func who(a *Account, epoch int, actor string) string {
	if len(a.Case.Epochs) > 1 {
		return fmt.Sprintf("epoch %d, %s", epoch, actor)
	}
	return actor
}

// operations writes the operations of the workload, with the crashes between
// them.
func (t *text) operations(a *Account) {
	t.line("\nOPERATIONS ON THE DISK, and where in the code they came from")
	var rows []string
	for epoch := range a.Case.Epochs {
		if epoch > 0 {
			rows = append(rows, fmt.Sprintf("--\tepoch %d begins on what the crash left", epoch))
		}
		for _, e := range a.Events {
			if e.Depth > 0 || e.Kind != core.EventOp || e.Epoch != epoch {
				continue
			}
			rows = append(rows, fmt.Sprintf("%d\t%s\t%s\t%s", e.Step, e.Actor, Operation(e), Place(e.Stack)))
			if e.Struck != "" {
				rows = append(rows, fmt.Sprintf("\t\t^ a fault struck: %s", e.Struck))
			}
		}
		for i := range a.Crashes {
			if c := &a.Crashes[i]; c.Depth == 0 && c.Epoch == epoch {
				rows = append(rows, "--\t"+c.Title)
			}
		}
	}
	t.table(rows)
}

// Operation describes an operation, and what its caller was told if that was
// an error.
func Operation(e core.Event) string {
	text := e.Op + " " + e.Path
	if e.To != "" {
		text += " to " + e.To
	}
	switch {
	case e.Op == "write" || e.Op == "read":
		text += fmt.Sprintf(" %d+%d", e.Offset, e.Len)
		if e.Moved != e.Len {
			text += fmt.Sprintf(" (%d moved)", e.Moved)
		}
	case e.Op == "truncate":
		text += fmt.Sprintf(" to %d", e.Offset)
	}
	if e.Disk != "" {
		text += " [disk " + e.Disk + "]"
	}
	if e.Err != "" {
		// A *fs.PathError names the path once more.
		if _, reason, found := strings.Cut(e.Err, e.Path+": "); found {
			return text + ": " + reason
		}
		text += ": " + e.Err
	}
	return text
}

// Place says where in the code an operation came from: the innermost place, and
// who called it.
func Place(stack []core.Site) string {
	if len(stack) == 0 {
		return ""
	}
	text := stack[0].String()
	if stack[0].Harness {
		return text + " (the harness)"
	}
	if len(stack) > 1 {
		text += " < " + stack[1].String()
	}
	return text
}

// heading is the line above a crash: its title, and which of several it is.
func heading(a *Account, i int) string {
	if n := len(a.Crashes); n > 1 {
		return fmt.Sprintf("crash %d of %d: %s", i+1, n, a.Crashes[i].Title)
	}
	return "the crash: " + a.Crashes[i].Title
}

// maxRecovery bounds how many operations of a recovery are shown.
const maxRecovery = 40

// recovery writes the first operations of the recovery from a crash, if it was
// part of the last epoch.
func (t *text) recovery(a *Account, i int) {
	c := &a.Crashes[i]
	var rows []string
	more := 0
	for _, e := range a.Events {
		if e.Kind != core.EventOp || e.Epoch != c.Epoch || e.Depth != c.Depth+1 {
			continue
		}
		if len(rows) == maxRecovery {
			more++
			continue
		}
		rows = append(rows, fmt.Sprintf("  %d\t%s\t%s", e.Step, Operation(e), Place(e.Stack)))
	}
	if len(rows) > 0 {
		t.line("  what recovery does:")
		t.table(rows)
	}
	if more > 0 {
		t.line("    … and %d operations more: simrun repro --trace FILE has them all", more)
	}
}

func (t *text) crash(a *Account, i int) {
	c := &a.Crashes[i]
	head, title, _ := strings.Cut(heading(a, i), ": ")
	t.line("\n%s: %s", strings.ToUpper(head), title)
	t.line("  its image: %s", c.Choice)
	if len(c.Changes) == 0 {
		t.line("  nothing was pending: all that had been done was on the medium")
	} else {
		t.line("  pending when it came:")
		var rows []string
		for _, change := range c.Changes {
			rows = append(rows, fmt.Sprintf("  %s\t%s\t%s", change.Pending, strings.ToUpper(string(change.Fate)), Place(change.Stack)))
		}
		t.table(rows)
	}
	t.line("  what recovery finds:")
	found := false
	for _, f := range c.Files {
		if f.Dir {
			continue
		}
		found = true
		t.line("    %s, %d bytes", f.Path, f.Size)
		var rows []string
		for _, p := range f.Pieces {
			mark := " "
			if p.Bad {
				mark = "!"
			}
			rows = append(rows, fmt.Sprintf("    %s %d+%d\t%s", mark, p.Offset, p.Size, p.Text))
		}
		t.table(rows)
	}
	if !found {
		t.line("    no file at all")
	}
}
