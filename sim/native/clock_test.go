//go:build powercut && linux && amd64

package native_test

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	"powercut/sim"
)

// Every way to ask for the time gives the run's, and no two times differ by more than
// the reading takes.
func TestOneClock(t *testing.T) {
	sim.Test(t, sim.Config{Runs: 2, Corpus: "none", Promises: sim.Nothing}, func(r *sim.Run) {
		r.WorkloadDir(func(dir string) error {
			var at [4]time.Time
			at[0] = time.Now()
			var tv syscall.Timeval
			if err := syscall.Gettimeofday(&tv); err != nil {
				return err
			}
			at[1] = time.Unix(0, tv.Nano())
			seconds, err := syscall.Time(nil)
			if err != nil {
				return err
			}
			at[2] = time.Unix(int64(seconds), 0)
			at[3] = r.Now()
			for _, got := range at {
				if d := got.Sub(at[0]).Abs(); d > time.Second || got.UTC().Year() != 2000 {
					return fmt.Errorf("the clocks say %v", at)
				}
			}
			return syscall.Mkdir(dir+"/d", 0o755)
		})
		r.RecoverDir(func(string) error { return nil })
	})
}
