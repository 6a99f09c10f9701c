package sim_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/afero"

	"powercut/faults"
	"powercut/sim"
)

// A run tells what it is asked: where it stands, how its last epoch ended, the
// time, and random bytes that the seed decides.
func TestRunTells(t *testing.T) {
	entropy := make(map[string]int)
	epochs, crashes, over := 0, 0, 0
	sim.Test(t, sim.Config{Corpus: "none", Workers: 1, Promises: sim.Nothing, Runs: 3, Epochs: 2, Points: 3, Plan: faults.Plan{Rules: []faults.Rule{{Kind: faults.LyingSync}}}}, func(r *sim.Run) {
		r.Workload(func(fs afero.Fs) error {
			epochs++
			if first := r.Epoch() == 0; first != (r.LastCrash() == nil) || first == r.FaultsOver() {
				return fmt.Errorf("epoch %d began with %v, faults over: %v", r.Epoch(), r.LastCrash(), r.FaultsOver())
			}
			if c := r.LastCrash(); c != nil {
				crashes++
				if c.Epoch != 0 || c.Step == 0 {
					return fmt.Errorf("the last crash was %+v", c)
				}
			}
			if before := r.Now(); !r.Now().After(before) {
				return errors.New("the clock stands still")
			}
			buf := make([]byte, 8)
			if _, err := r.Entropy().Read(buf); err != nil {
				return err
			}
			entropy[string(buf)]++
			ready := false
			r.Go("other", func() error { ready = true; return nil })
			sim.WaitUntil(r, func() bool { return ready })
			r.NoteCall("write")
			err := afero.WriteFile(r.Disk(), "/f", []byte("x"), 0o644)
			r.NoteReturn(fmt.Sprint(err))
			if f, err := fs.Open("/f"); err == nil {
				_ = f.Sync()
			}
			if r.Epoch() == 0 && !r.PowerIsOff() && !r.Suspends("acknowledged-durable") {
				return errors.New("a disk that lies about an fsync suspends nothing")
			}
			r.StopFaults()
			return err
		})
		r.Recover(func(fs afero.Fs) error {
			if r.FaultsOver() {
				over++
			}
			_, err := afero.ReadDir(fs, "/")
			return err
		})
	})
	if epochs < 4 || crashes == 0 || over == 0 || len(entropy) != epochs {
		t.Errorf("%d epochs, %d after a crash, %d recoveries without faults, %d draws of entropy", epochs, crashes, over, len(entropy))
	}
}

// What Recover returns is reported under the law that it names.
func TestBreachf(t *testing.T) {
	message := failureOf(t, func(t sim.TB) {
		sim.Test(t, sim.Config{Corpus: "none", Runs: 1}, func(r *sim.Run) {
			r.Workload(func(fs afero.Fs) error { return afero.WriteFile(fs, "/f", nil, 0o644) })
			r.Recover(func(afero.Fs) error { return sim.Breachf("kept", "lost %d", 3) })
		})
	})
	if !strings.HasPrefix(message, "powercut: kept: lost 3\n") {
		t.Errorf("got %s", message)
	}
	if got := sim.Seed(255).String(); !strings.Contains(message, "seed 0") || got == "" {
		t.Errorf("seed 255 prints as %q", got)
	}
}
