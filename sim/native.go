package sim

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"powercut/sim/internal/lineage"
)

// nativeTest runs a test whose body wants a directory, with a process for each seed.
type nativeTest struct {
	corpus *corpus
	call   int
	o      options
	log    func(format string, args ...any)
	apart  atomic.Bool // each recovery goes on in a process of its own

	unconfirmed sync.Once // it has been said that what is found can't be confirmed
}

// canarySeeds is how many runs on a disk whose syncs do nothing may go by unnoticed.
const canarySeeds = 200

// run says what the test fails with, "" if it passes.
func (n *nativeTest) run() string {
	if n.o.cases != "" {
		return n.one(job{Do: runCase, File: n.o.cases, Before: n.o.before})
	}
	if n.corpus.dir != "" && !n.o.seedSet {
		files, err := filepath.Glob(filepath.Join(n.corpus.dir, "*.case"))
		if err != nil {
			return fmt.Sprintf("powercut: Corpus: %v", err)
		}
		for _, file := range files {
			if why := n.one(job{Do: keptCase, File: file}); why != "" {
				return why
			}
		}
	}
	total, test := n.seeds(), n.corpus.target.test.Test
	switch {
	case total.err != nil:
		return fmt.Sprintf("powercut: %s: %v", test, total.err)
	case total.lacks != "":
		return fmt.Sprintf("powercut: %s proves nothing: %s", test, total.lacks)
	case len(total.defects) > 0:
		return n.tellAll(total)
	case total.operations == 0:
		return fmt.Sprintf("powercut: %s proves nothing: its workload made no operation on the disk; open the engine in the directory that r.WorkloadDir is called with", test)
	}
	unreached := n.corpus.target.unreached(total.runs)
	if why := n.canary(); why != "" || n.o.fewer() {
		return why
	}
	return unreached
}

// one does a job, and says what the test fails with.
func (n *nativeTest) one(j job) string {
	a, err := n.start(j)
	if err != nil {
		return fmt.Sprintf("powercut: %v", err)
	}
	for _, line := range a.Log {
		n.log("%s", line)
	}
	return a.Why
}

// seeds runs seeds until one fails, or for as many or as long as it is to.
func (n *nativeTest) seeds() *tally {
	closer := len(n.corpus.target.cfg.Known) > 0 || n.corpus.target.cfg.KeepGoing // it matters what is found
	t := &tally{stop: uint64(cmp.Or(n.corpus.target.cfg.Runs, 100)), keepGoing: n.corpus.target.cfg.KeepGoing}
	var end time.Time
	if n.o.length > 0 {
		t.stop, end = math.MaxUint64, time.Now().Add(n.o.length)
	}
	n.parallel(func() {
		for i, ok := t.take(); ok && (end.IsZero() || time.Now().Before(end)); i, ok = t.take() {
			seed := n.seed(i)
			a, err := n.start(job{Do: runSeed, Seed: seed, Closer: closer})
			if n.o.digests && err == nil {
				n.log("powercut: seed %d: digest %s, workload %s, %d operations, %d images", seed, a.Digest, a.Workload, a.Operations, a.Images)
			}
			n.corpus.target.reach.hear(a.Reach)
			t.add(i, a, err)
		}
	})
	n.log("powercut: seeds run: %d, each in a process of its own; %d operations, %d crash images judged", t.runs, t.operations, t.images)
	return t
}

// seed is the one of that number.
func (n *nativeTest) seed(i uint64) uint64 { return uint64(n.corpus.target.cfg.Seed) + i }

// parallel calls f in as many goroutines as there may be processes at once.
func (n *nativeTest) parallel(f func()) {
	var all sync.WaitGroup
	for range cmp.Or(n.corpus.target.cfg.Workers, runtime.GOMAXPROCS(0)) {
		all.Go(f)
	}
	all.Wait()
}

// canary says why a test that held proves nothing, "" if it proves something.
func (n *nativeTest) canary() string {
	t := n.corpus.target
	if t.CanaryPath() == "" || n.o.seedSet {
		return ""
	}
	canaries := &tally{stop: canarySeeds}
	n.parallel(func() {
		for i, ok := canaries.take(); ok; i, ok = canaries.take() {
			a, err := n.start(job{Do: runSeed, Seed: n.seed(i), IgnoreSyncs: true})
			canaries.add(i, a, err)
		}
	})
	switch {
	case canaries.err != nil:
		return fmt.Sprintf("powercut: %s: %v", t.test.Test, canaries.err)
	case len(canaries.defects) > 0:
		return ""
	}
	return "powercut: " + t.blind(canarySeeds)
}

// native says whether, and how, a test whose body wants a directory is run.
func (t *target) native(tb TB, k *corpus, o options, call int) string {
	if !lineage.Built() {
		how := fmt.Sprintf("powercut: %s uses r.WorkloadDir: it is run by\n\t%s", t.test.Test, t.command(""))
		if s, ok := tb.(interface{ Skipf(string, ...any) }); ok && !o.requireNative {
			s.Skipf("%s", how)
		}
		return how
	}
	n := nativeTest{corpus: k, call: call, o: o, log: k.log}
	return n.run()
}
