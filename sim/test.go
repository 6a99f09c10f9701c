package sim

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/afero"

	"powercut/faults"
	"powercut/vfs"
)

// Config says how Test runs. The zero value works. A value that nothing could be
// run with is a failure of the test, which names it.
type Config struct {
	Runs    int         // [100] seeds
	Seed    Seed        // the first seed; a failure names the one to repeat
	Profile vfs.Profile // [POSIX] which crash images are lawful
	// Plan are the faults that strike in each run; none if it is empty.
	Plan faults.Plan
	// Epochs is how many power cuts follow each other. In each epoch the
	// workload is called anew, on what the crash before it left. [1] At most
	// 1000.
	Epochs int
	Images int // [2] crash images at each point, at most 1000
	Points int // [64] see Settings
	// Depth 1 crashes the recovery as well, 2 the recovery after that, and so
	// on. A run goes further than 2 in a bounded number of images.
	Depth int
	// StepBudget is how many operations an epoch, or a recovery, may take
	// before it counts as never ending. [100000]
	StepBudget uint64
	// HangAfter is how long, by the real clock, a run may go without an
	// operation until it is reported as a suspected hang. [1 minute]
	HangAfter time.Duration
}

// TB is what Test needs of a *testing.T.
type TB interface {
	Helper()
	Name() string
	Fatalf(format string, args ...any)
}

// Test runs body once for each seed. Body declares what the run remembers, and
// says with r.Workload what to do and with r.Recover what to check:
//
//	sim.Test(t, sim.Config{Runs: 200}, func(r *sim.Run) {
//		acked := 0
//		r.Workload(func(fs afero.Fs) error { … write, sync, acked++ … })
//		r.Recover(func(fs afero.Fs) error { … open, expect at least acked … })
//	})
//
// Recover is called at every operation of the workload (at a sample of them,
// in a long one), each time with another disk that a power cut at that instant
// could leave, while the workload stands still. So it reads what the workload
// remembers, and must not change it.
//
// The workload is one actor. An engine with several clients can add more with
// r.Go if it takes its lock from r.Monitor: then the seed decides their
// interleaving. Goroutines that an engine starts itself may use the disk; their
// operations are serialised, but which comes first is up to the Go scheduler,
// and the run counts as not deterministic. A panic in the workload or in
// Recover is a violation; so is a t.FailNow. An engine that blocks for good (on
// its own mutex, held by an actor that stands still) is reported as a suspected
// hang after Config.HangAfter.
func Test(t TB, cfg Config, body func(r *Run)) {
	t.Helper()
	if err := cfg.check(); err != nil {
		t.Fatalf("powercut: sim.Config of %s: %v", t.Name(), err)
	}
	for i := range cmp.Or(cfg.Runs, 100) {
		seed := cfg.Seed + Seed(i)
		result, err := runForeign(seed, cfg, body)
		if err != nil {
			t.Fatalf("powercut: seed %s of %s: %v", seed, t.Name(), err)
		}
		if v := result.Violation; v != nil {
			t.Fatalf("%s", explainForeign(t.Name(), cfg, seed, result))
		}
	}
}

// The most that a Config may ask for where more would never end.
const (
	maxEpochs = 1000
	maxImages = 1000
)

// check says what is wrong with a configuration.
func (c *Config) check() error {
	for _, f := range []struct {
		name  string
		value int
		most  int
	}{{"Runs", c.Runs, math.MaxInt}, {"Epochs", c.Epochs, maxEpochs}, {"Images", c.Images, maxImages}, {"Points", c.Points, math.MaxInt}, {"Depth", c.Depth, math.MaxInt}} {
		if f.value < 0 {
			return fmt.Errorf("%s: want 0, for the default, or more; got %d", f.name, f.value)
		}
		if f.value > f.most {
			return fmt.Errorf("%s: want at most %d, got %d", f.name, f.most, f.value)
		}
	}
	if c.HangAfter < 0 {
		return fmt.Errorf("HangAfter: want 0, for the default, or more; got %s", c.HangAfter)
	}
	if _, err := vfs.ParseProfile(c.Profile.String()); err != nil {
		return fmt.Errorf("Profile: %d is none; want one of %v", c.Profile, vfs.Profiles())
	}
	if err := c.Plan.Validate(); err != nil {
		return fmt.Errorf("Plan: %w", err)
	}
	return nil
}

// runForeign runs one seed under the eyes of a clock.
func runForeign(seed Seed, cfg Config, body func(r *Run)) (Result, error) {
	settings := Settings{Profile: cfg.Profile, Epochs: cfg.Epochs, ImagesPerPoint: cfg.Images, Points: cfg.Points, Depth: cfg.Depth,
		StepBudget: cfg.StepBudget}
	r := NewExternalRun(seed, Scenario{Target: "test", Workload: foreign{body}, Plan: cfg.Plan, Settings: settings})
	done := make(chan Result, 1)
	// A goroutine of its own, so that a hang can be told from a long run.
	go func() { done <- r.Execute() }()
	patience := cmp.Or(cfg.HangAfter, time.Minute)
	for last := uint64(0); ; {
		select {
		case result := <-done:
			return result, nil
		case <-time.After(patience):
			now := r.Beat()
			if now == last {
				return Result{}, fmt.Errorf("suspected hang: no operation for %s; does the engine wait for a lock that a paused client holds? (take the lock from r.Monitor, or use one actor)\n%s", patience, allStacks())
			}
			last = now
		}
	}
}

func allStacks() string {
	buf := make([]byte, 1<<18)
	return string(buf[:runtime.Stack(buf, true)])
}

// lastEvents is how many events before the crash a failure message shows.
const lastEvents = 25

func explainForeign(name string, cfg Config, seed Seed, result Result) string {
	v := result.Violation
	var b strings.Builder
	fmt.Fprintf(&b, "powercut: %s\n", v.Error())
	if v.Stack != "" {
		fmt.Fprintf(&b, "%s\n", v.Stack)
	}
	for _, crash := range v.Crashes {
		fmt.Fprintf(&b, "%s\n  its image: %s\n", crash.Title, crash.Choice)
		for _, lost := range crash.Lost {
			fmt.Fprintf(&b, "  lost in it: operation %s (%s)\n", lost, Advice(lost))
		}
	}
	writeLast(&b, result.Events, v)
	fmt.Fprintf(&b, "profile: %s\nto repeat: sim.Config{%s} in %s", v.Profile, repeatConfig(cfg, seed), name)
	return b.String()
}

// writeLast writes the last operations of the workload, and of each recovery that
// was crashed in turn, before the crash.
func writeLast(b *strings.Builder, events []Event, v *Violation) {
	epoch := len(v.Case.Epochs) - 1
	place := crashPlace{Epoch: epoch, Epochs: len(v.Case.Epochs)}
	from := 0 // of the events: the recovery begins with the last image that was taken of what it recovers
	for ; place.Depth == 0 || place.Depth < len(v.Case.Epochs[epoch].Crashes); place.Depth++ {
		fmt.Fprintf(b, "the last operations of %s before it:\n", place.level())
		var lines []string
		image := len(events)
		for i, e := range events[from:] {
			if e.Epoch != epoch || e.Depth != place.Depth {
				continue
			}
			switch e.Kind {
			case EventOp:
				lines = append(lines, operationLine(&e))
			case EventImage:
				image = from + i
			}
		}
		lines = lines[max(0, len(lines)-lastEvents):]
		b.WriteString(strings.Join(lines, ""))
		from = image
	}
}

func operationLine(e *Event) string {
	line := fmt.Sprintf("  %4d %-8s %s", e.Step, e.Op, e.Path)
	if e.To != "" {
		line += " -> " + e.To
	}
	if e.Len > 0 {
		line += fmt.Sprintf(" [%d, %d bytes]", e.Offset, e.Len)
	}
	if e.Err != "" {
		line += ": " + e.Err
	}
	if len(e.Stack) > 0 {
		line += "  at " + e.Stack[0].String()
	}
	return line + "\n"
}

// repeatConfig is a configuration as Go text, for one seed alone.
func repeatConfig(cfg Config, seed Seed) string {
	text := fmt.Sprintf("Seed: %s, Runs: 1", seed)
	if cfg.Profile != 0 {
		text += fmt.Sprintf(", Profile: %d /* %s */", cfg.Profile, cfg.Profile)
	}
	for _, f := range []struct {
		name  string
		value uint64
	}{{"Epochs", uint64(cfg.Epochs)}, {"Images", uint64(cfg.Images)}, {"Points", uint64(cfg.Points)}, {"Depth", uint64(cfg.Depth)}, {"StepBudget", cfg.StepBudget}} {
		if f.value != 0 {
			text += fmt.Sprintf(", %s: %d", f.name, f.value)
		}
	}
	if len(cfg.Plan.Rules) > 0 {
		text += ", Plan: …" // which is Go code: take it from the test
	}
	return text
}

// foreign is a workload given as a function.
type foreign struct{ body func(r *Run) }

func (f foreign) String() string   { return "(Go code)\n" }
func (f foreign) Operations() int  { return 50 }
func (f foreign) Program() Program { return &foreignProgram{body: f.body} }

type foreignProgram struct {
	body     func(r *Run)
	workload func(fs afero.Fs) error
	recover  func(fs afero.Fs) error
}

// Workload says what the run does. It is for the body of Test.
func (r *Run) Workload(f func(fs afero.Fs) error) { r.foreignProgram().workload = f }

// Recover says how the run opens what a crash left, and checks it. It is for
// the body of Test.
func (r *Run) Recover(f func(fs afero.Fs) error) { r.foreignProgram().recover = f }

func (r *Run) foreignProgram() *foreignProgram {
	p, ok := r.program.(*foreignProgram)
	if !ok {
		panic("sim: Workload and Recover are for the body of sim.Test; a Program has its own")
	}
	return p
}

func (p *foreignProgram) Epoch(r *Run, epoch int) {
	if epoch == 0 {
		p.body(r)
	}
	if p.workload != nil {
		r.Go("workload", func() error { return p.workload(r.disk) })
	}
}

func (p *foreignProgram) Recover(_ *Run, c *Crash) error {
	if p.recover == nil {
		return errors.New("the body of sim.Test called no r.Recover")
	}
	return p.recover(c.Disk())
}

func (p *foreignProgram) OracleDigest() uint64 { return 0 }
