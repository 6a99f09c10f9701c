package sim

import (
	"testing"

	"powercut/vfs"
)

// What a failure says to paste runs the same again: nothing of the
// configuration may be missing.
func TestRepeatConfig(t *testing.T) {
	got := repeatConfig(Config{Runs: 200, Profile: vfs.XFS, Epochs: 2, Images: 3, Points: 9, Depth: 1, StepBudget: 500}, 77)
	want := "Seed: 77, Runs: 1, Profile: 4 /* xfs */, Epochs: 2, Images: 3, Points: 9, Depth: 1, StepBudget: 500"
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
