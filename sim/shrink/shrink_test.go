package shrink_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/sim/internal/golden"
	"powercut/sim/internal/toys"
	"powercut/sim/internal/toys/slots"
	"powercut/sim/shrink"
	"powercut/vfs"
)

// violation is the first that some seed of a target comes to, and suits.
func violation(t *testing.T, target core.Target, suits func(*core.Violation) bool) *core.Violation {
	t.Helper()
	for seed := range core.Seed(200) {
		if v := core.Execute(seed, target.Draw(seed.Streams()), false).Violation; v != nil && suits(v) {
			return v
		}
	}
	t.Fatalf("no seed of %s comes to such a violation", target.Name())
	return nil
}

// eachDefect calls f for each mistake of the toy engine, with its first violation that takes
// more than a step, and what is left of that.
func eachDefect(t *testing.T, f func(t *testing.T, target toys.Slots, v *core.Violation, small shrink.Shrunk)) {
	t.Helper()
	for _, defect := range slots.Defects {
		if defect == slots.None {
			continue
		}
		t.Run(string(defect), func(t *testing.T) {
			target := toys.Slots{Defect: defect}
			v := violation(t, target, func(v *core.Violation) bool { return v.Case.Size().Steps > 1 })
			small, err := shrink.Shrink(t.Context(), v.Case, 2000)
			if err != nil {
				t.Fatal(err)
			}
			f(t, target, v, small)
		})
	}
}

// long is true of a violation that there is something to shrink of.
func long(v *core.Violation) bool {
	size := v.Case.Size()
	return size.Steps > 2 && size.Choices > 0
}

// Of each mistake a seed makes a long case, of which only what matters is left:
// these are the files of testdata.
func TestShrink(t *testing.T) {
	for _, defect := range slots.Defects {
		if defect == slots.None {
			continue
		}
		t.Run(string(defect), func(t *testing.T) {
			target := toys.Slots{Defect: defect}
			v := violation(t, target, func(v *core.Violation) bool {
				return long(v) || defect == slots.IgnoresError && v.Case.Size().Steps > 1
			})
			got, err := shrink.Shrink(t.Context(), v.Case, 2000)
			if err != nil {
				t.Fatal(err)
			}
			if !got.Complete || got.Before != v.Case.Size() || got.After != got.Case.Size() || got.After.Steps >= got.Before.Steps {
				t.Errorf("complete %v after %d runs, from %s to %s", got.Complete, got.Runs, got.Before, got.After)
			}
			again := core.Reproduce(got.Case, false)
			if again.Violation == nil || again.Violation.Law != v.Law || again.Digest != got.Case.Digest {
				t.Errorf("the shrunk case gives %v, digest %s:\n%s", again.Violation, again.Digest, got.Case)
			}
			golden.Compare(t, string(defect)+".case", got.Case.String())
		})
	}
}

// A budget, and the end of a context, leave the simplest case so far.
func TestShrinkEndsEarly(t *testing.T) {
	v := violation(t, toys.Slots{Defect: slots.NoDirSync}, long)
	full, err := shrink.Shrink(t.Context(), v.Case, 2000)
	if err != nil {
		t.Fatal(err)
	}
	for _, budget := range []int{2, 5, 10} {
		got, err := shrink.Shrink(t.Context(), v.Case, budget)
		if err != nil || got.Complete || got.Case.Holds() || got.After.Steps < full.After.Steps {
			t.Errorf("with %d runs: %+v, %v", budget, got, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, err := shrink.Shrink(ctx, v.Case, 2000); err != nil || got.Complete || got.Runs > 1 {
		t.Errorf("ended before it began: %+v, %v", got, err)
	}
}

// A case that violates nothing is not shrunk, and its violation not told.
func TestNothingToShrink(t *testing.T) {
	v := violation(t, toys.Slots{Defect: slots.NoDirSync}, long)
	sound := v.Case.Clone()
	load := sound.Workload.(toys.SlotsLoad)
	load.Defect = slots.None
	sound.Workload = load
	if got, err := shrink.Shrink(t.Context(), sound, 2000); !errors.Is(err, shrink.ErrHolds) {
		t.Errorf("Shrink: %+v, %v", got, err)
	}
	what := v.What
	if err := shrink.Tell(v, sound); !errors.Is(err, shrink.ErrNotTold) || v.What != what {
		t.Errorf("Tell: %v, %q", err, v.What)
	}
	v.Case, v.Culprit = sound, core.Culprit{How: core.CulpritLost}
	if err := shrink.Settle(v); !errors.Is(err, shrink.ErrNotTold) {
		t.Errorf("Settle: %v", err)
	}
	if shrink.Blame(v); v.Culprit.How != core.CulpritNone || !v.Unrepeated {
		t.Errorf("Blame: %+v, unrepeated: %v", v.Culprit, v.Unrepeated)
	}
	v.Unrepeated = false
	if err := campaign.Settle(t.Context(), v, 10); !errors.Is(err, shrink.ErrHolds) || !v.Unrepeated {
		t.Errorf("a campaign's Settle: %v, unrepeated: %v", err, v.Unrepeated)
	}
	defect := campaign.DefectOf(v, 1)
	if again, err := defect.Violation(func(string) core.Target { return toys.Slots{} }); err != nil || !again.Unrepeated {
		t.Errorf("as a block keeps it: %+v, %v", again, err)
	}
}

// Settle leaves of what the crash took only what matters, on the mildest
// filesystem that does it; what the violation says is what its case does.
func TestSettle(t *testing.T) {
	for _, test := range []struct {
		defect  slots.Defect
		suits   func(v *core.Violation) bool
		profile vfs.Profile
	}{
		// A name that was never synced may be lost anywhere.
		{slots.NoDirSync, func(v *core.Violation) bool { return v.Profile == vfs.POSIX && len(v.Case.Epochs) == 1 }, vfs.Profiles()[0]},
		// What several epochs came to keeps its profile.
		{slots.NoDirSync, func(v *core.Violation) bool { return v.Profile == vfs.POSIX && len(v.Case.Epochs) == 2 }, vfs.POSIX},
	} {
		v := violation(t, toys.Slots{Defect: test.defect}, test.suits)
		if err := shrink.Settle(v); err != nil {
			t.Fatal(err)
		}
		if v.Profile != test.profile || v.Case.Profile != test.profile {
			t.Errorf("the mildest profile is %s, want %s:\n%s", v.Profile, test.profile, v.Case)
		}
		if v.Culprit.How != core.CulpritLost || v.Crashes[len(v.Crashes)-1].Lost == nil {
			t.Errorf("blamed: %+v", v.Culprit)
		}
		for _, choice := range v.Case.Epochs[len(v.Case.Epochs)-1].Crashes {
			for simpler := range choice.Choice.Simpler() {
				c := v.Case.Clone()
				c.Epochs[len(c.Epochs)-1].Crashes = []core.CrashPoint{{Step: choice.Step, Choice: simpler}}
				if !c.Holds() {
					t.Errorf("the crash need not lose all of %s: %s does", choice.Choice, simpler)
				}
			}
		}
		again := core.Reproduce(v.Case, false)
		if again.Violation == nil || again.Violation.What != v.What || again.Digest != v.Case.Digest {
			t.Errorf("the case does something else: %v", again.Violation)
		}
	}
}

// A case that violates its law on a mild profile is left there.
func TestMildestStays(t *testing.T) {
	v := violation(t, toys.Slots{Defect: slots.Panics}, func(v *core.Violation) bool {
		return v.Profile == vfs.POSIX && len(v.Case.Epochs) == 1 && len(v.Case.Epochs[0].Crashes) == 1
	})
	mild := shrink.Mildest(v.Case)
	if mild.Profile != vfs.Profiles()[0] || mild.Holds() {
		t.Errorf("on %s, holds: %v\n%s", mild.Profile, mild.Holds(), mild)
	}
	if again := shrink.Mildest(mild); again != mild {
		t.Errorf("the mildest became another case:\n%s", again)
	}
}

// Of several crashes in a row, the mildest profile is not a worse one than that of
// the first crash alone, if that is enough to violate the law.
func TestMildestOfSeveralCrashes(t *testing.T) {
	rank := func(c *core.Case) int { return slices.Index(vfs.Profiles(), c.Profile) }
	for _, defect := range []slots.Defect{slots.NoFileSync, slots.Panics} {
		t.Run(string(defect), func(t *testing.T) {
			var first *core.Case // its crash alone
			v := violation(t, toys.Slots{Defect: defect}, func(v *core.Violation) bool {
				if v.Profile != vfs.POSIX || len(v.Case.Epochs) > 1 || len(v.Case.Epochs[0].Crashes) < 2 {
					return false
				}
				first = v.Case.Clone()
				first.Epochs = slices.Clone(first.Epochs)
				first.Epochs[0].Crashes = first.Epochs[0].Crashes[:1]
				if first.Holds() {
					return false
				}
				first = shrink.Mildest(first)
				return first.Profile != vfs.POSIX
			})
			if mild := shrink.Mildest(v.Case); rank(mild) > rank(first) || mild.Holds() {
				t.Errorf("the first crash alone violates the law on %s, all of them on %s (holds: %v):\n%s", first.Profile, mild.Profile, mild.Holds(), mild)
			}
		})
	}
}

// A target whose workloads can't be made smaller keeps all of them.
func TestShrinkWhatIsNotReducible(t *testing.T) {
	v := violation(t, toys.Words{Unsound: true}, func(*core.Violation) bool { return true })
	got, err := shrink.Shrink(t.Context(), v.Case, 300)
	if err != nil || got.Case.Workload.String() != v.Case.Workload.String() || got.Case.Holds() {
		t.Errorf("%+v, %v", got, err)
	}
}

// Of several faults that strike, the first need not be the one that matters.
func TestShrinkFindsTheFault(t *testing.T) {
	for _, name := range []string{"an-error-before-it", "delays-around-it"} {
		text, err := os.ReadFile(filepath.Join("testdata", "faults", name+".case"))
		if err != nil {
			t.Fatal(err)
		}
		c, err := core.ParseCase(string(text), func(string) core.Target { return toys.Slots{Defect: slots.IgnoresError} })
		if err != nil {
			t.Fatal(err)
		}
		got, err := shrink.Shrink(t.Context(), c, 2000)
		if err != nil || got.After.Faults != 1 {
			t.Errorf("%s: %v, %s\n%s", name, err, got.After, got.Case)
		}
	}
}
