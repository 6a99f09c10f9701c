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
