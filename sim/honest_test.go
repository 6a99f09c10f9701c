package sim_test

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/afero"

	"powercut/faults"
	"powercut/sim"
	"powercut/vfs"
)

// twoDefects promises two files, neither of which it makes durable: of one the content
// is lost, of the other the name.
func twoDefects(r *sim.Run) {
	acked := make(map[string]bool)
	r.Setup(func(fsys afero.Fs) error { return write(fsys, "/content", "old", 0) })
	r.Workload(func(fsys afero.Fs) error {
		f, err := fsys.OpenFile("/content", os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		if _, err := f.WriteString("new"); err != nil {
			return err
		}
		acked["/content"] = true
		g, err := fsys.Create("/name")
		if err != nil {
			return err
		}
		if err := g.Sync(); err != nil {
			return err
		}
		acked["/name"] = true
		return errors.Join(f.Close(), g.Close())
	})
	r.Recover(func(fsys afero.Fs) error {
		if _, err := fsys.Stat("/name"); err != nil && acked["/name"] {
			return errors.New("the name was promised and is lost")
		}
		if text, _ := afero.ReadFile(fsys, "/content"); string(text) != "new" && acked["/content"] {
			return errors.New("the content was promised and is lost")
		}
		return nil
	})
}

// A defect that is known, or is found first, doesn't hide another.
func TestOneDefectHidesNoOther(t *testing.T) {
	cfg := sim.Config{Profiles: []vfs.Profile{vfs.POSIX}, Corpus: "none"}
	both := []string{"the name was promised", "the content was promised"}
	cfg.KeepGoing = true
	message := failureOf(t, func(t sim.TB) { sim.Test(t, cfg, twoDefects) })
	for _, want := range both {
		if !strings.Contains(message, want) {
			t.Errorf("with KeepGoing, want %q:\n%s", want, message)
		}
	}
	cfg.KeepGoing = false
	first := failureOf(t, func(t sim.TB) { sim.Test(t, cfg, twoDefects) })
	for _, signature := range regexp.MustCompile(`Known: \.\.\.}: "(.*)"`).FindAllStringSubmatch(message, -1) {
		cfg.Known = []string{signature[1]}
		other := failureOf(t, func(t sim.TB) { sim.Test(t, cfg, twoDefects) })
		if strings.Contains(other, signature[1]) {
			t.Errorf("%s is known, and told:\n%s", signature[1], other)
		}
	}
	if !strings.Contains(message, "powercut: 2 defects") || len(first) == 0 {
		t.Errorf("want 2 defects:\n%s", message)
	}
}

// Which crash it was is said: what a process crash left in the cache is there, what a
// power cut left need not be, and no test is told one for the other.
func TestWhichCrashItWas(t *testing.T) {
	sim.Test(t, sim.Config{Runs: 60, Epochs: 2, Profiles: []vfs.Profile{vfs.POSIX}, Promises: sim.Nothing, Corpus: "none"}, func(r *sim.Run) {
		written := false
		r.Workload(func(fsys afero.Fs) error {
			if r.Epoch() == 0 {
				f, err := fsys.Create("/f")
				if err != nil {
					return err
				}
				if _, err := f.WriteString("in the cache alone"); err != nil {
					return err
				}
				written = true
				return f.Close()
			}
			text, err := afero.ReadFile(fsys, "/f")
			kept := err == nil && string(text) == "in the cache alone"
			if crash := r.LastCrash(); crash.Kind == vfs.ProcessCrash {
				r.Sometimes("a process crash behind the write", written)
				if written && !kept {
					return fmt.Errorf("a process crash lost what was in the cache: %q, %w", text, err)
				}
			} else {
				r.Sometimes("a power cut that loses it", written && !kept)
			}
			return nil
		})
		r.Recover(func(afero.Fs) error { return nil })
	})
}

// An engine may end itself when its disk has failed, in that epoch; in a later one, in
// which nothing struck, that is the engine's own doing.
func TestFailStopIsItsRight(t *testing.T) {
	plan, err := faults.Parse("keep-dirty nth=1\n")
	if err != nil {
		t.Fatal(err)
	}
	body := func(inEpoch int) func(r *sim.Run) {
		return func(r *sim.Run) {
			r.Workload(func(fsys afero.Fs) error {
				err := writesOnce(fsys)
				if err != nil || r.Epoch() == inEpoch {
					r.Died(errors.New("the log can't be synced"))
				}
				return nil
			})
			r.Recover(func(afero.Fs) error { return nil })
		}
	}
	cfg := sim.Config{Runs: 20, Epochs: 2, Plan: plan, Promises: sim.Nothing, Corpus: "none"}
	sim.Test(t, cfg, body(0))
	message := failureOf(t, func(t sim.TB) { sim.Test(t, cfg, body(1)) })
	if !strings.Contains(message, "the log can't be synced; no fault had struck") {
		t.Errorf("an engine that ended itself for nothing:\n%s", message)
	}
}
