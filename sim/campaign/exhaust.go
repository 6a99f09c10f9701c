package campaign

import (
	"context"
	"encoding/binary"
	"iter"
	"sync"
	"sync/atomic"

	"powercut/faults"
	"powercut/sim/core"
	"powercut/sim/internal/hash"
	"powercut/vfs"
)

// Exploration tries everything there is, up to a bound: each workload, each
// single fault at each of its operations, each crash point, each image that the
// crash may leave, and the recovery from it crashed in turn.
type Exploration struct {
	Target    string
	Workloads []core.Workload // of one epoch
	// Faults lists the plans of one fault that may strike an operation of a
	// workload. Nil: no faults.
	Faults  func(op vfs.Op) iter.Seq[faults.Plan]
	Profile vfs.Profile
	// Depth 0 crashes the workload, 1 its recovery too, 2 the recovery from
	// that.
	Depth int
	// MaxImages bounds the images of one crash point; 0 is no bound.
	MaxImages int
	// Progress, if not nil, is called now and then.
	Progress func(Explored)
}

// Explored is how much was tried. Everything in it but Points is the same each
// time, whatever the number of processors.
type Explored struct {
	Workloads uint64
	Runs      uint64 // of a workload, with and without a fault
	Total     uint64 // of the runs, how many there are
	Struck    uint64 // runs in which the fault struck
	Points    uint64 // crash points
	Images    uint64 // that crashes may leave, all points together
	Distinct  uint64 // pairs of an image and of what had been promised: each was recovered and judged once
	Capped    uint64 // crash points with more images than the bound, of which the rest was left out
	// Digest sums up every pair: two explorations with the same digest tried
	// the same.
	Digest    core.Digest
	Complete  bool            // all of it was tried
	Violation *core.Violation // the first that was met; it ends the exploration
}

// explorationSeed is that of all runs of an exploration: they differ in what
// they do, not in what the seed decides.
const explorationSeed core.Seed = 1

// Run explores. It ends early with ctx.
func (e Exploration) Run(ctx context.Context) Explored {
	x := &exhaustive{e: e}
	jobs := e.jobs(ctx)
	x.total = uint64(len(jobs))
	inParallel(ctx, len(jobs), func(i int) {
		if x.violated.Load() != nil {
			return
		}
		x.run(jobs[i])
		x.done.Add(1)
		if e.Progress != nil {
			x.progress.Lock()
			defer x.progress.Unlock()
			e.Progress(x.explored())
		}
	})
	out := x.explored()
	out.Workloads = uint64(len(e.Workloads))
	out.Complete = ctx.Err() == nil && int(x.done.Load()) == len(jobs) && out.Violation == nil && out.Capped == 0
	return out
}

// job is one run: a workload, and at most one fault in it.
type job struct {
	workload core.Workload
	plan     faults.Plan
}

// jobs lists the runs. To know which operations of a workload could fail, it is
// first run without faults. Once ctx has ended, the runs with faults are left out.
func (e Exploration) jobs(ctx context.Context) []job {
	var all []job
	for _, w := range e.Workloads {
		all = append(all, job{workload: w})
		if e.Faults == nil || ctx.Err() != nil {
			continue
		}
		r := core.NewRun(explorationSeed, core.Scenario{Target: e.Target, Workload: w}, &core.CaseExplorer{Case: &core.Case{Epochs: []core.CaseEpoch{{}}}}, core.Probe{KeepOps: true})
		r.Execute()
		for _, ops := range r.Ops() {
			for _, op := range ops {
				for plan := range e.Faults(op) {
					all = append(all, job{w, plan})
				}
			}
		}
	}
	return all
}

// exhaustive is an exploration while it runs.
type exhaustive struct {
	e        Exploration
	total    uint64 // runs
	seen     [64]seenShard
	counts   Explored // added to atomically
	digest   atomic.Uint64
	done     atomic.Int64
	violated atomic.Pointer[core.Violation]
	progress sync.Mutex
}

type seenShard struct {
	mu   sync.Mutex
	keys map[uint64]struct{}
}

// claim takes a key, and says whether nobody had taken it before.
func (x *exhaustive) claim(key uint64) bool {
	s := &x.seen[key%uint64(len(x.seen))]
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, seen := s.keys[key]; seen {
		return false
	}
	if s.keys == nil {
		s.keys = make(map[uint64]struct{})
	}
	s.keys[key] = struct{}{}
	return true
}

func (x *exhaustive) explored() Explored {
	c := &x.counts
	return Explored{
		Total: x.total, Runs: atomic.LoadUint64(&c.Runs), Struck: atomic.LoadUint64(&c.Struck), Points: atomic.LoadUint64(&c.Points),
		Images: atomic.LoadUint64(&c.Images), Distinct: atomic.LoadUint64(&c.Distinct), Capped: atomic.LoadUint64(&c.Capped),
		Digest: core.Digest(x.digest.Load()), Violation: x.violated.Load(),
	}
}

func (x *exhaustive) run(j job) {
	r := core.NewRun(explorationSeed, core.Scenario{Target: x.e.Target, Workload: j.workload, Plan: j.plan,
		Settings: core.Settings{Profile: x.e.Profile, Depth: x.e.Depth}},
		&exhaustiveExplorer{x: x, faulty: len(j.plan.Rules) > 0}, core.Probe{JudgeAll: true}) // all runs together remember what was judged
	result := r.Execute()
	atomic.AddUint64(&x.counts.Runs, 1)
	if len(j.plan.Rules) > 0 && r.FaultsFired() > 0 {
		atomic.AddUint64(&x.counts.Struck, 1)
	}
	if v := result.Violation; v != nil {
		x.violated.CompareAndSwap(nil, v)
	}
}

// exhaustiveExplorer takes every image at every operation.
type exhaustiveExplorer struct {
	x      *exhaustive
	faulty bool // the run has a plan of faults
}

func (e *exhaustiveExplorer) Policy(int) core.Policy { return new(core.Schedule) }

func (e *exhaustiveExplorer) StartEpoch(*core.Run) {}

func (e *exhaustiveExplorer) EndOfEpoch(r *core.Run) *vfs.Image { return r.Disk().ProcessCrash() }

func (e *exhaustiveExplorer) CrashRecovery(_ *core.Run, depth int) bool { return depth <= e.x.e.Depth }

func (e *exhaustiveExplorer) Thorough() bool { return true }

func (e *exhaustiveExplorer) Visit(r *core.Run, h *core.Point) {
	x := e.x
	if h.Depth() == 0 && e.faulty && r.FaultsFired() == 0 {
		return // up to here the run is like the one without the fault
	}
	if h.Depth() > 0 && !h.Explored() {
		return
	}
	atomic.AddUint64(&x.counts.Points, 1)
	if !h.Disk().Failed() {
		e.judge(r, h, h.Disk().ProcessCrash())
	}
	n := 0
	for image := range h.Disk().Images(x.e.Profile) {
		if r.Violated() {
			image.Release()
			return
		}
		if n++; x.e.MaxImages > 0 && n > x.e.MaxImages {
			image.Release()
			atomic.AddUint64(&x.counts.Capped, 1)
			return
		}
		e.judge(r, h, image)
	}
}

// judge recovers an image, unless the same was judged before where the same
// had been promised. What a recovery draws of entropy depends on the image
// alone, so that it does not matter which run comes first.
func (e *exhaustiveExplorer) judge(r *core.Run, h *core.Point, image *vfs.Image) {
	x := e.x
	atomic.AddUint64(&x.counts.Images, 1)
	digest := image.Digest()
	low := binary.LittleEndian.Uint64(digest[:8])
	key := hash.Mix64(hash.Mix64(low^uint64(h.Kind(image))) ^ binary.LittleEndian.Uint64(digest[8:]) ^ hash.Mix64(r.Program().OracleDigest()) ^ uint64(h.Depth())<<60 ^ r.Suspensions())
	if !x.claim(key) {
		image.Release()
		return
	}
	atomic.AddUint64(&x.counts.Distinct, 1)
	x.digest.Add(hash.Mix64(key))
	r.Judge(h, image)
}
