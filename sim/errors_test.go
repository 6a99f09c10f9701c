package sim_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/afero"

	"powercut/faults"
	"powercut/sim"
)

// errCode is what an engine makes of any error of its disk: nothing of that is left
// in it.
var errCode = errors.New("code 10: disk I/O error")

// writesOnce writes and syncs a file, as code that knows codes alone.
func writesOnce(fs afero.Fs) error {
	f, err := fs.OpenFile("/f", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return errCode
	}
	_, err = f.Write([]byte("x"))
	if err == nil {
		err = f.Sync()
	}
	if errors.Join(err, f.Close()) != nil {
		return errCode
	}
	return nil
}

// An error is a fault's doing if the disk gave one, whatever became of it, and the
// engine's own if not.
func TestErrorsAreToldApart(t *testing.T) {
	own := errors.New("the engine's own")
	for _, test := range []struct {
		name     string
		plan     string
		epochs   int
		workload func(r *sim.Run, fs afero.Fs) error
		want     string // "": no breach
	}{
		{"a code for an injected error", "write-error nth=1\n", 1, func(_ *sim.Run, fs afero.Fs) error { return writesOnce(fs) }, ""},
		{"a code for nothing", "", 1, func(_ *sim.Run, fs afero.Fs) error { return errors.Join(writesOnce(fs), own) }, "works: the engine's own"},
		{"what it was told of later", "drop-clean nth=1\n", 1, func(_ *sim.Run, fs afero.Fs) error {
			if writesOnce(fs) != nil {
				return errors.New("poisoned")
			}
			return nil
		}, ""},
		{"behind latency alone", "latency on open,create,write delay=1s\n", 1, func(_ *sim.Run, fs afero.Fs) error {
			return errors.Join(writesOnce(fs), own)
		}, "works: the engine's own"},
		{"a deadline behind latency", "latency on open,create,write delay=1s\n", 1, func(_ *sim.Run, fs afero.Fs) error {
			return errors.Join(writesOnce(fs), fmt.Errorf("too late: %w", context.DeadlineExceeded))
		}, ""},
		{"a deadline of its own", "", 1, func(_ *sim.Run, fs afero.Fs) error {
			return errors.Join(writesOnce(fs), fmt.Errorf("too late: %w", context.DeadlineExceeded))
		}, "works: too late"},
		{"in an epoch in which nothing struck", "write-error nth=1\n", 2, func(r *sim.Run, fs afero.Fs) error {
			if err := writesOnce(fs); r.Epoch() == 0 {
				return err
			}
			return own
		}, "works: the engine's own"},
		{"a failed write-back of the epoch before", "flusher-fails on write nth=1\n", 2, func(r *sim.Run, fs afero.Fs) error {
			f, err := fs.OpenFile("/f", os.O_CREATE|os.O_RDWR, 0o644)
			if err != nil {
				return err
			}
			defer f.Close()
			if r.Epoch() == 0 {
				_, err = f.Write([]byte("x"))
				return err
			}
			if f.Sync() != nil {
				return errCode
			}
			return nil
		}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			plan, err := faults.Parse(test.plan)
			if err != nil {
				t.Fatal(err)
			}
			cfg := sim.Config{Runs: 30, Epochs: test.epochs, Plan: plan, Promises: sim.Nothing, Corpus: "none"}
			body := func(r *sim.Run) {
				r.Workload(func(fs afero.Fs) error { return test.workload(r, fs) })
				r.Recover(func(afero.Fs) error { return nil })
			}
			if test.want == "" {
				sim.Test(t, cfg, body)
				return
			}
			message := failureOf(t, func(t sim.TB) { sim.Test(t, cfg, body) })
			if !strings.Contains(message, test.want) {
				t.Errorf("want %q:\n%s", test.want, message)
			}
		})
	}
}

// What a recovery's fsync reports of a write-back that failed before the crash is no error of
// the engine's, whether it passes that on or makes a text of it; another error is, and so is
// one where nothing was reported.
func TestErrorOfBeforeTheCrash(t *testing.T) {
	for _, test := range []struct {
		name, plan string
		recover    func(err error) error
		want       string
	}{
		{"passed on", "flusher-fails on write\n", func(err error) error { return err }, ""},
		{"its text", "flusher-fails on write\n", func(err error) error {
			if err != nil {
				return fmt.Errorf("can't open: %v", err)
			}
			return nil
		}, ""},
		{"another", "flusher-fails on write\n", func(err error) error {
			if err != nil {
				return errors.New("log corrupt")
			}
			return nil
		}, "recovers: log corrupt"},
		{"nothing was reported", "", func(error) error { return fmt.Errorf("can't open: %w", syscall.EIO) }, "recovers: can't open: input/output error"},
	} {
		t.Run(test.name, func(t *testing.T) {
			plan, err := faults.Parse(test.plan)
			if err != nil {
				t.Fatal(err)
			}
			reported := 0
			body := func(r *sim.Run) {
				r.Workload(func(fs afero.Fs) error {
					f, err := fs.Create("/f")
					if err == nil {
						_, err = f.Write([]byte("x"))
					}
					return errors.Join(err, f.Close())
				})
				r.Recover(func(fs afero.Fs) error {
					f, err := fs.OpenFile("/f", os.O_CREATE|os.O_RDWR, 0o644)
					if err != nil {
						return err
					}
					defer f.Close()
					if err = f.Sync(); err != nil {
						reported++
					}
					return test.recover(err)
				})
			}
			cfg := sim.Config{Runs: 30, Plan: plan, Promises: sim.Nothing, Corpus: "none"}
			if test.want == "" {
				sim.Test(t, cfg, body)
			} else if message := failureOf(t, func(t sim.TB) { sim.Test(t, cfg, body) }); !strings.Contains(message, test.want) {
				t.Errorf("want %q:\n%s", test.want, message)
			}
			if (reported > 0) != (test.plan != "") {
				t.Errorf("%d fsyncs reported an error", reported)
			}
		})
	}
}

// What a fault of a recovery makes fail in it excuses nothing of the recovery after it.
func TestErrorBehindAFaultedRecovery(t *testing.T) {
	struck := false
	own := errors.Join(syscall.EIO, syscall.EDQUOT, syscall.EFBIG, syscall.EROFS, syscall.EINTR) // whichever the fault gave
	message := failureOf(t, func(t sim.TB) {
		sim.Test(t, sim.Config{Runs: 100, RecoveryFaults: &faults.Mix{Kinds: []faults.Kind{faults.WriteError}, QuietOneIn: 1 << 40}, Promises: sim.Nothing, Corpus: "none"}, func(r *sim.Run) {
			r.Workload(writesOnce)
			r.Recover(func(fs afero.Fs) error {
				if struck {
					struck = false
					return fmt.Errorf("its own: %w", own)
				}
				err := writesOnce(fs)
				struck = err != nil
				return err
			})
		})
	})
	if !strings.Contains(message, "recovers: its own") {
		t.Error(message)
	}
}

// A recovery that brings the filesystem's journal down is followed by one on a
// machine that has started again: nobody could open anything on the one before.
func TestRecoveryFaultsOfTheJournal(t *testing.T) {
	sim.Test(t, sim.Config{Runs: 100, RecoveryFaults: &faults.Mix{Kinds: []faults.Kind{faults.JournalFails}, QuietOneIn: 1 << 40}, Promises: sim.Nothing, Corpus: "none"}, func(r *sim.Run) {
		r.Workload(writesOnce)
		r.Recover(writesOnce)
	})
}
