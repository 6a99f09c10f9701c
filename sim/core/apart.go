package core

import (
	"errors"
	"fmt"
	"time"

	"powercut/faults"
	"powercut/sim/internal/lineage"
	"powercut/vfs"
	"powercut/vfs/transfer"
)

// A recovery that goes on beside the workload, which stands still, may wait for
// something of the whole process that the workload holds: a lock in a global variable, a
// worker that it was handed to. Whether that is so, or the engine blocks itself, can't be
// told from there. So it is judged apart: another process, in which the workload never
// ran, is handed the image and what was promised, and recovers.

// Elsewhere has recoveries go on in other processes.
type Elsewhere interface {
	// Always says whether all of them do.
	Always() bool
	// Blocked is called when one that went on in this process can't, or does nothing any
	// more while its clock goes on. The run is to be
	// made anew, in another process, with Always true: Blocked doesn't return.
	Blocked()
	// Recover hands an order to another process, which calls RecoverHere, and returns
	// what that returned. It doesn't return if there is no such answer, unless the
	// process died of what it did: then the error says of what.
	Recover(order []byte) (reply []byte, death error)
	// Refused is called when the program can't be judged apart, and says why. It
	// doesn't return.
	Refused(why string)
}

// Separable is an External whose recoveries may go on elsewhere.
type Separable interface {
	// Elsewhere is nil where they can't.
	Elsewhere() Elsewhere
}

// Carrier is a Program of a Separable.
type Carrier interface {
	// Carry writes down what Recover judges by.
	Carry() ([]byte, error)
	// Arrive makes a program that has done nothing one that has done what was carried,
	// as far as Recover can tell. It is called in the first actor of the first epoch.
	Arrive(r *Run, carried []byte) error
}

// order asks for a recovery.
type order struct {
	Seed      Seed
	Settings  Settings
	NoSyncs   bool     // Settings.IgnoresSync is there
	Plans     []string // what struck, epoch by epoch
	Disturbed bool     // in this one
	Epoch     int
	LastCrash *lastCrash

	Kind    vfs.CrashKind
	Clean   bool
	Step    uint64
	Choice  vfs.Choice
	Image   []byte
	Carried []byte
	Clock   int64 // nanoseconds since 1970
	Day     lineage.Wall
	Trace   traceState
}

// lastCrash is how the epoch began.
type lastCrash struct {
	Kind  vfs.CrashKind
	Clean bool
	Epoch int
	Step  uint64
}

// traceState is where a trace stands.
type traceState struct {
	Digest, Count uint64
	Keep          bool
	Events        []Event // since then
}

// reply tells how a recovery ended.
type reply struct {
	Refused    string // it has not begun, since Arrive failed
	Ended      ending
	Stack      string // of a panic
	Law        Law
	What, Diff string
	Operations uint64
	Trace      traceState
}

// ending is how a recovery ended, as far as whoever judges it is concerned.
type ending uint8

const (
	heldUp ending = iota // it returned nil
	breached
	panicked
	failed
)

// apart says whether recoveries go on elsewhere.
func (g *nativeGate) apart() bool { return g.elsewhere != nil && !g.alone && g.elsewhere.Always() }

// recover recovers a crash, wherever that is to be, and returns how it ended.
func (r *Run) recover(crash *Crash) error {
	if g, ok := r.gate.(*nativeGate); ok && g.apart() {
		return r.recoverElsewhere(g.elsewhere, crash)
	}
	// The actors stand still: what recovery does is no part of their schedule.
	goOn := r.gate.suspend(r.sched)
	defer goOn()
	a := newActor(-1, "recovery", r.gate, crash.hook, func() error { return r.program.Recover(r, crash) })
	crash.hook.actor = a
	a.run()
	return r.outcomeOf(a)
}

// recoverElsewhere has another process recover.
func (r *Run) recoverElsewhere(e Elsewhere, crash *Crash) error {
	crash.hook.explore = false
	carried, err := r.program.(Carrier).Carry()
	if err != nil {
		e.Refused(err.Error())
	}
	image, err := crash.image.MarshalBinary()
	if err != nil {
		panic(fmt.Sprintf("sim: an image can't be handed over: %v", err)) // it is plain data
	}
	o := order{Seed: r.seed, Settings: r.settings, NoSyncs: r.settings.IgnoresSync != nil, Disturbed: r.hook.disturbed.Load(), Epoch: r.epoch,
		Kind: crash.Kind, Clean: crash.Clean, Step: crash.Step, Choice: crash.Choice, Image: image, Carried: carried,
		Clock: r.gate.(*nativeGate).now().UnixNano(), Day: lineage.Day(), Trace: traceState{Digest: r.trace.digest, Count: r.trace.count, Keep: r.trace.keep}}
	for _, e := range r.record.epochs {
		o.Plans = append(o.Plans, e.Plan.String())
	}
	o.Plans = append(o.Plans, r.injector.Fired().String())
	if c := r.last; c != nil {
		o.LastCrash = &lastCrash{c.Kind, c.Clean, c.Epoch, c.Step}
	}
	data, err := transfer.Encode(&o)
	if err != nil {
		panic(fmt.Sprintf("sim: an order can't be handed over: %v", err))
	}
	data, death := e.Recover(data)
	if death != nil {
		return death
	}
	var answer reply
	if err := transfer.Decode(data, &answer); err != nil {
		panic(fmt.Sprintf("sim: the reply of another process: %v", err))
	}
	if answer.Refused != "" {
		e.Refused(answer.Refused)
	}
	r.result.Operations += answer.Operations
	r.trace.goOn(answer.Trace)
	return answer.err()
}

// goOn adds what was traced elsewhere.
func (t *trace) goOn(s traceState) {
	t.digest, t.count = s.Digest, s.Count
	t.events = append(t.events, s.Events...)
	t.stacks = append(t.stacks, make([][]uintptr, len(s.Events))...) // they have been looked up
}

// err is what the recovery ended with, for whoever judges it.
func (a *reply) err() error {
	switch a.Ended {
	case breached:
		return &Breach{Law: a.Law, What: a.What, Diff: a.Diff}
	case panicked:
		return &PanicError{Value: a.What, Stack: []byte(a.Stack)}
	case failed:
		return errors.New(a.What)
	}
	return nil
}

// RecoverHere does what an order asks for: it recovers, in a process in which the
// workload w never ran, and tells how that ended. IgnoresSync is Settings.IgnoresSync of
// a run that has one.
func RecoverHere(data []byte, w Workload, ignoresSync func(path string) bool) ([]byte, error) {
	var o order
	if err := transfer.Decode(data, &o); err != nil {
		return nil, fmt.Errorf("sim: an order: %w", err)
	}
	image, err := vfs.UnmarshalImage(o.Image)
	if err != nil {
		return nil, err
	}
	if o.NoSyncs {
		o.Settings.IgnoresSync = ignoresSync
	}
	r := NewRun(o.Seed, Scenario{Workload: w, Settings: o.Settings}, still{}, Probe{Trace: o.Trace.Keep})
	r.gate.(*nativeGate).alone = true
	defer r.gate.end()
	answer := reply{Trace: o.Trace}
	if err := r.arrive(&o); err != nil {
		answer.Refused = err.Error()
	} else if err := r.recoverOrdered(&o, image); err != nil {
		answer.of(err)
	}
	if r.violation != nil { // it did too much
		answer.of(&Breach{Law: r.violation.Law, What: r.violation.What, Diff: r.violation.Diff})
	}
	r.trace.lookUp(r.harness())
	answer.Operations, answer.Trace = r.result.Operations, traceState{Digest: r.trace.digest, Count: r.trace.count, Events: r.trace.events}
	return transfer.Encode(&answer)
}

// of takes down how a recovery ended.
func (a *reply) of(err error) {
	if b, ok := errors.AsType[*Breach](err); ok {
		a.Ended, a.Law, a.What, a.Diff = breached, b.Law, b.What, b.Diff
		return
	}
	if p, ok := errors.AsType[*PanicError](err); ok {
		a.Ended, a.What, a.Stack = panicked, fmt.Sprint(p.Value), string(p.Stack)
		return
	}
	a.Ended, a.What = failed, err.Error()
}

// goesOn says whether the workload runs again in this process, in the next epoch: no other
// run is made in it.
func (r *Run) goesOn() bool { return r.epoch < r.settings.Epochs-1 }

// How long, by its own clock, an engine may take until it has given up what it holds,
// and how often that is looked at.
const (
	lettingGo = 40 * time.Second
	lookEvery = 100 * time.Millisecond
)

// letGo lets those go on who were kept when the power went, on a disk that fails
// whatever they ask for: so they give up what of the whole process they hold, which
// would keep the workload waiting when it runs again. That is for nobody to judge.
func (g *nativeGate) letGo(s *scheduler) {
	s.hook.disk.PowerCut()
	close(g.dead)
	for end := lineage.Now().Add(lettingGo); lineage.Now().Before(end); {
		time.Sleep(lookEvery)
		if left, _ := s.findReady(); !left {
			end = lineage.Now() // the goroutines of the engine's own have had the time
		}
	}
	g.dead = make(chan struct{})
}

// arrive makes the run one that has come to the crash of an order, without its
// workload.
func (r *Run) arrive(o *order) error {
	r.hook = &Point{r: r}
	r.epochPoint.Store(r.hook)
	r.innermost.Store(r.hook)
	r.injector = faults.NewInjector(faults.Plan{}, r.seed.Stream("faults"))
	r.disk = vfs.New(r.diskOptions(r.hook, nil))
	r.hook.disk = r.disk
	r.sched = &scheduler{policy: still{}.Policy(0), gate: r.gate, hook: r.hook, idle: r.clock.advanceToTimer}
	r.monitor = &Monitor{s: r.sched}
	a := r.sched.add("workload", func() error { return r.program.(Carrier).Arrive(r, o.Carried) })
	if err := r.gate.run(r.sched); err != nil {
		return err
	}
	if err := a.outcome(); err != nil {
		return err
	}
	for _, text := range o.Plans {
		plan, err := faults.Parse(text)
		if err != nil {
			return err
		}
		r.record.epochs = append(r.record.epochs, CaseEpoch{Plan: plan})
	}
	r.epoch, r.hook.epoch, r.hook.step = o.Epoch, o.Epoch, o.Step
	r.hook.disturbed.Store(o.Disturbed)
	if c := o.LastCrash; c != nil {
		r.last = &Crash{Kind: c.Kind, Clean: c.Clean, Epoch: c.Epoch, Step: c.Step, r: r}
	}
	return nil
}

// recoverOrdered recovers the image of an order.
func (r *Run) recoverOrdered(o *order, image *vfs.Image) error {
	r.trace.digest, r.trace.count = o.Trace.Digest, o.Trace.Count
	crash := &Crash{Kind: o.Kind, Clean: o.Clean, Epoch: o.Epoch, Step: o.Step, Choice: o.Choice, r: r, image: image}
	crash.hook = &Point{r: r, epoch: o.Epoch, depth: 1, crash: crash}
	r.innermost.Store(crash.hook)
	r.judging = crash
	if left := o.Clock - lineage.Now().UnixNano(); left > 0 {
		lineage.Advance(time.Duration(left))
	}
	lineage.SetDay(o.Day)
	defer crash.hook.close()
	return r.recover(crash)
}

// still is the explorer of a run that is not explored.
type still struct{}

func (still) Policy(int) Policy { return new(Schedule) }

func (still) StartEpoch(*Run) {}

func (still) Visit(*Run, *Point) {}

func (still) EndOfEpoch(r *Run) *vfs.Image { return r.disk.ProcessCrash() }

func (still) CrashRecovery(*Run, int) bool { return false }

func (still) Thorough() bool { return true }
