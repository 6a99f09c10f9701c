package sim

import (
	"cmp"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/spf13/afero"

	"powercut/faults"
	"powercut/vfs"
)

// Config says how Test runs. The zero value works.
type Config struct {
	Runs    int         // [100] seeds
	Seed    Seed        // the first seed; a failure names the one to repeat
	Profile vfs.Profile // [POSIX] which crash images are lawful
	// Plan are the faults that strike in each run; none if it is empty.
	Plan faults.Plan
	// Epochs is how many power cuts follow each other. In each epoch the
	// workload is called anew, on what the crash before it left. [1]
	Epochs int
	Images int // [2] crash images at each point
	Points int // [64] see Settings
	Depth  int // 1: crash the recovery as well; 2: and the recovery after that
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

// runForeign runs one seed under the eyes of a clock.
func runForeign(seed Seed, cfg Config, body func(r *Run)) (Result, error) {
	r := newRun(seed, Scenario{
		Target:   "test",
		Workload: foreign{body},
		Plan:     cfg.Plan,
		Settings: Settings{Profile: cfg.Profile, Epochs: cfg.Epochs, ImagesPerPoint: cfg.Images, Points: cfg.Points, Depth: cfg.Depth,
			StepBudget: cfg.StepBudget},
	}, true)
	r.explorer = newSeededExplorer(seed, r.settings)
	gate := &externalGate{}
	r.gate, r.siteless = gate, true
	done := make(chan Result, 1)
	// A goroutine of its own, so that a hang can be told from a long run.
	go func() { done <- r.execute() }()
	patience := cmp.Or(cfg.HangAfter, time.Minute)
	for last := uint64(0); ; {
		select {
		case result := <-done:
			return result, nil
		case <-time.After(patience):
			now := gate.beat.Load()
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
	if last := v.Case.Epochs[len(v.Case.Epochs)-1]; len(last.Crashes) > 0 {
		for i, p := range last.Crashes {
			fmt.Fprintf(&b, "crash: before operation %d of %s; its image: %s\n", p.Step, []string{"the workload", "the recovery", "the recovery of the recovery"}[i], p.Choice)
		}
	}
	for _, lost := range v.Lost {
		fmt.Fprintf(&b, "lost in the crash: operation %s (%s)\n", lost, Advice(lost))
	}
	b.WriteString("the last operations of the workload before it:\n")
	var lines []string
	for _, e := range result.Events {
		if e.Kind == EventOp && e.Depth == 0 {
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
			lines = append(lines, line)
		}
	}
	if len(lines) > lastEvents {
		lines = lines[len(lines)-lastEvents:]
	}
	b.WriteString(strings.Join(lines, "\n"))
	fmt.Fprintf(&b, "\nprofile: %s\nto repeat: sim.Config{%s} in %s", v.Profile, repeatConfig(cfg, seed), name)
	return b.String()
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
