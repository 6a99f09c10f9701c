package core

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"powercut/faults"
	"powercut/vfs"
)

// CaseVersion is the newest version of the case format. Version 2 adds the name of
// the test that a case is of, and what made it, and version 3 what an unmodified
// program is made of. Each case is written in the oldest that has what it says.
const CaseVersion = 3

// Case is the explicit form of a run that violated a law: all that the seed
// decided is written out, so that it goes on meaning the same when the
// generators change.
type Case struct {
	Why      string // for a person: what this case is about
	Target   string
	Test     TestName // of a target that is a test; the zero value of others
	MadeBy   string   // for a person: versions; "" if nobody says
	Build    Build    // of an unmodified program; the zero value of others
	Seed     Seed     // of the entropy that the code under test reads
	Law      Law
	Step     string      // protocol step, see Breach
	Profile  vfs.Profile // the mildest in which the law is violated
	Digest   Digest      // of the run that this case describes; 0: not known
	Sector   int         // bytes that the device writes atomically
	Disks    []vfs.Mount // see Settings
	Epochs   []CaseEpoch
	Workload Workload
}

// TestName says which test a case is of.
type TestName struct {
	Package string // its import path
	Test    string // "TestStore/subtest"
}

func (n TestName) String() string { return n.Package + " " + n.Test }

// RunPattern is what go test -run takes for one test, or a subtest, and for no other.
func RunPattern(test string) string {
	parts := strings.Split(test, "/")
	for i, part := range parts {
		parts[i] = "^" + regexp.QuoteMeta(part) + "$"
	}
	return strings.Join(parts, "/")
}

// TestOfCase reads off the text of a case which test it is of, the zero value if it
// is of none.
func TestOfCase(text string) TestName {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "test "); ok {
			pkg, test, _ := strings.Cut(rest, " ")
			return TestName{pkg, test}
		}
		if strings.HasPrefix(line, "workload") {
			break
		}
	}
	return TestName{}
}

// Clone returns a copy that can be changed, without a digest.
func (c *Case) Clone() *Case {
	again := *c
	again.Epochs = append([]CaseEpoch(nil), c.Epochs...)
	again.Digest = 0
	return &again
}

// CaseEpoch is one epoch of a case.
type CaseEpoch struct {
	Plan     faults.Plan
	Schedule Schedule
	// Crashes is what ends the epoch: one crash for the epoch itself; in the
	// last epoch each later one interrupts the recovery from the one before it,
	// and what the last one left is recovered and judged. None: the epoch comes
	// to its end and its actors are to be judged.
	Crashes []CrashPoint
}

// CrashPoint is a crash before an operation, and the image that it leaves.
type CrashPoint struct {
	Step   uint64
	Choice vfs.Choice
	// Nearest takes the nearest lawful image where the chosen one is not lawful
	// any more: for a case of a defect whose mend is that no crash leaves such an
	// image. It still crashes and judges there, and sees the defect come back.
	Nearest bool
}

// image is what the crash leaves of a disk.
func (p *CrashPoint) image(d *vfs.Disk) (*vfs.Image, error) {
	if p.Nearest {
		return d.ChooseNearest(p.Choice), nil
	}
	return d.Choose(p.Choice)
}

// WithChoice is the case with another choice of what a crash takes: crash k of an epoch.
func (c *Case) WithChoice(epoch, k int, choice vfs.Choice) *Case {
	other := c.Clone()
	e := &other.Epochs[epoch]
	e.Crashes = slices.Clone(e.Crashes)
	e.Crashes[k].Choice = choice
	return other
}

func (p CrashPoint) String() string {
	nearest := ""
	if p.Nearest {
		nearest = "nearest "
	}
	return fmt.Sprintf("crash %d %s%s", p.Step, nearest, p.Choice)
}

// String prints the case as text, in the form that ParseCase reads.
func (c *Case) String() string {
	var b strings.Builder
	version := 1
	switch {
	case c.Build.Binary != "":
		version = 3
	case c.Test != (TestName{}):
		version = 2
	}
	fmt.Fprintf(&b, "powercut case %d\n", version)
	for line := range strings.Lines(c.Why) {
		b.WriteString(strings.TrimRight("# "+strings.TrimRight(line, "\n"), " ") + "\n")
	}
	fmt.Fprintf(&b, "target %s\n", c.Target)
	if version >= 2 {
		fmt.Fprintf(&b, "test %s\n", c.Test)
		if c.MadeBy != "" {
			fmt.Fprintf(&b, "made-by %s\n", c.MadeBy)
		}
	}
	c.Build.write(&b)
	fmt.Fprintf(&b, "law %s\n", c.Law)
	if c.Step != "" {
		fmt.Fprintf(&b, "step %s\n", c.Step)
	}
	fmt.Fprintf(&b, "profile %s\nsector %d\nseed %s\n", c.Profile, c.Sector, c.Seed)
	for _, m := range c.Disks {
		b.WriteString("disk " + m.Name)
		if m.CapacityBytes > 0 {
			fmt.Fprintf(&b, " %d", m.CapacityBytes)
		}
		b.WriteByte('\n')
	}
	if c.Digest != 0 {
		fmt.Fprintf(&b, "digest %s\n", c.Digest)
	}
	b.WriteString("workload\n")
	indent(&b, c.Workload.String())
	for _, e := range c.Epochs {
		b.WriteString("epoch\n")
		if plan := e.Plan.String(); plan != "" {
			b.WriteString("faults\n")
			indent(&b, plan)
		}
		if len(e.Schedule) > 0 {
			fmt.Fprintf(&b, "schedule %s\n", e.Schedule)
		}
		for _, p := range e.Crashes {
			fmt.Fprintf(&b, "%s\n", p)
		}
	}
	b.WriteString("end\n")
	return b.String()
}

func indent(b *strings.Builder, text string) {
	for line := range strings.Lines(text) {
		b.WriteString("\t" + strings.TrimRight(line, "\n") + "\n")
	}
}
