package properties

import (
	"testing"

	"powercut/sim/campaign"
)

// What a campaign says of faults is what the words mean: of the rules that were
// scheduled some fired, and those struck so many of the operations that they
// matched. A rule that strikes many operations fired once.
func TestFaultCounts(t *testing.T) {
	seeds, counted := uint64(60), targets
	if testing.CoverMode() != "" {
		seeds, counted = 250, targets[:1] // TestWorkloadsReachTheAPI asks what these reach of the journal
	}
	again := false
	for _, target := range counted {
		summary, err := campaign.Campaign{Target: target, First: 1, Seeds: seeds}.InProcess(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		for kind, n := range summary.Faults {
			if n.Fired > n.Scheduled || n.Struck > n.Matched || n.Struck < n.Fired || n.Struck > 0 && n.Fired == 0 {
				t.Errorf("%s, %s: %d of %d scheduled fired, %d of %d matched were struck", target.Name(), kind, n.Fired, n.Scheduled, n.Struck, n.Matched)
			}
			again = again || n.Struck > n.Scheduled
		}
	}
	if !again {
		t.Error("no kind struck more operations than it has rules: this test can't tell the two apart")
	}
}
