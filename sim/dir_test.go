package sim_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"powercut/sim"
)

// A body that wants a directory is called in this process until that is known, and no more,
// also where a defect ends nothing: a search of ten minutes took twenty.
func TestWantsDir(t *testing.T) {
	var called atomic.Int64
	message := failureOf(t, func(tb sim.TB) {
		sim.Test(tb, sim.Config{Corpus: "none", Runs: 10_000, KeepGoing: true, Workers: 1}, func(r *sim.Run) {
			called.Add(1)
			r.WorkloadDir(func(string) error { return nil })
			r.RecoverDir(func(string) error { return nil })
		})
	})
	if !strings.Contains(message, "uses r.WorkloadDir") || called.Load() > 20 {
		t.Errorf("it was called %d times, want those of one seed; the test says: %s", called.Load(), message)
	}
}
