package core_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"powercut/faults"
	"powercut/sim/core"
	"powercut/vfs"
)

func runExternal(seed core.Seed, s scripted, plan string) core.Result {
	parsed, err := faults.Parse(plan)
	if err != nil {
		panic(err)
	}
	return core.Execute(seed, core.Scenario{Target: "test", Workload: external{s}, Plan: parsed, Settings: posix}, false)
}

// An engine whose clients are actors alone does the same at each seed, whether
// they are goroutines or coroutines.
func TestExternalActors(t *testing.T) {
	script := scripted{epoch: func(r *core.Run, _ int) {
		for _, name := range []string{"/a", "/b"} {
			r.Go("client", func() error { return writeSynced(r.Disk(), name, "x") })
		}
	}}
	for seed := range core.Seed(5) {
		first, second := runExternal(seed, script, ""), runExternal(seed, script, "")
		if first.Violation != nil || first.Undecided || first.Digest != second.Digest {
			t.Errorf("seed %s: %v, undecided: %v, digests %s and %s", seed, first.Violation, first.Undecided, first.Digest, second.Digest)
		}
		inside := core.Execute(seed, core.Scenario{Target: "test", Workload: script, Settings: posix}, false)
		if inside.Digest != first.Digest {
			t.Errorf("seed %s: as coroutines the actors do something else", seed)
		}
	}
}

// What an engine's own goroutines do is part of the run, but the seed does not
// decide when; the run says so. What they find lost is found.
func TestExternalGoroutines(t *testing.T) {
	own := func(r *core.Run) error {
		var wg sync.WaitGroup
		var err error
		wg.Go(func() { err = writeSynced(r.Disk(), "/f", "x") })
		wg.Wait()
		return err
	}
	result := runExternal(1, oneActor(own), "")
	if result.Violation != nil || !result.Undecided || result.Operations != 7 {
		t.Errorf("%v, undecided: %v, %d operations", result.Violation, result.Undecided, result.Operations)
	}
	acked := false
	script := oneActor(func(r *core.Run) error {
		err := own(r)
		r.Ack(func() { acked = err == nil })
		return err
	})
	script.recover = func(_ *core.Run, c *core.Crash) error {
		if acked {
			return errors.New("found")
		}
		return nil
	}
	if result := runExternal(1, script, ""); result.Violation == nil || result.Violation.What != "found" {
		t.Errorf("got %v", result.Violation)
	}
}

// An engine may end itself once a fault has struck; before, that is a breach.
func TestExternalDied(t *testing.T) {
	dies := oneActor(func(r *core.Run) error {
		if err := writeSynced(r.Disk(), "/f", "x"); err != nil {
			r.Died(err)
			return errors.New("it came back from its end")
		}
		return nil
	})
	if result := runExternal(1, dies, "write-error nth=1\n"); result.Violation != nil {
		t.Errorf("a fault struck, and still: %v", result.Violation)
	}
	early := oneActor(func(r *core.Run) error { r.Died(vfs.ErrInjected); return nil })
	if result := runExternal(1, early, ""); result.Violation == nil || result.Violation.Law != core.Works || !strings.Contains(result.Violation.What, "the engine ended itself") {
		t.Errorf("no fault has struck: %v", result.Violation)
	}
}
