package sim

import (
	"cmp"
	"time"

	"powercut/sim/core"
)

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
		seed := core.Seed(cfg.Seed) + core.Seed(i)
		result := runSeed(seed, cfg, body)
		if v := result.Violation; v != nil {
			t.Fatalf("%s", failureMessage(t.Name(), cfg, result))
		}
	}
}

// runSeed runs one seed.
func runSeed(seed core.Seed, cfg Config, body func(r *Run)) core.Result {
	settings := core.Settings{Profile: cfg.Profile, Epochs: cfg.Epochs, ImagesPerPoint: cfg.Images, Points: cfg.Points, Depth: cfg.Depth,
		StepBudget: cfg.StepBudget}
	scenario := core.Scenario{Target: "test", Workload: goCode{body, cmp.Or(cfg.HangAfter, time.Minute)}, Plan: cfg.Plan, Settings: settings}
	return core.NewRun(seed, scenario, core.NewSeededExplorer(seed, settings), core.Probe{Trace: true, LateSites: true}).Execute()
}
