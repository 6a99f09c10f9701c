package sim

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"

	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/sim/explain"
	"powercut/sim/internal/hash"
	"powercut/sim/shrink"
)

// corpus is what a test keeps of its failures: a case of each, which is run before
// any seed from then on, and a page that explains it.
type corpus struct {
	target *target
	dir    string                           // "" for nowhere
	rapid  bool                             // rapid draws what is tested, and makes it smaller
	log    func(format string, args ...any) // of the test

	shrinking context.Context // when it is done a case is small enough; nil: never
	progress  func(runs int)  // is told before each run that is to make a case smaller; may be nil
}

// find gives the target that the cases are of.
func (k *corpus) find(name string) core.Target {
	if name == targetName {
		return k.target
	}
	return nil
}

func (k *corpus) read(file string) (*core.Case, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	c, err := core.ParseCase(string(text), k.find)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if err := k.check(c); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return c, nil
}

// check says whether a case is of this test.
func (k *corpus) check(c *core.Case) error {
	if c.Test.Test != k.target.test.Test {
		return fmt.Errorf("the case is of %s, not of %s", c.Test.Test, k.target.test.Test)
	}
	return nil
}

// replay runs one case, and tells all about it; or stops before an operation of it, and
// tells the state there.
func (k *corpus) replay(file, before string) string {
	c, err := k.read(file)
	if err != nil {
		return fmt.Sprintf("powercut: -powercut.case: %v", err)
	}
	if before != "" {
		at, err := explain.ParseOperationNumber(before)
		if err == nil {
			err = explain.StopAt(explain.Reaching(c), at, func(s explain.State) { fmt.Print(s) })
		}
		if err != nil {
			return fmt.Sprintf("powercut: -powercut.before: %v", err)
		}
		return ""
	}
	a, times := reaching(c)
	if a.Violation == nil {
		var b strings.Builder
		_ = explain.Brief(&b, a, a.Suggest()) // a strings.Builder takes all
		if a.Missed || c.Differs() != "" {
			return "powercut: " + b.String() // no bisection must take this for good
		}
		fmt.Print(b.String())
		return ""
	}
	m := message{target: k.target, account: a, violation: a.Violation, times: times, file: file, whole: true}
	return m.String()
}

// runKept runs the cases that are there.
func (k *corpus) runKept() string {
	if k.dir == "" {
		return ""
	}
	files, err := filepath.Glob(filepath.Join(k.dir, "*.case"))
	if err != nil {
		return fmt.Sprintf("powercut: Corpus: %v", err)
	}
	for _, file := range files {
		if why := k.runKeptCase(file); why != "" {
			return why
		}
	}
	return ""
}

// runKeptCase runs one of them.
func (k *corpus) runKeptCase(file string) string {
	c, err := k.read(file)
	if err != nil {
		return fmt.Sprintf("powercut: a kept case can't be run: %v", err)
	}
	a, times := reaching(c)
	if says := k.saysLittle(c, a); says != "" {
		k.log("powercut: the kept case %s %s (simrun corpus %s lists all cases)", file, says, k.target.test.Package)
	}
	if a.Violation == nil || k.target.known(a.Violation) {
		return ""
	}
	m := message{target: k.target, account: a, violation: a.Violation, times: times, file: file}
	return m.String() + "\nThe case was kept by an earlier run. If what it shows is no defect, remove the file."
}

// saysLittle tells of a case why it says nothing, or little, of this code, "" if it
// does.
func (k *corpus) saysLittle(c *core.Case, a *explain.Account) string {
	switch differs := c.Differs(); {
	case a.Violation != nil:
		return ""
	case differs != "":
		return "holds, which says little: " + differs + ", so the same seed may decide another schedule."
	case a.Missed:
		return "says nothing any more: it does not come to its crash. Remove it: no run of it can fail."
	}
	return ""
}

// How often a case is run to see whether it repeats what was found, and how many
// runs may be spent on making one smaller.
const (
	repeats      = 5
	shrinkBudget = 300
)

// repeated runs a case several times, and says how often it violates its law. The
// account is of one that does, if there is one.
func repeated(c *core.Case) (*explain.Account, int) {
	times := 0
	for range repeats - 1 {
		if (&explain.Question{Asks: explain.Violates}).Ask(c).Violated {
			times++
		}
	}
	a := explain.Explain(c)
	for range times {
		if a.Violation != nil || c.Build.Binary != "" {
			break // a process of its own makes but this one run
		}
		a = explain.Explain(c)
	}
	if a.Violation != nil {
		times++
	}
	return a, times
}

// reaching is repeated for a case that may have been made by other code: if it doesn't come
// to its crashes, with the images that are nearest to those that it chose.
func reaching(c *core.Case) (*explain.Account, int) { return repeated(explain.Reaching(c)) }

// tell makes each defect's case small, keeps it, and says what there is to say.
func (k *corpus) tell(s *campaign.Summary) string {
	var all []string
	for i := range s.Defects {
		all = append(all, k.tellOne(s.Defects[i].First, s.Undecided > 0))
	}
	return together(all, s.Runs)
}

func (k *corpus) tellOne(v *core.Violation, undecided bool) string {
	m := message{target: k.target, violation: v, rapid: k.rapid}
	if v.Hang {
		return m.String()
	}
	before := v.Case
	if !k.rapid && !undecided && v.Law != Progress { // to see again that something never ends takes long
		if shrunk, err := k.shrink(v.Case); err == nil {
			v.Case, m.runs, m.before = shrunk.Case, shrunk.Runs, shrunk.Before
		}
	}
	native := before.Build.Binary != ""
	if native && v.Case != before && explain.Holds(v.Case) {
		v.Case, m.runs = before, 0
	}
	m.account, m.times = repeated(v.Case)
	if m.account.Violation == nil && v.Case != before && !native {
		v.Case, m.runs = before, 0
		m.account, m.times = repeated(before)
	}
	if m.account.Violation == nil {
		m.account = nil
	} else {
		v.Case = m.account.Told()
	}
	m.file, m.unkept = k.keep(v.Case, m.account)
	return m.String()
}

// shrink makes a case smaller.
func (k *corpus) shrink(c *core.Case) (shrink.Shrunk, error) {
	ctx, progress := k.shrinking, k.progress
	if ctx == nil {
		ctx = context.Background()
	}
	if progress == nil {
		progress = func(int) {}
	}
	return shrink.ShrinkAndTell(ctx, c, shrinkBudget, progress)
}

// keep writes a case, and its page beside it.
func (k *corpus) keep(c *core.Case, a *explain.Account) (file string, err error) {
	if k.dir == "" {
		return "", nil
	}
	c.MadeBy = madeBy()
	text := c.String()
	if err := os.MkdirAll(k.dir, 0o755); err != nil {
		return "", err
	}
	name := fmt.Sprintf("%s-%08x", c.Law, uint32(hash.Add(hash.Offset, text)))
	file = filepath.Join(k.dir, name+".case")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return "", err
	}
	if a == nil {
		return file, nil
	}
	s := a.Suggest()
	s.WhatIf = a.WhatIf()
	var page strings.Builder
	if err := explain.HTML(&page, a, s); err != nil {
		return file, err
	}
	return file, os.WriteFile(filepath.Join(k.dir, name+".html"), []byte(page.String()), 0o644)
}

// madeBy says which versions a case was made by.
func madeBy() string {
	version := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path == modulePath && m.Version != "" {
				version = m.Version
			}
		}
	}
	return fmt.Sprintf("powercut %s, %s, %s/%s", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// modulePath is the path of the module that this package belongs to.
var modulePath = strings.TrimSuffix(reflect.TypeFor[Run]().PkgPath(), "/sim")
