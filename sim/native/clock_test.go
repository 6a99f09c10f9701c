//go:build powercut && linux && amd64

package native_test

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"powercut/faults"
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

// steady is the clock of the system that nobody can set.
func steady() time.Duration {
	var ts syscall.Timespec
	_, _, _ = syscall.Syscall(syscall.SYS_CLOCK_GETTIME, 1, uintptr(unsafe.Pointer(&ts)), 0) // it is there
	return time.Duration(ts.Nano())
}

// A fault that sets the clock back, or stops it, does so for all who ask for the time of
// day: in the workload, in a recovery behind it, in the next epoch, and where recoveries
// go on in processes of their own. What has passed goes on, and so do timers.
func TestClockFaults(t *testing.T) {
	for name, apart := range map[string]bool{"beside": false, "apart": true} {
		t.Run("back/"+name, func(t *testing.T) {
			plan, err := faults.Parse("clock-back on create times=1 delay=1h\n")
			if err != nil {
				t.Fatal(err)
			}
			sim.Test(t, sim.Config{Runs: 3, Epochs: 2, Plan: plan, Corpus: "none", Promises: sim.Nothing}, func(r *sim.Run) { setBack(r, apart) })
		})
	}
	t.Run("stands", func(t *testing.T) {
		plan, err := faults.Parse("clock-stands on create times=1 delay=8us\n")
		if err != nil {
			t.Fatal(err)
		}
		sim.Test(t, sim.Config{Runs: 3, Plan: plan, Corpus: "none", Promises: sim.Nothing}, stands)
	})
}

// setBack makes a file in each epoch. In all but the last, in which no fault strikes, the
// clock is set back by an hour before that.
func setBack(r *sim.Run, apart bool) {
	var global sync.Mutex
	start, times := int64(0), int64(0) // nanoseconds since 1970; how often it was set back
	sim.Remember(r, &start)
	sim.Remember(r, &times)
	right := func() error {
		now := time.Now().UnixNano()
		if since := time.Duration(start - now).Round(time.Minute); start != 0 && since != time.Duration(times)*time.Hour {
			return fmt.Errorf("set back %d times, and it is %s before the start", times, since)
		}
		return nil
	}
	r.WorkloadDir(func(dir string) error {
		if apart {
			global.Lock()
			defer global.Unlock()
		}
		if start == 0 {
			start = time.Now().UnixNano()
		}
		from, passed := time.Now(), steady()
		f, err := os.Create(fmt.Sprintf("%s/%d", dir, r.Epoch()))
		if err != nil {
			return err
		}
		if !r.FaultsOver() {
			times++
		}
		if took := time.Since(from); took < 0 || took > time.Minute || steady() < passed {
			return fmt.Errorf("what has passed is %s, and by the steady clock %s", took, steady()-passed)
		}
		for slept := time.Now(); time.Since(slept) < time.Second; {
			time.Sleep(time.Second)
		}
		return errors.Join(right(), f.Close())
	})
	r.RecoverDir(func(string) error {
		if apart {
			global.Lock()
			defer global.Unlock()
		}
		return right()
	})
}

// stands looks at a clock that stands still for eight readings, one or more of them the disk's own, here and, if it still
// does, in a recovery: what is read there is not read here.
func stands(r *sim.Run) {
	r.WorkloadDir(func(dir string) error {
		f, err := os.Create(dir + "/f")
		if err != nil {
			return err
		}
		first := time.Now().UnixNano()
		if err := f.Sync(); err != nil {
			return err
		}
		for i := range 3 {
			if now := time.Now().UnixNano(); now != first {
				return fmt.Errorf("the clock stood at %d, and reading %d of it is %d", first, i+2, now)
			}
		}
		for range 8 {
			_ = time.Now()
		}
		if now := time.Now().UnixNano(); now == first {
			return fmt.Errorf("the clock stands still at %d for ever", now)
		}
		return f.Close()
	})
	r.RecoverDir(func(string) error {
		for range 8 {
			_ = time.Now()
		}
		return nil
	})
}
