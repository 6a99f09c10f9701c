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

// CaseError says what is wrong with the text of a case.
type CaseError struct {
	Line   int // from 1; 0: of the whole
	Reason string
	Err    error // of which Reason is the text: a *LawError, say; nil if there is none
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

// caseParser reads a case line by line.
type caseParser struct {
	find   func(string) Target
	c      *Case
	line   int
	format int
	target Target
	block  *strings.Builder // the indented block being read
	finish func(text string) error
	seen   map[string]bool
	ended  bool

	choices int // in all schedules together
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
		return fmt.Errorf("want \"powercut case %d\" as the first line, got %.40q: this is no case", 1, line)
	case version > CaseVersion:
		return &ForeignError{fmt.Sprintf("format %d is of a newer powercut; this one reads up to format %d", version, CaseVersion)}
	case version < 1:
		return fmt.Errorf("there is no format %d", version)
	}
	p.seen, p.format = make(map[string]bool), version
	return nil
}

// beginBlock has the indented lines that follow read as one text.
func (p *caseParser) beginBlock(finish func(text string) error) {
	p.block, p.finish = &strings.Builder{}, finish
}

func (p *caseParser) endBlock() error {
	if p.block == nil {
		return nil
	}
	text, finish := p.block.String(), p.finish
	p.block, p.finish = nil, nil
	return finish(text)
}

// field reads a line of the case itself. The lines of an epoch may be repeated,
// those of a disk and of a module too; all others stand once.
func (p *caseParser) field(word, rest string) error {
	switch word {
	case "epoch", "faults", "schedule", "crash":
		return p.epochField(word, rest)
	}
	if p.seen[word] && word != "disk" && word != "module" {
		return fmt.Errorf("%q for the second time", word)
	}
	p.seen[word] = true
	read, ok := caseFields[word]
	if !ok {
		return fmt.Errorf("unknown word %q", word)
	}
	return read(p, rest)
}

// caseFields reads what stands behind each of the words.
var caseFields = map[string]func(p *caseParser, rest string) error{
	"target":   (*caseParser).targetField,
	"test":     (*caseParser).testField,
	"go":       buildField("go", func(b *Build, rest string) { b.Go = rest }),
	"changes":  buildField("changes", func(b *Build, rest string) { b.Changes = rest }),
	"module":   (*caseParser).moduleField,
	"binary":   buildField("binary", func(b *Build, rest string) { b.Binary = rest }),
	"made-by":  func(p *caseParser, rest string) error { p.c.MadeBy = rest; return p.of(2, "made-by") },
	"law":      (*caseParser).lawField,
	"step":     func(p *caseParser, rest string) error { p.c.Step = rest; return nil },
	"profile":  func(p *caseParser, rest string) (err error) { p.c.Profile, err = vfs.ParseProfile(rest); return err },
	"sector":   (*caseParser).sectorField,
	"disk":     (*caseParser).diskField,
	"seed":     func(p *caseParser, rest string) (err error) { p.c.Seed, err = ParseSeed(rest); return err },
	"digest":   func(p *caseParser, rest string) (err error) { p.c.Digest, err = ParseDigest(rest); return err },
	"workload": (*caseParser).workloadField,
	"end":      (*caseParser).endField,
}

func (p *caseParser) targetField(name string) error {
	if p.target = p.find(name); p.target == nil {
		return &ForeignError{fmt.Sprintf("there is no target %q", name)}
	}
	p.c.Target = name
	if p.c.Law == "" {
		return nil
	}
	_, err := ParseLaw(string(p.c.Law), p.target)
	return err
}

// testField reads which test a case is of.
func (p *caseParser) testField(rest string) error {
	pkg, test, ok := strings.Cut(rest, " ")
	if !ok || pkg == "" || test == "" {
		return fmt.Errorf("test %q: want the import path of a package and the name of a test", rest)
	}
	p.c.Test = TestName{pkg, test}
	return p.of(2, "test")
}

// of refuses what only a later format has.
func (p *caseParser) of(format int, word string) error {
	if p.format < format {
		return fmt.Errorf("%q is of format %d, and this case says that it is of format %d", word, format, p.format)
	}
	return nil
}

// lawField looks at the law if the target is known. Otherwise targetField does:
// which laws there are depends on the target.
func (p *caseParser) lawField(name string) error {
	p.c.Law = Law(name)
	if p.target == nil {
		return nil
	}
	_, err := ParseLaw(name, p.target)
	return err
}

func (p *caseParser) sectorField(rest string) (err error) {
	if p.c.Sector, err = strconv.Atoi(rest); err != nil || p.c.Sector != 512 && p.c.Sector != 4096 {
		return fmt.Errorf("sector %q: want 512 or 4096 bytes", rest)
	}
	return nil
}

// diskField reads a disk: its name, and its capacity if it has one.
func (p *caseParser) diskField(rest string) (err error) {
	name, capacity, bounded := strings.Cut(rest, " ")
	m := vfs.Mount{Name: name}
	if bounded {
		if m.CapacityBytes, err = strconv.ParseInt(capacity, 10, 64); err != nil || m.CapacityBytes <= 0 {
			return fmt.Errorf("disk %q: want a name and a capacity in bytes", rest)
		}
	}
	p.c.Disks = append(p.c.Disks, m)
	if err := CheckDisks(p.c.Disks); err != nil {
		return err
	}
	return p.of(2, "disk")
}

func (p *caseParser) workloadField(string) error {
	if p.target == nil {
		return errors.New("\"workload\" must come after \"target\"")
	}
	p.beginBlock(func(text string) (err error) {
		p.c.Workload, err = p.target.ParseWorkload(text)
		return err
	})
	return nil
}

func (p *caseParser) endField(string) error {
	if c := p.c; c.Workload == nil || len(c.Epochs) == 0 || c.Law == "" || c.Sector == 0 {
		return errors.New("a case needs at least: target, law, profile, sector, workload, epoch")
	}
	p.ended = true
	return nil
}

func (p *caseParser) epochField(word, rest string) error {
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
		p.beginBlock(func(text string) (err error) {
			e.Plan, err = faults.Parse(text)
			return err
		})
	case "schedule":
		return p.scheduleField(e, rest)
	case "crash":
		point, err := parseCrashPoint(rest)
		if err != nil {
			return err
		}
		e.Crashes = append(e.Crashes, point)
	}
	return nil
}

func (p *caseParser) scheduleField(e *CaseEpoch, rest string) (err error) {
	if e.Schedule, err = ParseSchedule(rest); err != nil {
		return err
	}
	// A few bytes of text stand for many choices: all of a case's are bounded.
	if p.choices += len(e.Schedule); p.choices > maxScheduleChoices {
		return fmt.Errorf("the schedules have more than %d choices", maxScheduleChoices)
	}
	return nil
}

// parseCrashPoint reads what CrashPoint.String prints behind the word "crash".
func parseCrashPoint(text string) (point CrashPoint, err error) {
	step, choice, _ := strings.Cut(text, " ")
	if point.Step, err = strconv.ParseUint(step, 10, 64); err != nil || point.Step == 0 {
		return CrashPoint{}, fmt.Errorf("crash %q: want the number of an operation, from 1", step)
	}
	choice, point.Nearest = strings.CutPrefix(choice, "nearest ")
	point.Choice, err = vfs.ParseChoice(choice)
	return point, err
}
