package core

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"sync/atomic"
	"time"

	"powercut/faults"
	"powercut/sim/internal/hash"
	"powercut/vfs"
)

// Run is one execution of a program under crashes and faults: several epochs,
// each on the disk that the crash before it left.
type Run struct {
	seed     Seed
	scenario Scenario
	settings Settings
	program  Program
	trace    trace

	sched    *scheduler
	gate     gate
	monitor  *Monitor
	disk     *vfs.Disk
	hook     *Point
	injector *faults.Injector
	epoch    int
	last     *Crash       // what the epoch began with
	elapsed  atomic.Int64 // nanoseconds since startOfTime
	entropy  *Stream

	explorer          Explorer
	probe             Probe
	record            recorder
	explicit          *Case  // the case being reproduced, nil in a seeded run
	judging           *Crash // the innermost crash being recovered
	result            Result
	violation         *Violation
	siteless          bool // call sites are looked up only if a law was violated
	endedByIgnoredLaw bool // an epoch ended by breaking a law that the run is not about
	judged            map[judgedKey]struct{}
}

// judgedKey identifies what need not be judged twice.
type judgedKey struct {
	image  vfs.Digest
	oracle uint64
	kind   vfs.CrashKind
}

// Result is what a run found out.
type Result struct {
	Seed   Seed
	Digest Digest
	Counts
	// Undecided is true if the code under test made operations from goroutines
	// that the run does not schedule: the seed does not decide their order.
	Undecided bool
	// Missed is true of a reproduced case that no longer comes to a crash it
	// says, or of which what the crash left is not lawful any more.
	Missed    bool
	Violation *Violation // nil: every law held
	Events    []Event    // if the run was asked to keep them
}

// startOfTime is when every run's clock begins. The value means nothing.
var startOfTime = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// Execute runs a scenario with the choices that the seed's streams give.
func Execute(seed Seed, scenario Scenario, keepTrace bool) Result {
	return NewRun(seed, scenario, NewSeededExplorer(seed, scenario.Settings), Probe{Trace: keepTrace}).Execute()
}

// NewRun returns a run that an explorer crashes and a probe listens to.
func NewRun(seed Seed, scenario Scenario, explorer Explorer, probe Probe) *Run {
	r := &Run{
		seed:     seed,
		scenario: scenario,
		settings: scenario.Settings.withDefaults(),
		explorer: explorer,
		probe:    probe,
		program:  scenario.Workload.Program(),
		entropy:  seed.Stream("entropy"),
		judged:   make(map[judgedKey]struct{}),
		gate:     &cooperativeGate{},
	}
	r.trace.keep = probe.Trace
	r.record.keepOps = probe.KeepOps
	if probe.Law != "" {
		r.settings.Law = probe.Law
	}
	r.result.Seed = seed
	r.result.Faults = make(map[faults.Kind]faults.Count)
	r.result.Coverage = make(Coverage)
	return r
}

// Execute runs it, once.
func (r *Run) Execute() Result {
	defer r.gate.end()
	var image *vfs.Image
	for r.epoch = 0; r.epoch < r.settings.Epochs && r.violation == nil && !r.endedByIgnoredLaw; r.epoch++ {
		image = r.runEpoch(image)
	}
	if image != nil {
		image.Release()
	}
	r.result.Digest = r.trace.Digest()
	r.result.Undecided = r.gate.undecided()
	r.result.Violation = r.violation
	if !r.siteless || r.violation != nil {
		r.trace.lookUp(r.harness())
	}
	r.result.Events = r.trace.Events()
	return r.result
}

// runEpoch runs one epoch on what image left (nil: an empty disk) and returns
// what its own end leaves.
func (r *Run) runEpoch(image *vfs.Image) *vfs.Image {
	r.hook = &Point{r: r, epoch: r.epoch}
	r.injector = faults.NewInjector(r.plan(), r.seed.Sub(uint64(r.epoch)).Stream("faults"))
	options := r.diskOptions(r.hook, r.injector)
	if image == nil {
		r.disk = vfs.New(options)
	} else {
		r.disk = image.Mount(options)
		image.Release()
	}
	r.hook.disk = r.disk
	r.sched = &scheduler{policy: r.explorer.Policy(r.epoch), gate: r.gate}
	r.monitor = &Monitor{s: r.sched}
	r.trace.note(EventEpoch, r.At(), fmt.Sprintf("epoch %d", r.epoch))
	r.explorer.StartEpoch(r)
	r.program.Epoch(r, r.epoch)

	r.sched.ended = r.actorEnded
	err := r.sched.run()
	if r.violation == nil && !r.hook.cut {
		r.finishEpoch(err)
	}
	if r.violation == nil && !r.endedByIgnoredLaw && r.hook.next == nil && r.epoch < r.settings.Epochs-1 {
		r.hook.CrashInto(r.explorer.EndOfEpoch(r))
	}
	r.result.Abandoned += uint64(r.sched.abandonAll())
	r.record.endEpoch(r)
	for kind, count := range r.injector.Counts() {
		r.result.Faults[kind] = r.result.Faults[kind].Add(count)
	}
	r.hook.close()
	next := r.hook.next
	r.release(r.disk)
	r.disk = nil
	return next
}

// diskOptions are those of every disk of the run.
func (r *Run) diskOptions(h *Point, injector vfs.Injector) vfs.Options {
	var watched vfs.Hook
	if h != nil {
		watched = h // a nil *Point must not become a non-nil interface
	}
	return vfs.Options{Hook: watched, Injector: r.sabotaged(h, injector), Now: r.Now, Sleep: r.sleep,
		SectorBytes: r.settings.SectorBytes, Filesystem: r.settings.Profile}
}

// sleep is what an operation's latency does to the clock.
func (r *Run) sleep(d time.Duration) { r.elapsed.Add(int64(d)) }

// release gives a disk's memory back, unless somebody may still use the disk.
func (r *Run) release(d *vfs.Disk) {
	d.PowerCut()
	if !r.gate.undecided() {
		d.Release()
	}
}

// actorEnded judges what an actor returned. Once that broke a law nobody goes
// on: what the others would meet is what the first one left behind.
func (r *Run) actorEnded(a *actor) (stop bool) {
	r.gate.lock(r.hook)
	defer r.gate.unlock(r.hook)
	if r.violation == nil && !r.hook.cut {
		r.fail(a.outcome(), Works)
	}
	return r.violation != nil || r.endedByIgnoredLaw
}

// finishEpoch judges an epoch whose actors came to their end, and crashes it
// there once more.
func (r *Run) finishEpoch(err error) {
	r.gate.lock(r.hook)
	defer r.gate.unlock(r.hook)
	if errors.Is(err, ErrDeadlock) {
		r.fail(Breachf(Progress, "every actor waits for another: %s", r.waiting()), Progress)
	}
	if r.violation == nil && !r.endedByIgnoredLaw {
		r.hook.step++
		r.hook.op = vfs.Op{}
		r.explorer.Visit(r, r.hook)
	}
}

func (r *Run) waiting() string {
	text := ""
	for _, a := range r.sched.actors {
		if !a.done {
			text += " " + a.name
		}
	}
	return "waiting:" + text
}

// breach tells a violation, and where it happened.
func (r *Run) breach(err error, otherwise Law) *Violation {
	v := asViolation(err, otherwise)
	v.Seed, v.Profile, v.Only = r.seed, r.settings.Profile, r.settings.Law
	v.Case = r.record.caseOf(r, v)
	v.Crashes = r.record.crashesTo(r.judging)
	return v
}

// fail records the first violation of the run, and turns the power off so that
// whatever still runs comes to its end.
func (r *Run) fail(err error, otherwise Law) {
	if r.violation != nil || err == nil {
		return
	}
	if !r.violated(err, otherwise) {
		r.endedByIgnoredLaw = true
	}
	r.disk.PowerCut()
	r.hook.cut = true
}

// violated records the violation that an error is, if the run is about it.
func (r *Run) violated(err error, otherwise Law) bool {
	if r.violation != nil || !r.counts(err, otherwise) {
		return false
	}
	v := r.breach(err, otherwise)
	if r.probe.Accept != nil && !r.probe.Accept(v) {
		return false
	}
	r.violation = v
	r.trace.note(EventNote, r.At(), "violation: "+v.Error())
	return true
}

// counts says whether an error is a violation of a law that this run is about.
func (r *Run) counts(err error, otherwise Law) bool {
	if err == nil {
		return false
	}
	law := asViolation(err, otherwise).Law
	return (r.settings.Law == "" || law == r.settings.Law) && !slices.Contains(r.settings.Except, law)
}

// plan is the fault plan of this epoch: after the last crash faults stop.
func (r *Run) plan() faults.Plan {
	if r.explicit != nil {
		return r.explicit.Epochs[r.epoch].Plan
	}
	if r.FaultsOver() {
		return faults.Plan{}
	}
	return r.scenario.Plan
}

// harness is the package of the program, and its drivers.
func (r *Run) harness() harness {
	t := reflect.TypeOf(r.program)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	driven, _ := r.program.(Driven)
	return harness{pkg: t.PkgPath(), driven: driven}
}

func (r *Run) At() position {
	at := position{epoch: r.epoch}
	if r.hook != nil {
		at.step = r.hook.step
	}
	if r.sched != nil && r.sched.current != nil {
		at.actor = r.sched.current.name
	}
	return at
}

// Go adds an actor to the epoch. What it returns ends the run as a violation
// of Works, or of the law that a *Breach names; what it returns after the power
// was cut doesn't count.
func (r *Run) Go(name string, f func() error) { r.sched.add(name, f) }

// Violated says whether the run has found the violation that it ends with.
func (r *Run) Violated() bool { return r.violation != nil }

// Program is what the run runs.
func (r *Run) Program() Program { return r.program }

// Ops are the operations of each epoch, as faults could have struck them, if the
// probe asked to keep them.
func (r *Run) Ops() [][]vfs.Op { return r.record.ops }

// CallSites are where in the code under test the operation came from that is
// being done.
func (r *Run) CallSites() []Site { return sitesOf(callers(), r.harness()) }

// WithEntropy calls f, and entropy comes from another stream meanwhile.
func (r *Run) WithEntropy(entropy *Stream, f func()) {
	before := r.entropy
	r.entropy = entropy
	f()
	r.entropy = before
}

// Disk is the disk of this epoch.
func (r *Run) Disk() *vfs.Disk { return r.disk }

// Monitor is the cooperative monitor of this epoch.
func (r *Run) Monitor() *Monitor { return r.monitor }

// Epoch is the number of the epoch, from 0.
func (r *Run) Epoch() int { return r.epoch }

// FaultsOver is true in the last epoch of several: no fault strikes in it, so
// that everything must work again.
func (r *Run) FaultsOver() bool { return r.settings.Epochs > 1 && r.epoch == r.settings.Epochs-1 }

// Suspends says whether a fault that struck so far, in this epoch or an earlier
// one, suspends a law.
func (r *Run) Suspends(law Law) bool {
	for _, e := range r.record.epochs {
		if e.Plan.Suspends(string(law)) {
			return true
		}
	}
	return r.injector.Fired().Suspends(string(law))
}

// SuspendsNow is Suspends for the faults of this epoch alone.
func (r *Run) SuspendsNow(law Law) bool { return r.injector.Fired().Suspends(string(law)) }

// Suspensions sums up which kinds of fault struck that suspend a law: it is by
// these, too, that a recovery is judged.
func (r *Run) Suspensions() uint64 {
	kinds := uint64(0)
	for _, rule := range r.injector.Fired().Rules {
		if len(rule.Kind.Suspends()) > 0 {
			kinds |= 1 << rule.Kind
		}
	}
	if kinds == 0 {
		return 0
	}
	return hash.Mix64(kinds)
}

// StopFaults ends the faults of this epoch: from now on the disk does what it is
// told, and has room again.
func (r *Run) StopFaults() { r.disk.SetInjector(r.sabotaged(r.hook, nil)) }

// WithoutFaults calls f, and no fault strikes meanwhile: for what is there
// before the code under test has any say. Crashes do.
func (r *Run) WithoutFaults(f func() error) error {
	r.disk.SetInjector(r.sabotaged(r.hook, nil))
	defer r.disk.SetInjector(r.sabotaged(r.hook, r.injector))
	return f()
}

// FaultsFired is how many faults have struck in this epoch.
func (r *Run) FaultsFired() int { return len(r.injector.Log()) }

// OnlyFault says whether exactly one fault has struck in the whole run, and was
// of that kind.
func (r *Run) OnlyFault(kind faults.Kind) bool {
	struck := r.injector.Fired().Rules
	for _, e := range r.record.epochs {
		struck = append(struck, e.Plan.Rules...)
	}
	return len(struck) == 1 && struck[0].Kind == kind
}

// LastCrash is how the epoch before ended, nil in the first one.
func (r *Run) LastCrash() *Crash { return r.last }

// PowerIsOff is true once the power of this epoch was cut: what a client is
// told from then on, nobody heard.
func (r *Run) PowerIsOff() bool { return r.hook.cut }

// Yield lets another actor go on, if the caller is one.
func (r *Run) Yield() { r.sched.pause() }

// Thorough says whether a Recover that is being called should make its more
// expensive checks as well: in a share of the recoveries of a seeded run, and
// always when a case is reproduced.
func (r *Run) Thorough() bool { return r.explorer.Thorough() }

// Now is the run's clock. Every reading moves it on by a microsecond, so that
// it never stands still and never repeats; faults of latency move it too.
func (r *Run) Now() time.Time {
	return startOfTime.Add(time.Duration(r.elapsed.Add(int64(time.Microsecond))))
}

// Entropy is the run's source of random bytes for the code under test.
func (r *Run) Entropy() io.Reader { return r.entropy }

// Tracing is true if somebody will read the notes.
func (r *Run) Tracing() bool { return r.trace.keep }

// Note adds a remark to the trace. Like Calls and Returns it is for a reader
// alone, and does not count in the digest.
func (r *Run) Note(text string) { r.remark(EventNote, text) }

// Calls notes what an actor is about to ask of the code under test: "append of
// entry 3".
func (r *Run) NoteCall(text string) { r.remark(EventCall, text) }

// Returns notes what it was told: the end of what Calls announced last. A call
// that never returns was in flight when the power went.
func (r *Run) NoteReturn(text string) { r.remark(EventReturn, text) }

func (r *Run) remark(kind EventKind, text string) {
	r.gate.lock(r.hook)
	defer r.gate.unlock(r.hook)
	r.trace.remark(kind, r.At(), text)
}

// Mix adds a number to the run's digest, where a text would cost too much.
func (r *Run) Mix(v uint64) { r.trace.mix(v) }

// WaitUntil lets other actors go on until ready is true.
func (r *Run) WaitUntil(ready func() bool) {
	if !ready() {
		r.sched.block(ready)
	}
}
