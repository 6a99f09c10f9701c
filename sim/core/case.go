package core

import (
	"bufio"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"powercut/faults"
	"powercut/vfs"
)

// CaseVersion is the version of the case format that this package writes.
const CaseVersion = 1

// Case is the explicit form of a run that violated a law: all that the seed
// decided is written out, so that it goes on meaning the same when the
// generators change.
type Case struct {
	Why      string // for a person: what this case is about
	Target   string
	Seed     Seed // of the entropy that the code under test reads
	Law      Law
	Step     string      // protocol step, see Breach
	Profile  vfs.Profile // the mildest in which the law is violated
	Digest   Digest      // of the run that this case describes; 0: not known
	Sector   int         // bytes that the device writes atomically
	Epochs   []CaseEpoch
	Workload Workload
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
	fmt.Fprintf(&b, "powercut case %d\n", CaseVersion)
	for line := range strings.Lines(c.Why) {
		b.WriteString(strings.TrimRight("# "+strings.TrimRight(line, "\n"), " ") + "\n")
	}
	fmt.Fprintf(&b, "target %s\nlaw %s\n", c.Target, c.Law)
	if c.Step != "" {
		fmt.Fprintf(&b, "step %s\n", c.Step)
	}
	fmt.Fprintf(&b, "profile %s\nsector %d\nseed %s\n", c.Profile, c.Sector, c.Seed)
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

// CaseError says what is wrong with the text of a case.
type CaseError struct {
	Line   int // from 1; 0: of the whole
	Reason string
	Err    error // that the reason is of, nil if there is none: a *LawError, say
}

func (e *CaseError) Error() string {
	if e.Line == 0 {
		return "sim: case: " + e.Reason
	}
	return fmt.Sprintf("sim: case: line %d: %s", e.Line, e.Reason)
}

// Unwrap gives errors.As what is wrong with a part of the case.
func (e *CaseError) Unwrap() error { return e.Err }

// ParseCase reads a case. Find gives the target of a name, nil if there is
// none. Every error is a *CaseError.
func ParseCase(text string, find func(name string) Target) (*Case, error) {
	p := caseParser{find: find, c: &Case{}}
	scanner := bufio.NewScanner(strings.NewReader(text))
	scanner.Buffer(nil, 1<<24)
	for scanner.Scan() {
		p.line++
		if err := p.read(scanner.Text()); err != nil {
			if ce, ok := errors.AsType[*CaseError](err); ok && ce.Line != 0 {
				return nil, ce
			}
			return nil, &CaseError{p.line, strings.TrimPrefix(err.Error(), "sim: "), err}
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, &CaseError{p.line + 1, err.Error(), err}
	}
	if p.line == 0 {
		return nil, &CaseError{Reason: "the text is empty: this is no case"}
	}
	if !p.ended {
		return nil, &CaseError{Reason: fmt.Sprintf("cut short after %d lines: there is no line \"end\"", p.line)}
	}
	return p.c, nil
}

// ForeignError says that a case is of another powercut, which has a newer format
// or a target that this one has not: it may be a good one there.
type ForeignError struct{ Reason string }

func (e *ForeignError) Error() string { return e.Reason }

type caseParser struct {
	find   func(string) Target
	c      *Case
	line   int
	target Target
	block  *strings.Builder // the indented block being read
	finish func(text string) error
	seen   map[string]bool
	ended  bool

	choices int // of all schedules
}

func (p *caseParser) read(line string) error {
	if p.line == 1 {
		return p.version(line)
	}
	if p.ended {
		if strings.TrimSpace(line) != "" {
			return fmt.Errorf("more text after \"end\": %q", line)
		}
		return nil
	}
	if rest, ok := strings.CutPrefix(line, "\t"); ok {
		if p.block == nil {
			return fmt.Errorf("an indented line belongs below \"workload\" or \"faults\": %q", line)
		}
		p.block.WriteString(rest + "\n")
		return nil
	}
	if err := p.endBlock(); err != nil {
		return err
	}
	if why, ok := strings.CutPrefix(line, "#"); ok {
		p.c.Why += strings.TrimPrefix(why, " ") + "\n"
		return nil
	}
	word, rest, _ := strings.Cut(line, " ")
	return p.field(word, strings.TrimSpace(rest))
}

func (p *caseParser) version(line string) error {
	text, ok := strings.CutPrefix(line, "powercut case ")
	version, err := strconv.Atoi(strings.TrimSpace(text))
	switch {
	case !ok || err != nil:
		return fmt.Errorf("want \"powercut case %d\" as the first line, got %.40q: this is no case", CaseVersion, line)
	case version > CaseVersion:
		return &ForeignError{fmt.Sprintf("format %d is of a newer powercut; this one reads up to format %d", version, CaseVersion)}
	case version < 1:
		return fmt.Errorf("there is no format %d", version)
	}
	p.seen = make(map[string]bool)
	return nil
}

func (p *caseParser) endBlock() error {
	if p.block == nil {
		return nil
	}
	text, finish := p.block.String(), p.finish
	p.block, p.finish = nil, nil
	return finish(text)
}

func (p *caseParser) field(word, rest string) (err error) {
	switch word {
	case "epoch", "faults", "schedule", "crash":
		return p.epochField(word, rest)
	}
	if p.seen[word] {
		return fmt.Errorf("%q for the second time", word)
	}
	p.seen[word] = true
	c := p.c
	switch word {
	case "target":
		if p.target = p.find(rest); p.target == nil {
			return &ForeignError{fmt.Sprintf("there is no target %q", rest)}
		}
		c.Target = rest
		if c.Law != "" {
			_, err = ParseLaw(string(c.Law), p.target)
		}
	case "law":
		c.Law = Law(rest)
		if p.target != nil { // otherwise it is looked at when the target is known
			_, err = ParseLaw(rest, p.target)
		}
	case "step":
		c.Step = rest
	case "profile":
		c.Profile, err = vfs.ParseProfile(rest)
	case "sector":
		if c.Sector, err = strconv.Atoi(rest); err != nil || c.Sector != 512 && c.Sector != 4096 {
			return fmt.Errorf("sector %q: want 512 or 4096 bytes", rest)
		}
	case "seed":
		c.Seed, err = ParseSeed(rest)
	case "digest":
		c.Digest, err = ParseDigest(rest)
	case "workload":
		if p.target == nil {
			return errors.New("\"workload\" must come after \"target\"")
		}
		p.block = &strings.Builder{}
		p.finish = func(text string) (err error) {
			c.Workload, err = p.target.ParseWorkload(text)
			return err
		}
	case "end":
		if c.Workload == nil || len(c.Epochs) == 0 || c.Law == "" || c.Sector == 0 {
			return errors.New("a case needs at least: target, law, profile, sector, workload, epoch")
		}
		p.ended = true
	default:
		return fmt.Errorf("unknown word %q", word)
	}
	return err
}

func (p *caseParser) epochField(word, rest string) (err error) {
	c := p.c
	if word == "epoch" {
		c.Epochs = append(c.Epochs, CaseEpoch{})
		return nil
	}
	if len(c.Epochs) == 0 {
		return fmt.Errorf("%q must come after \"epoch\"", word)
	}
	e := &c.Epochs[len(c.Epochs)-1]
	switch word {
	case "faults":
		p.block = &strings.Builder{}
		p.finish = func(text string) (err error) {
			e.Plan, err = faults.Parse(text)
			return err
		}
	case "schedule":
		if e.Schedule, err = ParseSchedule(rest); err != nil {
			return err
		}
		// A few bytes of text stand for many choices: all of a case's are bounded.
		if p.choices += len(e.Schedule); p.choices > maxScheduleChoices {
			return fmt.Errorf("the schedules have more than %d choices", maxScheduleChoices)
		}
	case "crash":
		step, choice, _ := strings.Cut(rest, " ")
		var point CrashPoint
		if point.Step, err = strconv.ParseUint(step, 10, 64); err != nil || point.Step == 0 {
			return fmt.Errorf("crash %q: want the number of an operation, from 1", step)
		}
		choice, point.Nearest = strings.CutPrefix(choice, "nearest ")
		if point.Choice, err = vfs.ParseChoice(choice); err != nil {
			return err
		}
		e.Crashes = append(e.Crashes, point)
	}
	return err
}
