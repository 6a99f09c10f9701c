package sim

import (
	"fmt"
	"path"
	"path/filepath"
	"strings"

	"powercut/sim/core"
	"powercut/sim/explain"
	"powercut/sim/internal/lineage"
)

// message is what a failing test says: at most a screen, the verdict first.
type message struct {
	target    *target
	violation *core.Violation
	account   *explain.Account // nil: the case did not show it again
	times     int              // of so many repeats, that the case showed it
	runs      int              // that shrinking took, 0 if there was none
	before    core.CaseSize
	file      string // that keeps the case, "" for none
	unkept    error  // why it is not kept
	whole     bool   // tell all, whatever room it takes
	rapid     bool   // rapid says how to repeat it
}

// lastOperations is how many operations before the crash a message shows.
const lastOperations = 12

func (m *message) String() string {
	var b strings.Builder
	v := m.violation
	if m.account != nil {
		told := m.account.Violation // of the case as it is by now
		v.Law, v.What = told.Law, told.What
	}
	fmt.Fprintf(&b, "powercut: %s: %s\n", v.Law, strings.TrimRight(v.What, "\n"))
	if law := v.Law.Sentence(); law != "" && !m.whole {
		fmt.Fprintf(&b, "the law: %s\n", law)
	}
	if m.account == nil {
		m.writeUnrepeated(&b)
		return b.String()
	}
	if m.whole {
		_ = explain.Text(&b, m.account, m.account.Suggest(), "") // a strings.Builder takes all
		return b.String()
	}
	m.writePlace(&b)
	m.writeCause(&b)
	m.writeOperations(&b)
	fmt.Fprintf(&b, "profile %s, seed %s%s\n", v.Case.Profile, v.Seed, m.howSmall())
	fmt.Fprintf(&b, "signature, for sim.Config{Known: ...}: %q\n", m.account.Violation.Signature())
	m.writeRepeat(&b)
	return b.String()
}

// writePlace writes the place in the code that the violation goes back to, in a line
// that editors jump to, as they do to those of go test.
func (m *message) writePlace(b *strings.Builder) {
	c := &m.account.Violation.Culprit
	if len(c.Stack) == 0 || c.Stack[0].Harness || c.Op == "" {
		return
	}
	fmt.Fprintf(b, "%s:%d: the %s %s\n", fromPackage(c.Stack[0].File, m.target.test.Package), c.Stack[0].Line, c.Op, c.How)
}

// fromPackage is a file as the package's own directory sees it, where it is in it:
// that is where go test runs, and what its lines are relative to.
func fromPackage(file, pkg string) string {
	if inside, ok := strings.CutPrefix(file, pkg+"/"); ok {
		return inside
	}
	if dir, name := path.Split(file); dir != "" && strings.HasSuffix(pkg, "/"+strings.TrimSuffix(dir, "/")) {
		return name
	}
	return file
}

// writeCause writes what went wrong, crash by crash, and what would have helped.
func (m *message) writeCause(b *strings.Builder) {
	a := m.account
	v := a.Violation
	if v.Diff != "" {
		fmt.Fprintf(b, "expected against got (-want +got):\n%s\n", strings.TrimRight(v.Diff, "\n"))
	}
	if v.Stack != "" {
		fmt.Fprintf(b, "%s", v.Stack)
	}
	for i := range a.Crashes {
		c := &a.Crashes[i]
		fmt.Fprintf(b, "%s\n", c.Title)
		for _, change := range c.Lost() {
			fmt.Fprintf(b, "  %s: %s", change.Fate, a.NameOf(i, &change))
			if place := explain.Place(change.Stack); place != "" {
				fmt.Fprintf(b, "  at %s", place)
			}
			b.WriteByte('\n')
		}
	}
	for i := range a.Events {
		if e := &a.Events[i]; e.Struck != "" && e.Depth == 0 {
			fmt.Fprintf(b, "a fault had struck: %s, at operation %d of %s: %s\n", e.Struck, e.Step, core.CrashPlace{Epoch: e.Epoch, Epochs: len(a.Case.Epochs)}.Level(), explain.Operation(*e))
		}
	}
	if s := a.Suggest(); len(s.Syncs) > 0 {
		fmt.Fprintf(b, "%s\n", s)
	}
}

// writeOperations writes the last operations of the last epoch, and of each recovery
// that was crashed in turn.
func (m *message) writeOperations(b *strings.Builder) {
	a := m.account
	last := len(a.Case.Epochs) - 1
	depths := max(1, len(a.Case.Epochs[last].Crashes))
	for depth := range depths {
		var lines []string
		for _, e := range a.Events {
			if e.Kind == core.EventOp && e.Epoch == last && e.Depth == depth {
				line := fmt.Sprintf("  %4d %s", e.Step, explain.Operation(e))
				if place := explain.Place(e.Stack); place != "" {
					line += "  at " + place
				}
				lines = append(lines, line)
			}
		}
		if len(lines) == 0 {
			continue
		}
		fmt.Fprintf(b, "the last operations of %s before it:\n", core.CrashPlace{Epoch: last, Epochs: last + 1, Depth: depth}.Level())
		if more := len(lines) - lastOperations; more > 0 {
			fmt.Fprintf(b, "       (%d before them)\n", more)
			lines = lines[more:]
		}
		b.WriteString(strings.Join(lines, "\n") + "\n")
	}
}

// howSmall says what shrinking did, and how often the case repeated what was found.
func (m *message) howSmall() string {
	text := ""
	if less := m.less(); m.runs > 0 && less != "" {
		text = fmt.Sprintf("; shrunk in %d runs: %s", m.runs, less)
	}
	if m.times < repeats {
		text += fmt.Sprintf("; its case showed it in %d of %d runs, %s", m.times, repeats, whyNotAlways())
	}
	return text
}

// whyNotAlways says why a case may show less than what it was made of.
func whyNotAlways() string {
	if lineage.Native() {
		return "each in a process of its own: something decides it that no seed does"
	}
	return "since the engine has goroutines of its own, and what they do first no seed decides"
}

// less says of what the case has less than the run that it was made of.
func (m *message) less() string {
	after := m.violation.Case.Size()
	var all []string
	for _, f := range []struct {
		what          string
		before, after int
	}{
		{"draws", m.before.Steps, after.Steps}, {"faults", m.before.Faults, after.Faults}, {"epochs", m.before.Epochs, after.Epochs},
		{"crashes", m.before.Crashes, after.Crashes}, {"choices of a client", m.before.Choices, after.Choices},
	} {
		if f.after < f.before {
			all = append(all, fmt.Sprintf("%d %s instead of %d", f.after, f.what, f.before))
		}
	}
	return strings.Join(all, ", ")
}

// writeUnrepeated writes what is known of a violation that its case didn't show again.
func (m *message) writeUnrepeated(b *strings.Builder) {
	v := m.violation
	if v.Stack != "" {
		b.WriteString(v.Stack)
	}
	for _, crash := range v.Crashes {
		fmt.Fprintf(b, "%s\n  its image: %s\n", crash.Title, crash.Choice)
		for _, lost := range crash.Lost {
			fmt.Fprintf(b, "  lost: operation %s\n", lost)
		}
	}
	if v.Hang {
		fmt.Fprintf(b, "profile %s, seed %s\nto repeat it: %s\n", v.Profile, v.Seed, m.target.command("-powercut.seed="+v.Seed.String()))
		return
	}
	fmt.Fprintf(b, "profile %s, seed %s; its case did not show it again in %d runs, %s\n", v.Profile, v.Seed, repeats, whyNotAlways())
	m.writeRepeat(b)
}

// writeRepeat writes where the case is, and the command that repeats it.
func (m *message) writeRepeat(b *strings.Builder) {
	if m.rapid {
		b.WriteString("rapid drew what was tested, and says how to repeat it")
		return
	}
	if m.unkept != nil {
		fmt.Fprintf(b, "the case could not be kept: %v\n", m.unkept)
	}
	if m.file == "" {
		fmt.Fprintf(b, "to repeat it: %s", m.target.command("-powercut.seed="+m.violation.Seed.String()))
		return
	}
	file := filepath.ToSlash(m.file)
	if m.account != nil {
		fmt.Fprintf(b, "a page that explains it: %s.html\n", strings.TrimSuffix(file, ".case"))
	}
	fmt.Fprintf(b, "to repeat it: %s", m.target.command("-powercut.case="+file))
}

// command runs the test, with a flag if there is one.
func (t *target) command(flag string) string {
	tool := "go"
	if t.inDir.Load() || lineage.Native() {
		tool = "simrun"
	}
	return strings.TrimSpace(fmt.Sprintf("%s test %s -run '%s' %s", tool, t.test.Package, core.RunPattern(t.test.Test), flag))
}
