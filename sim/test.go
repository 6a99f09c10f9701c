package sim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"

	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/sim/internal/lineage"
)

// TB is what Test needs of a *testing.T. A *rapid.T is one, too.
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
// remembers, and must not change it. Body is called from several goroutines at
// once, each time for another run: what it declares is its own, anything else
// must be safe for that (or Config.Workers 1).
//
// The workload is a client. An engine with several clients can add more with r.Go.
// The seed decides who goes on, at each operation, at each lock that comes from
// r.Monitor, and where a client waits for a lock, or the like, of the engine's own.
// Goroutines that an engine starts itself may use the disk; their operations are
// serialised, but which comes first is up to the Go scheduler. Then a failure's
// message says how often its seed repeated it. What such an engine has promised is
// to be noted in r.Ack. A panic in the workload or in Recover is a violation; so is
// a t.FailNow. After a power cut, and after a violation, nobody who comes to the
// disk goes on. An engine that blocks for good is reported as a suspected hang after
// Config.HangAfter.
//
// A failure is made small, kept as a case in testdata/powercut, and told with the
// command that repeats it. Cases that are kept are run first. A test that proves
// nothing fails: one whose body has no Workload or no Recover, whose workload never
// uses the disk, or that does not notice a disk whose syncs do nothing (unless
// Config.Promises is Nothing); and one no run of which came to what Run.Sometimes and
// Run.Reachable name (unless flags ask for fewer runs than the Config).
func Test(t TB, cfg Config, body func(r *Run)) {
	t.Helper()
	o, err := processOptions()
	if err != nil {
		t.Fatalf("powercut: %v", err)
	}
	if err := cfg.check(); err != nil {
		t.Fatalf("powercut: sim.Config of %s: %v", t.Name(), err)
	}
	pkg := testedPackage()
	if l := workerLine(); l != nil {
		tt := &target{test: core.TestName{Package: pkg, Test: t.Name()}, cfg: cfg, body: body}
		if why := l.serve(tt, corpusDir(cfg.Corpus, t.Name()), drawnByRapid(t)); why != "" {
			t.Fatalf("%s", why)
		}
		return
	}
	if why := test(t, o, cfg, pkg, body); why != "" {
		t.Fatalf("%s", why)
	}
}

// test runs a test and says what it fails with, "" if it passes.
func test(t TB, o options, cfg Config, pkg string, body func(r *Run)) string {
	o.askedRuns = cmp.Or(cfg.Runs, 100)
	o.apply(&cfg)
	tt := &target{test: core.TestName{Package: pkg, Test: t.Name()}, cfg: cfg, body: body}
	k := &corpus{target: tt, dir: corpusDir(cfg.Corpus, t.Name()), rapid: drawnByRapid(t), log: logOf(t)}
	if k.rapid {
		k.dir = "" // each call is of another workload
	}
	call := callOf(tt.test.Test)
	if lineage.Native() {
		k.work(call)
		return "" // the process is there for another test
	}
	why := k.run(t, o)
	if tt.inDir.Load() {
		return tt.native(t, k, o, call)
	}
	return why
}

// run runs what a test is to run in this process.
func (k *corpus) run(t TB, o options) string {
	tt, cfg := k.target, k.target.cfg
	if o.cases != "" {
		return k.replay(o.cases, o.before)
	}
	if !o.seedSet {
		if why := k.runKept(); why != "" {
			return why
		}
	}
	seeds := uint64(cmp.Or(cfg.Runs, 100))
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	tt.stop = stop
	if o.length > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.length)
		defer cancel()
		seeds = math.MaxUint64
	}
	c := campaign.Campaign{Target: tt, First: core.Seed(cfg.Seed), Seeds: seeds}
	before := runtime.NumGoroutine()
	summary, err := c.Quick(ctx, cfg.Workers, cfg.KeepGoing, tt.known)
	if tt.inDir.Load() {
		return ""
	}
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("powercut: %s: %v", t.Name(), err)
	}
	if left := runtime.NumGoroutine() - before; left > manyGoroutines {
		k.log("powercut: %d runs left %d goroutines of the engine behind, with what they hold. Many more runs are for simrun campaign %s, whose workers are processes that it renews", summary.Runs, left, tt.test.Package)
	}
	if lacks := tt.vacuous.Load(); lacks != nil {
		return "powercut: " + tt.lacks()
	}
	if len(summary.Defects) > 0 {
		return k.tell(summary)
	}
	if k.rapid {
		return tt.rapidProvesNothing(c)
	}
	unreached := tt.unreached(summary.Runs) // before the canary's runs come to anything
	if why := tt.provesNothing(c, o); why != "" {
		return why
	}
	if o.fewer() {
		return "" // a look at a few runs need not come to everything
	}
	return unreached
}

// manyGoroutines is how many a test may leave behind until it says so.
const manyGoroutines = 1000

// logOf is the Logf of a test, if it has one.
func logOf(t TB) func(format string, args ...any) {
	if l, ok := t.(interface {
		Logf(format string, args ...any)
	}); ok {
		return l.Logf
	}
	return func(string, ...any) {}
}

// fewer says whether the flags ask for fewer runs than the Config.
func (o options) fewer() bool { return o.seedSet || o.runs > 0 && o.runs < o.askedRuns }

// known says whether a defect is one that the test passes over.
func (t *target) known(v *core.Violation) bool {
	for _, signature := range t.cfg.Known {
		if v.Signature() == signature {
			return true
		}
	}
	return false
}

// CanaryPath implements campaign.Canary: the fsync of every file is to matter.
func (t *target) CanaryPath() string {
	if t.cfg.Promises == Nothing {
		return ""
	}
	return "*"
}

// provesNothing says why a test that held proves nothing, "" if it proves something.
func (t *target) provesNothing(c campaign.Campaign, o options) string {
	if lacks := t.lacks(); lacks != "" {
		return "powercut: " + lacks
	}
	if o.seedSet {
		return "" // one run need not notice
	}
	c.Seeds = 0
	_, err := c.Canary()
	if lives, ok := errors.AsType[*campaign.CanaryError](err); ok {
		return "powercut: " + t.blind(lives.Runs)
	}
	if err != nil {
		return fmt.Sprintf("powercut: %s: %v", t.test.Test, err)
	}
	return ""
}

// lacks says, behind a run, what the test lacks to prove anything.
func (t *target) lacks() string {
	if lacks := t.vacuous.Load(); lacks != nil {
		return fmt.Sprintf("%s proves nothing: %s", t.test.Test, *lacks)
	}
	if t.operations.Load() == 0 {
		return fmt.Sprintf("%s proves nothing: its workload made no operation on the disk; give the engine the fs that r.Workload is called with", t.test.Test)
	}
	return ""
}

// blind says of a test that it does not see that syncs do nothing.
func (t *target) blind(runs int) string {
	return fmt.Sprintf("%s proves nothing: on a disk on which no Sync of a file does anything, %d runs failed nothing.\n"+
		"Does the workload sync, and does r.Recover look for what was promised by then? If nothing is promised: sim.Config{Promises: sim.Nothing}", t.test.Test, runs)
}

// testedPackage is the import path of the package whose test calls Test: the binary
// says so. Where it does not, the function that the test's goroutine began with does:
// a helper that calls Test may be of another package.
func testedPackage() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		if pkg, is := strings.CutSuffix(info.Path, ".test"); is {
			return pkg
		}
	}
	pcs := make([]uintptr, 256)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	function := ""
	for {
		f, more := frames.Next()
		if strings.HasPrefix(f.Function, "testing.") || f.Function == "" {
			break
		}
		function = f.Function
		if !more {
			break
		}
	}
	slash := strings.LastIndexByte(function, '/') + 1
	if dot := strings.IndexByte(function[slash:], '.'); dot >= 0 {
		function = function[:slash+dot]
	}
	return strings.TrimSuffix(function, "_test")
}

// corpusDir is where the cases of a test are kept, "" for nowhere.
func corpusDir(dir, test string) string {
	switch dir {
	case "none":
		return ""
	case "":
		dir = filepath.Join("testdata", "powercut", filepath.FromSlash(test))
	}
	return dir
}
