package core_test

import (
	"strings"
	"testing"

	"powercut/sim/core"
	"powercut/sim/internal/toys"
	"powercut/sim/internal/toys/slots"
)

// slotsCase reads a case of one epoch about an engine with a defect: the puts,
// and what ends the epoch.
func slotsCase(t *testing.T, defect slots.Defect, law core.Law, puts, epoch string) *core.Case {
	t.Helper()
	target := toys.Slots{Defect: defect}
	text := "powercut case 1\ntarget " + target.Name() + "\nlaw " + string(law) + "\nprofile posix\nsector 512\nseed 1\nworkload\n" + puts + "epoch\n" + epoch + "end\n"
	c, err := core.ParseCase(text, func(string) core.Target { return target })
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return c
}

// A recovery that is crashed before it changed anything leaves the image that it
// began with. It is judged all the same: nothing else of the case is.
func TestCrashThatChangesNothingIsJudged(t *testing.T) {
	c := slotsCase(t, slots.Panics, core.NoPanic, "\tepoch 0 client 0 puts a 1\n", "crash 2 power-cut posix\ncrash 1 power-cut posix\n")
	result := c.Follow(core.Probe{Law: c.Law})
	if v := result.Violation; v == nil || !strings.Contains(v.What, "what is /a0.new?") {
		t.Errorf("got %v after %d images (%d skipped)", v, result.Images, result.ImagesSkipped)
	}
}

const onePut = "\tepoch 0 client 0 puts a 1\n"

// A case that no longer comes to its crash, or to an image that may be, says so;
// "nearest" takes the image that comes next to it.
func TestMissed(t *testing.T) {
	for _, test := range []struct {
		name, epoch      string
		missed, violated bool
	}{
		{"the rename is lost", "crash 6 power-cut posix lost=5\n", false, true},
		{"nothing is lost", "crash 6 power-cut posix\n", false, false},
		{"the crash is beyond the end", "crash 70 power-cut posix lost=5\n", true, false},
		{"nothing was pending of what is lost", "crash 6 power-cut posix lost=40\n", true, false},
		{"that again, and the nearest image", "crash 6 nearest power-cut posix lost=40\n", false, false},
		{"the second crash is beyond the recovery", "crash 6 power-cut posix\ncrash 50 power-cut posix\n", true, false},
		{"no crash at all", "", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := slotsCase(t, slots.NoDirSync, toys.SlotsKept, onePut, test.epoch)
			result := core.Reproduce(c, false)
			if result.Missed != test.missed || (result.Violation != nil) != test.violated {
				t.Errorf("missed: %v, violation: %v", result.Missed, result.Violation)
			}
			if c.Holds() == test.violated {
				t.Errorf("holds: %v", c.Holds())
			}
		})
	}
}

// A case is about its own law. Only if that holds does another one count.
func TestReproduceAnotherLaw(t *testing.T) {
	c := slotsCase(t, slots.NoDirSync, core.Works, onePut, "crash 6 power-cut posix lost=5\n")
	if !c.Holds() {
		t.Error("the workload fails by itself")
	}
	if v := core.Reproduce(c, false).Violation; v == nil || v.Law != toys.SlotsKept {
		t.Errorf("got %v", v)
	}
}

// Where an image is not lawful any more, a lenient explorer takes the nearest.
func TestLenient(t *testing.T) {
	c := slotsCase(t, slots.NoDirSync, toys.SlotsKept, onePut, "crash 6 power-cut posix lost=5,40\n")
	if v := c.Follow(core.Probe{}).Violation; v != nil {
		t.Fatalf("the image is lawful: %v", v)
	}
	if v := c.NewRun(&core.CaseExplorer{Case: c, Lenient: true}, core.Probe{}).Execute().Violation; v == nil {
		t.Error("the nearest image has the rename")
	}
}

// What is recorded of a violation in a later epoch is all of the run before it:
// what struck, who went on, and the crash that ended each epoch.
func TestEpochsAreRecorded(t *testing.T) {
	several := 0
	for _, v := range violations(toys.Slots{Defect: slots.NoDirSync}, 60) {
		if len(v.Case.Epochs) < 2 {
			continue
		}
		several++
		crashes := 0
		for i, e := range v.Case.Epochs {
			if last := i == len(v.Case.Epochs)-1; !last && len(e.Crashes) > 1 {
				t.Errorf("seed %s: epoch %d ends with %d crashes", v.Seed, i, len(e.Crashes))
			}
			crashes += len(e.Crashes)
		}
		if len(v.Crashes) < crashes {
			t.Errorf("seed %s: %d crashes are told of, and there were %d", v.Seed, len(v.Crashes), crashes)
		}
		if core.Reproduce(v.Case, false).Violation == nil {
			t.Errorf("seed %s: nothing is violated by\n%s", v.Seed, v.Case)
		}
	}
	if several == 0 {
		t.Error("no violation in a second epoch")
	}
}
