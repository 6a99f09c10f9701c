package sim_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/afero"

	"powercut/sim"
)

// failureOf runs a test that ought to fail and returns what it says.
func failureOf(t *testing.T, test func(sim.TB)) string {
	t.Helper()
	f := &failing{}
	func() {
		defer func() {
			if p := recover(); p != nil && p != any(f) {
				panic(p)
			}
		}()
		test(f)
	}()
	if f.message == "" {
		t.Fatal("nothing was reported")
	}
	return f.message
}

// What a failing test says is enough to act on: what was lost, where the power
// went, what had been done by then, and how to see it again.
func TestForgottenSyncs(t *testing.T) {
	for _, test := range []struct {
		name    string
		options toyOptions
		want    []string
	}{
		{"directory", toyOptions{forgetDirSync: true}, []string{
			"recovers: word0 was acknowledged and is lost", "power cut before operation", "create", "/words", "to repeat it: go test powercut/sim -run '^TestToy$' -powercut.seed="}},
		{"file", toyOptions{forgetSync: true}, []string{
			"was acknowledged and is lost", "write", "/words", "to repeat it: go test powercut/sim -run '^TestToy$' -powercut.seed="}},
	} {
		t.Run(test.name, func(t *testing.T) {
			message := failureOf(t, func(t sim.TB) { testToy(t, test.options) })
			for _, want := range test.want {
				if !strings.Contains(message, want) {
					t.Errorf("the message doesn't say %q:\n%s", want, message)
				}
			}
		})
	}
}

// An engine may do odd things; none may end the process or go on for ever.
func TestOddEngines(t *testing.T) {
	write := func(fs afero.Fs) error { return afero.WriteFile(fs, "/f", []byte("x"), 0o644) }
	fine := func(afero.Fs) error { return nil }
	for _, test := range []struct {
		name     string
		workload func(fs afero.Fs) error
		recover  func(fs afero.Fs) error
		want     string // "": it is no failure
	}{
		{"workload panics", func(afero.Fs) error { panic("ouch") }, fine, "no-panic: panic: ouch"},
		{"workload fails", func(afero.Fs) error { return errors.New("ouch") }, fine, "works: ouch"},
		{"workload exits its goroutine", func(afero.Fs) error { runtime.Goexit(); return nil }, fine, "works: the workload ended its goroutine"},
		{"recovery panics", write, func(afero.Fs) error { panic("ouch") }, "no-panic: panic: ouch"},
		{"recovery exits its goroutine", write, func(afero.Fs) error { runtime.Goexit(); return nil }, "recovers: the recovery ended its goroutine"},
		{"workload swallows the end", func(fs afero.Fs) error {
			for {
				if err := write(fs); err != nil {
					continue
				}
			}
		}, fine, "progress: more than"},
		{"recovery never ends", write, func(fs afero.Fs) error {
			for {
				_ = write(fs)
			}
		}, "progress: more than"},
		{"workload recovers panics", func(fs afero.Fs) error {
			for {
				func() {
					defer func() { _ = recover() }()
					_ = write(fs)
				}()
			}
		}, fine, "progress: more than"},
		{"goroutines", func(fs afero.Fs) error {
			var wg sync.WaitGroup
			for i := range 4 {
				wg.Go(func() { _ = afero.WriteFile(fs, fmt.Sprint("/", i), []byte("x"), 0o644) })
			}
			wg.Wait()
			return nil
		}, func(fs afero.Fs) error {
			if _, err := afero.ReadDir(fs, "/"); err != nil {
				return err
			}
			return nil
		}, ""},
		{"a goroutine that stays behind", func(fs afero.Fs) error {
			started := make(chan struct{})
			go func() {
				close(started)
				for range 100 {
					_ = write(fs)
				}
			}()
			<-started
			return write(fs)
		}, fine, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			run := func(t sim.TB) {
				sim.Test(t, sim.Config{Corpus: "none", Promises: sim.Nothing, Runs: 2, Points: 4, StepBudget: 2000}, func(r *sim.Run) {
					r.Workload(test.workload)
					r.Recover(test.recover)
				})
			}
			if test.want == "" {
				run(t)
				return
			}
			if message := failureOf(t, run); !strings.Contains(message, test.want) {
				t.Errorf("got:\n%s\nwant in it: %s", message, test.want)
			}
		})
	}
}

// An engine that waits for good is reported; it doesn't hang the test.
func TestHangIsReported(t *testing.T) {
	var mu sync.Mutex
	stuck := make(chan struct{})
	defer close(stuck)
	message := failureOf(t, func(t sim.TB) {
		sim.Test(t, sim.Config{Corpus: "none", Runs: 1, HangAfter: 50 * time.Millisecond}, func(r *sim.Run) {
			r.Workload(func(fs afero.Fs) error {
				mu.Lock()
				<-stuck
				return nil
			})
			r.Recover(func(afero.Fs) error { return nil })
		})
	})
	if !strings.Contains(message, "suspected hang") || !strings.Contains(message, "r.Monitor") {
		t.Errorf("the message doesn't say what happened and what to do:\n%.500s", message)
	}
}

// Several clients on the run's monitor are interleaved by the seed alone.
func TestClientsOnTheMonitor(t *testing.T) {
	sim.Test(t, sim.Config{Corpus: "none", Runs: 20}, func(r *sim.Run) {
		acked := 0
		var file afero.File
		client := func() error {
			for range 3 {
				m := r.Monitor()
				m.Lock()
				_, err := file.Write([]byte("x"))
				if err == nil {
					err = file.Sync()
				}
				if err == nil {
					acked++
				}
				m.Unlock()
				if err != nil {
					return err
				}
			}
			return nil
		}
		r.Workload(func(fs afero.Fs) (err error) {
			if file, err = fs.OpenFile("/f", os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644); err != nil {
				return err
			}
			dir, err := fs.Open("/")
			if err != nil {
				return err
			}
			if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
				return err
			}
			r.Go("one", client)
			r.Go("two", client)
			return nil
		})
		r.Recover(func(fs afero.Fs) error {
			raw, err := afero.ReadFile(fs, "/f")
			if acked > 0 && (err != nil || len(raw) < acked) {
				return fmt.Errorf("%d writes were acknowledged, %q came back (%v)", acked, raw, err)
			}
			return nil
		})
	})
}
