package campaign_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"powercut/sim/campaign"
	"powercut/sim/internal/toys"
)

// The same seeds give the same summary, however many run at once.
func TestCampaignIsDeterministic(t *testing.T) {
	var first *campaign.Summary
	for _, workers := range []int{1, 2, 5} {
		got, err := campaign.Campaign{Target: toys.Words{}, Seeds: 140}.InProcess(t.Context(), workers)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Defects) > 0 {
			t.Fatalf("a sound program is accused: %v\n%s", got.Defects[0].First, got.Defects[0].First.Case)
		}
		if got.Runs != 140 || got.Images == 0 || got.RunsRechecked == 0 || len(got.Coverage) == 0 {
			t.Errorf("runs %d, images %d, rechecked %d, coverage %d", got.Runs, got.Images, got.RunsRechecked, len(got.Coverage))
		}
		if first == nil {
			first = got
		}
		if diff := cmp.Diff(first, got, cmpopts.IgnoreFields(campaign.Summary{}, "Duration")); diff != "" {
			t.Errorf("with %d workers (-first +got):\n%s", workers, diff)
		}
	}
}

// A program that forgets its syncs is caught, and one defect is one line.
func TestCampaignFindsDefects(t *testing.T) {
	got, err := campaign.Campaign{Target: toys.Words{Unsound: true}, Seeds: 60}.InProcess(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Defects) != 1 || got.Defects[0].Count < 2 || got.Defects[0].First.Law != "words-kept" {
		t.Fatalf("defects: %+v", got.Defects)
	}
	if v := got.Defects[0].First; v.Case == nil || v.Seed >= 60 {
		t.Errorf("the violation names no case or another seed: %+v", v)
	}
}

// A run that its seed doesn't decide fails the campaign, with both traces.
func TestCampaignFindsNondeterminism(t *testing.T) {
	calls := uint64(0)
	noisy := toys.Words{Noise: func() uint64 { calls++; return calls }}
	_, err := campaign.Campaign{Target: noisy, Seeds: campaign.BlockSeeds}.InProcess(t.Context(), 1)
	broken, ok := errors.AsType[*campaign.NondeterminismError](err)
	if !ok {
		t.Fatalf("got %v, want a NondeterminismError", err)
	}
	if len(broken.First) == 0 || len(broken.Second) == 0 || broken.Index < 0 || !strings.Contains(err.Error(), "ran differently") {
		t.Errorf("%d and %d events, the first that differs is %d: %v", len(broken.First), len(broken.Second), broken.Index, err)
	}
}
