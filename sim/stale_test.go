package sim_test

import (
	"errors"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/spf13/afero"

	"powercut/sim"
)

// What a goroutine that an earlier epoch left behind says to the run does not count in
// a later one: it was promised nothing of what is there now, and its end is not the
// engine's.
func TestGoroutineOfAnEndedEpoch(t *testing.T) {
	for name, call := range map[string]func(r *sim.Run){
		"Ack":        func(*sim.Run) {},
		"Died":       func(r *sim.Run) { r.Died(errors.New("too late")) },
		"StopFaults": func(r *sim.Run) { r.StopFaults() },
		"Go":         func(r *sim.Run) { r.Go("stranger", func() error { return errors.New("too late") }) },
		"Disk":       func(r *sim.Run) { _ = afero.WriteFile(r.Disk(), "/stranger", nil, 0o644) },
		"Note":       func(r *sim.Run) { r.NoteCall("too late") },
	} {
		t.Run(name, func(t *testing.T) {
			var returned atomic.Int32
			sim.Test(t, sim.Config{Corpus: "none", Runs: 5, Epochs: 2, Promises: sim.Nothing, Workers: 1}, func(r *sim.Run) {
				goOn, acked := make(chan bool, 1), false
				r.Workload(func(fs afero.Fs) error {
					if r.Epoch() == 0 {
						go func() {
							<-goOn
							call(r)
							r.Ack(func() { acked = true })
							returned.Add(1)
						}()
					} else {
						goOn <- true
						for range 10_000 {
							runtime.Gosched()
						}
					}
					return afero.WriteFile(fs, "/f", []byte("x"), 0o644)
				})
				r.Recover(func(fs afero.Fs) error {
					if _, err := fs.Stat("/stranger"); acked || err == nil {
						return errors.New("it counts")
					}
					return nil
				})
			})
			if n := returned.Load(); n > 0 {
				t.Errorf("%d calls of an ended epoch returned", n)
			}
		})
	}
}
