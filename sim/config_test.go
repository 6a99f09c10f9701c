package sim_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/spf13/afero"

	"powercut/faults"
	"powercut/sim"
	"powercut/vfs"
)

// outcomeOf runs a test and returns what it fails with, "" if it passes.
func outcomeOf(test func(sim.TB)) string {
	f := &failing{}
	func() {
		defer func() {
			if p := recover(); p != nil && p != any(f) {
				panic(p)
			}
		}()
		test(f)
	}()
	return f.message
}

// Whatever a field of a Config says, the test is run with it, or fails with the
// name of the field; it neither panics nor passes without a run.
func TestConfigExtremes(t *testing.T) {
	rule := faults.Rule{Kind: 200}
	for _, test := range []struct {
		name   string
		config sim.Config
		refuse string // what the refusal says; "": it runs
	}{
		{"runs negative", sim.Config{Corpus: "none", Runs: -1}, "Runs: want 0, for the default, or more; got -1"},
		{"runs lowest", sim.Config{Corpus: "none", Runs: math.MinInt}, "Runs: "},
		{"runs huge", sim.Config{Corpus: "none", Runs: math.MaxInt}, ""},
		{"seed huge", sim.Config{Corpus: "none", Seed: math.MaxUint64, Runs: 2}, ""},
		{"profile that is none", sim.Config{Corpus: "none", Profiles: []vfs.Profile{99}}, "Profiles: 99 is none"},
		{"profile huge", sim.Config{Corpus: "none", Profiles: []vfs.Profile{vfs.POSIX, math.MaxUint8}}, "Profiles: 255 is none"},
		{"plan that is not valid", sim.Config{Corpus: "none", Plan: faults.Plan{Rules: []faults.Rule{rule}}}, "Plan: "},
		{"epochs negative", sim.Config{Corpus: "none", Epochs: -1}, "Epochs: "},
		{"epochs many", sim.Config{Corpus: "none", Epochs: 1000, Runs: 1, Points: 1, Images: 1}, ""},
		{"epochs huge", sim.Config{Corpus: "none", Epochs: math.MaxInt}, "Epochs: want at most 1000, got "},
		{"images negative", sim.Config{Corpus: "none", Images: -1}, "Images: "},
		{"images many", sim.Config{Corpus: "none", Images: 1000, Runs: 1, Points: 1}, ""},
		{"images huge", sim.Config{Corpus: "none", Images: math.MaxInt}, "Images: want at most 1000, got "},
		{"points negative", sim.Config{Corpus: "none", Points: -1}, "Points: "},
		{"points huge", sim.Config{Corpus: "none", Points: math.MaxInt, Runs: 2}, ""},
		{"depth negative", sim.Config{Corpus: "none", Depth: -1}, "Depth: "},
		{"depth 3", sim.Config{Corpus: "none", Depth: 3, Runs: 5}, ""},
		{"depth huge", sim.Config{Corpus: "none", Depth: math.MaxInt, Runs: 5}, ""},
		{"budget of one operation", sim.Config{Corpus: "none", StepBudget: 1}, ""},
		{"budget huge", sim.Config{Corpus: "none", StepBudget: math.MaxUint64, Runs: 2}, ""},
		{"workers negative", sim.Config{Corpus: "none", Workers: -1}, "Workers: "},
		{"sectors odd", sim.Config{Corpus: "none", SectorBytes: 100}, "SectorBytes: want 512 or 4096, got 100"},
		{"plan and mix", sim.Config{Corpus: "none", Faults: &faults.Mix{}, Plan: faults.Plan{Rules: []faults.Rule{{Kind: faults.WriteError}}}}, "Faults and Plan: "},
		{"promises odd", sim.Config{Corpus: "none", Promises: 9}, "Promises: "},
		{"patience negative", sim.Config{Corpus: "none", HangAfter: -1}, "HangAfter: "},
		{"patience lowest", sim.Config{Corpus: "none", HangAfter: math.MinInt64}, "HangAfter: "},
		{"patience short", sim.Config{Corpus: "none", HangAfter: 1, Runs: 5}, "any"},
		{"patience huge", sim.Config{Corpus: "none", HangAfter: time.Duration(math.MaxInt64), Runs: 2}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			runs := 0
			if test.config.Workers == 0 {
				test.config.Workers = 1
			}
			if test.config.Promises == 0 {
				test.config.Promises = sim.Nothing
			}
			message := outcomeOf(func(t sim.TB) {
				sim.Test(t, test.config, func(r *sim.Run) {
					runs++
					r.Workload(func(fs afero.Fs) error { return afero.WriteFile(fs, "/f", []byte("x"), 0o644) })
					r.Recover(func(fs afero.Fs) error {
						if _, err := afero.ReadDir(fs, "/"); err != nil {
							return err
						}
						if test.config.Runs == math.MaxInt && runs == 3 {
							return fmt.Errorf("enough")
						}
						return nil
					})
				})
			})
			switch {
			case test.refuse == "any": // a hang may be suspected, nothing worse
				if message != "" && !strings.Contains(message, "progress: suspected hang") {
					t.Errorf("got %q", message)
				}
			case test.refuse != "":
				if want := "powercut: sim.Config of TestToy: " + test.refuse; !strings.HasPrefix(message, want) || runs > 0 {
					t.Errorf("after %d runs got %q, want none and %q…", runs, message, want)
				}
			case test.config.StepBudget == 1:
				if !strings.Contains(message, "progress: more than 1 operations") {
					t.Errorf("got %q, want the budget in it", message)
				}
			case test.config.Runs == math.MaxInt:
				if !strings.Contains(message, "recovers: enough") {
					t.Errorf("got %q, want the violation of the third run", message)
				}
			case message != "" || runs == 0:
				t.Errorf("after %d runs: %s", runs, message)
			}
		})
	}
}

// climb is a recovery that makes one file more each time, and fails when it finds
// as many as top.
func climb(fs afero.Fs, top int) error {
	infos, err := afero.ReadDir(fs, "/")
	if err != nil {
		return err
	}
	steps := 0
	for _, info := range infos {
		if strings.HasPrefix(info.Name(), "step") {
			steps++
		}
	}
	if steps >= top {
		return fmt.Errorf("found %d steps", steps)
	}
	f, err := fs.Create(fmt.Sprintf("/step%d", steps))
	if err != nil {
		return err
	}
	dir, err := fs.Open("/")
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close(), f.Close())
}

// A violation is found and told at every depth: the message names each crash that
// led to it by its kind and by what it struck, and the seed that repeats it.
func TestViolationsAtEveryDepth(t *testing.T) {
	for _, epochs := range []int{1, 3} {
		for depth := range 5 {
			if epochs > 1 && depth%2 == 1 {
				continue // what an epoch changes is not a matter of the depth
			}
			t.Run(fmt.Sprintf("epochs %d depth %d", epochs, depth), func(t *testing.T) {
				t.Parallel()
				config := sim.Config{Corpus: "none", Workers: 1, Depth: depth, Epochs: epochs, Runs: 300}
				message := failureOf(t, func(t sim.TB) {
					sim.Test(t, config, func(r *sim.Run) {
						r.Workload(func(fs afero.Fs) error { return afero.WriteFile(fs, "/f", []byte("x"), 0o644) })
						r.Recover(func(fs afero.Fs) error { return climb(fs, depth) })
					})
				})
				levels := []string{"the workload", "the recovery", "the recovery after that", "recovery number 3 in a row",
					"recovery number 4 in a row"}
				for i, level := range levels {
					named := false
					for _, kind := range []vfs.CrashKind{vfs.PowerCut, vfs.ProcessCrash} {
						for line := range strings.Lines(message) {
							named = named || strings.HasPrefix(line, kind.String()+" ") &&
								(strings.HasSuffix(line, " of "+level+"\n") || strings.Contains(line, " of "+level+" in epoch "))
						}
					}
					if named != (i <= depth) {
						t.Errorf("a crash of %s is named: %v, want %v:\n%s", level, named, i <= depth, message)
					}
				}
				if !strings.Contains(message, "to repeat it: go test powercut/sim -run ") {
					t.Errorf("the message doesn't say how to repeat it:\n%s", message)
				}
			})
		}
	}
}
