package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"powercut/cmd/simrun/internal/fuse"
	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/sim/shrink"
	"powercut/sim/worker"
)

// subject is what a command runs seeds or cases of: a target that this program knows by
// its name, or a test of a Go package.
type subject struct {
	name    string       // that its campaigns are kept under
	target  core.Target  // that its cases are read by
	how     launch       // of its workers
	version string       // of the code that is run
	host    *worker.Host // does what is asked for in this process; nil: a worker does
	test    *worker.Test // of a package; nil: a target with a name
	dir     string       // of the package
	idle    chan *child  // workers that stand by to be asked
}

// namedSubject is a target that this program knows.
func namedSubject(target core.Target) *subject {
	return &subject{name: target.Name(), target: target, how: ownWorker(), version: version(), host: &worker.Host{Find: findTarget}}
}

// absentSubject is a test of a package that can't be run here.
func absentSubject(test core.TestName) *subject {
	s := &subject{name: test.String(), test: &worker.Test{Name: test}}
	s.target = &elsewhere{subject: s}
	return s
}

// absent says whether nothing of it can be run here.
func (s *subject) absent() bool { return s.host == nil && s.how.program == "" }

// maxIdle bounds how many workers stand by.
const maxIdle = 16

// testSubject is a test of a package, whose binary is there.
func testSubject(b *testBinary, test *worker.Test) *subject {
	s := &subject{name: test.Name.String(), version: version() + " " + b.digest, test: test, dir: b.dir, idle: make(chan *child, maxIdle)}
	s.target = &elsewhere{subject: s}
	s.how = b.worker(test.Name.Test)
	return s
}

// find gives the target that cases of the subject are of.
func (s *subject) find(name string) core.Target {
	if s.host != nil {
		return findTarget(name)
	}
	if name == s.target.Name() {
		return s.target
	}
	return nil
}

// command is how this program is called for what concerns the subject.
func (s *subject) command() string {
	if s.test != nil {
		return command(s.test.Name, testTarget)
	}
	return command(core.TestName{}, s.name)
}

// command is how this program is called to repeat what was found.
func command(test core.TestName, target string) string {
	if test == (core.TestName{}) && target != fuse.TargetName {
		return "go run ./cmd/simrun"
	}
	return "simrun"
}

// ask has something done, in this process or in a worker's. When ctx ends it comes to
// an end with what it has.
func (s *subject) ask(ctx context.Context, o *worker.Order) (*worker.Note, error) {
	return s.askFor(ctx, o, func(*worker.Note) {})
}

// askFor is ask, and more is given the notes that come before the answer.
func (s *subject) askFor(ctx context.Context, o *worker.Order, more func(*worker.Note)) (*worker.Note, error) {
	if s.host != nil {
		return s.host.Do(ctx, o, more)
	}
	if s.absent() {
		return nil, fmt.Errorf("%s can't be run here", s.name)
	}
	c, err := s.idleChild()
	if err != nil {
		return nil, harnessFailed(fmt.Errorf("starting a worker: %w", err))
	}
	note, err := c.ask(ctx, o, more)
	if died, ok := errors.AsType[*diedError](err); ok {
		c.kill() // it may be that of the run alone which ended
		return nil, harnessFailed(died)
	}
	select {
	case s.idle <- c:
	default:
		c.kill()
	}
	return note, err
}

func (s *subject) idleChild() (*child, error) {
	select {
	case c := <-s.idle:
		return c, nil
	default:
		return startChild(s.how)
	}
}

// close ends the workers that stand by.
func (s *subject) close() {
	for {
		select {
		case c := <-s.idle:
			c.kill()
		default:
			return
		}
	}
}

// askCase has something done with the text of a case.
func (s *subject) askCase(ctx context.Context, o worker.Case) (*worker.Note, error) {
	return s.askCaseFor(ctx, o, func(*worker.Note) {})
}

// askCaseFor is askCase, and more is given the notes that come before the answer.
func (s *subject) askCaseFor(ctx context.Context, o worker.Case, more func(*worker.Note)) (*worker.Note, error) {
	for _, path := range []*string{&o.Dir, &o.Trace} {
		if *path == "" {
			continue
		}
		var err error
		if *path, err = s.path(*path); err != nil {
			return nil, harnessFailed(err)
		}
	}
	return s.askFor(ctx, &worker.Order{Case: &o}, more)
}

// path is that of a file for whoever does what is asked for: another process is in
// another directory.
func (s *subject) path(name string) (string, error) {
	if s.host != nil {
		return name, nil
	}
	return filepath.Abs(name)
}

// elsewhere is the test of a package, whose runs are made in a worker's process. Here
// its cases are texts.
type elsewhere struct{ *subject }

// testTarget is what cases of tests call their target.
const testTarget = "test"

func (e *elsewhere) Name() string { return testTarget }

func (e *elsewhere) Draw(core.Streams) core.Scenario {
	panic("simrun: a test is drawn in its own binary")
}

func (e *elsewhere) ParseWorkload(text string) (core.Workload, error) { return draws(text), nil }

// Settle implements campaign.Settler.
func (e *elsewhere) Settle(ctx context.Context, v *core.Violation, budget int) error {
	if v.Hang {
		return nil // to see it again takes as long
	}
	note, err := e.ask(ctx, &worker.Order{Settle: &worker.Settle{Defect: campaign.DefectOf(v, 1), Budget: budget}})
	if err != nil {
		v.Unrepeated = v.Unrepeated || errors.Is(err, shrink.ErrHolds)
		return err
	}
	settled, err := note.Violation.Core(e.find)
	if err == nil {
		*v = *settled
	}
	return err
}

// draws is the workload of a test: what was drawn, as text.
type draws string

func (d draws) String() string { return string(d) }

func (d draws) Operations() int { return 0 }

func (d draws) Program() core.Program { panic("simrun: a test is run by its own binary") }

var _ campaign.Settler = (*elsewhere)(nil)

// canary makes an fsync a no-op, and expects the first seeds to notice. A test whose
// process ends on such a disk has noticed.
func (s *subject) canary(ctx context.Context, c *worker.Campaign) (*campaign.CanaryReport, error) {
	note, err := s.ask(ctx, &worker.Order{Canary: c})
	if died, ok := errors.AsType[*diedError](err); ok && died.served {
		return &campaign.CanaryReport{Path: "*", Law: core.NoPanic, Ended: true}, nil
	}
	if err != nil {
		return nil, err
	}
	return note.Canary, nil
}

// known are the signatures of defects that the test passes over.
func (s *subject) known() []string {
	if s.test == nil {
		return nil
	}
	return s.test.Known
}

// outDir is where what is found is kept, of all that goes to a directory.
func (s *subject) outDir(dir string) string {
	if s.test == nil || dir == "" {
		return dir
	}
	return filepath.Join(dir, url.PathEscape(s.test.Name.Test))
}

// corpusDir is where the test keeps its cases, "" for nowhere.
func (s *subject) corpusDir() string {
	if dir := s.test.Corpus; dir == "" || filepath.IsAbs(dir) {
		return dir
	}
	return fromHere(filepath.Join(s.dir, s.test.Corpus))
}

// fromHere names a path as one would type it: from the working directory, if it is
// below that.
func fromHere(path string) string {
	here, err := os.Getwd()
	if err != nil {
		return path
	}
	if rel, err := filepath.Rel(here, path); err == nil && filepath.IsLocal(rel) {
		return rel
	}
	return path
}

// patience is how long a worker may say nothing. One that has a process for each run
// ends those itself, and tries them twice.
func (s *subject) patience(hangAfter time.Duration) time.Duration {
	if s.test != nil && s.test.Native {
		return 3*hangAfter + time.Minute
	}
	return hangAfter
}
