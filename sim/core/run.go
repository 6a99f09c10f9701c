package core

import (
	"reflect"
	"sync/atomic"

	"powercut/faults"
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

	sched   *scheduler
	gate    gate
	monitor *Monitor
	disk    *vfs.Disk
	hook    *Point
	// epochPoint is hook, and innermost that of the recovery that runs, for
	// goroutines that are no actors.
	epochPoint, innermost atomic.Pointer[Point]

	injector *faults.Injector
	epoch    int
	last     *Crash // what the epoch began with
	clock    clock
	// closesFiles says that an epoch whose clients came to their end, and met no fault,
	// is to leave no file open.
	closesFiles bool
	entropy     *Stream

	files             fileSteps // of a program that names no steps
	explorer          Explorer
	probe             Probe
	record            recorder
	explicit          *Case  // the case being reproduced, nil in a seeded run
	judging           *Crash // the innermost crash being recovered
	result            Result
	violation         *Violation
	endedByIgnoredLaw bool // an epoch ended by breaking a law that the run is not about
	judged            map[judgedKey]struct{}
	listed            map[judgedKey]listing // by the state of the disk that images are of
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
	// Workload is the digest of what the workloads did, and when by their clocks,
	// whatever was judged; 0 where the seed does not decide the process.
	Workload Digest
	// Undecided is true if the code under test made operations from goroutines
	// that the run does not schedule: the seed does not decide their order.
	Undecided bool
	// Missed is true of a reproduced case that no longer comes to one of its
	// crashes, or whose crash image is no longer lawful.
	Missed    bool
	Violation *Violation // nil: every law held
	Events    []Event    // if the run was asked to keep them
}

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
		listed:   make(map[judgedKey]listing),
		files:    newFileSteps(),
		gate:     gateOf(scenario.Workload),
	}
	if c, ok := scenario.Workload.(Closer); ok {
		r.closesFiles = c.ClosesFiles()
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
	if g, ok := r.gate.(*nativeGate); ok {
		r.result.Workload = Digest(g.workload)
	}
	if p, ok := r.program.(Reacher); ok {
		r.result.Reach = p.Reaches()
	}
	r.result.Violation = r.violation
	if !r.probe.LateSites || r.violation != nil {
		r.trace.lookUp(r.harness())
	}
	r.result.Events = r.trace.Events()
	return r.result
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

// At is where the run stands.
func (r *Run) At() position {
	at := position{epoch: r.epoch}
	if r.hook != nil {
		at.step = r.hook.step
	}
	if r.sched != nil {
		if a := r.gate.self(r.sched); a != nil {
			at.actor = a.name
		}
	}
	return at
}
