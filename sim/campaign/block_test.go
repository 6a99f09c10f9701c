package campaign_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/sim/internal/toys"
	"powercut/sim/internal/toys/slots"
)

// few leaves a run few crash points, where it is not them that a test is about.
func few(s *core.Scenario) { s.Settings.Points, s.Settings.Depth = 6, 0 }

// A campaign's blocks, run one by one, kept as JSON and added up in any order,
// come to what it finds in one go.
func TestBlocksAddUp(t *testing.T) {
	target := toys.Slots{Defect: slots.NoDirSync}
	c := campaign.Campaign{Target: target, First: 5, Seeds: campaign.BlockSeeds + 3, Adjust: few}
	var kept []string
	for index := range c.Blocks() {
		b, err := c.RunBlock(t.Context(), index, campaign.BlockOptions{})
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, string(text))
	}
	var first *campaign.Summary
	for range 2 {
		totals := campaign.NewTotals(target)
		for _, text := range kept {
			var b campaign.Block
			if err := json.Unmarshal([]byte(text), &b); err != nil {
				t.Fatal(err)
			}
			if err := totals.Add(&b); err != nil {
				t.Fatal(err)
			}
		}
		got := totals.Summary()
		if got.Runs != c.Seeds || len(got.Defects) == 0 || got.Defects[0].First.Seed < c.First {
			t.Fatalf("%d runs, defects: %+v", got.Runs, got.Defects)
		}
		if first == nil {
			first = got
		}
		if first.Digest != got.Digest || len(first.Defects) != len(got.Defects) || first.Defects[0].First.Seed != got.Defects[0].First.Seed {
			t.Errorf("in the other order: %+v, want %+v", got, first)
		}
		slices.Reverse(kept)
	}
}

// The shards of a campaign have all of its seeds between them.
func TestShards(t *testing.T) {
	for _, seeds := range []uint64{1, 63, 64, 65, 1000} {
		c := campaign.Campaign{Seeds: seeds}
		for shards := uint64(1); shards < 5; shards++ {
			sum := uint64(0)
			for shard := uint64(1); shard <= shards; shard++ {
				sum += c.SeedsOfShard(shard, shards)
			}
			if sum != seeds {
				t.Errorf("%d seeds, %d shards: %d", seeds, shards, sum)
			}
		}
	}
	if n := (campaign.Campaign{}).SeedsOf(1 << 40); n != campaign.BlockSeeds {
		t.Errorf("a block of a campaign without end has %d seeds", n)
	}
}

// Behind the pilot, seeds that reach something new are varied; runs that are to be
// skipped are not run, and each run is announced.
func TestBlockVariesAndSkips(t *testing.T) {
	c := campaign.Campaign{Target: toys.Slots{Defect: slots.None}, Adjust: few}
	var ran []campaign.Death
	options := campaign.BlockOptions{Known: core.Coverage{}, Skip: []campaign.Death{{Seed: 2*campaign.BlockSeeds + 1}},
		Started: func(seed core.Seed, n uint64) { ran = append(ran, campaign.Death{Seed: seed, Variation: n}) }}
	b, err := c.RunBlock(t.Context(), campaign.PilotBlocks, options)
	if err != nil || b.Varied == 0 || b.Runs != uint64(len(ran)) || len(b.Defects) > 0 {
		t.Fatalf("%d runs, %d of them varied, %d announced, %v: %v", b.Runs, b.Varied, len(ran), b.Defects, err)
	}
	if ran[0].Seed != 2*campaign.BlockSeeds || ran[1].Seed != ran[0].Seed+2 {
		t.Errorf("ran %v", ran[:2])
	}
	if again, err := c.RunBlock(t.Context(), campaign.PilotBlocks, options); err != nil || again.Digest != b.Digest {
		t.Errorf("the second time the digest is %s, want %s: %v", again.Digest, b.Digest, err)
	}
	pilot, err := c.RunBlock(t.Context(), 0, campaign.BlockOptions{Known: core.Coverage{}})
	if err != nil || pilot.Varied != 0 {
		t.Errorf("the pilot varied %d: %v", pilot.Varied, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.RunBlock(ctx, 0, campaign.BlockOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended before it began: %v", err)
	}
}

// A variation draws one of the streams anew, and the others as the seed has them.
func TestVary(t *testing.T) {
	target := toys.Slots{Defect: slots.None}
	plain := target.Draw(core.Seed(7).Streams())
	own, first := campaign.Vary(target, 7, 1)
	_, second := campaign.Vary(target, 7, 2)
	if own == 7 || first.Workload.String() == plain.Workload.String() || first.Plan.String() != plain.Plan.String() {
		t.Errorf("variation 1 keeps the workload:\n%s", first.Workload)
	}
	if second.Workload.String() != plain.Workload.String() || second.Plan.String() == plain.Plan.String() {
		t.Errorf("variation 2 keeps the faults:\n%s", second.Plan)
	}
}

// Runs that took their process with them are told in order, and count in the
// digest unless a clock ended them.
func TestDeaths(t *testing.T) {
	summary := func(deaths ...campaign.Death) *campaign.Summary {
		totals := campaign.NewTotals(toys.Words{})
		if err := totals.Add(&campaign.Block{Deaths: deaths}); err != nil {
			t.Fatal(err)
		}
		return totals.Summary()
	}
	a, b := campaign.Death{Seed: 9, Output: "fatal error"}, campaign.Death{Seed: 3, Variation: 2}
	hang := campaign.Death{Seed: 4, Hang: true}
	got := summary(a, hang, b)
	if diff := cmp.Diff([]campaign.Death{b, hang, a}, got.Deaths); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.Digest == summary().Digest || got.Digest != summary(b, a).Digest {
		t.Errorf("digest %s, without the hang %s, without any %s", got.Digest, summary(b, a).Digest, summary().Digest)
	}
}

// A block whose case can't be read adds nothing, and the error says which it is.
func TestBlockOfAnotherTarget(t *testing.T) {
	b := campaign.Block{Index: 3, Tally: campaign.Tally{Runs: 64}, Defects: []campaign.BlockDefect{{Count: 1, Case: "powercut case 1\ntarget other\n"}}}
	totals := campaign.NewTotals(toys.Words{})
	err := totals.Add(&b)
	if e, ok := errors.AsType[*core.ForeignError](err); !ok || !strings.Contains(err.Error(), "block 3") || e.Reason == "" {
		t.Errorf("%v", err)
	}
	if got := totals.Summary(); got.Runs != 0 {
		t.Errorf("%d runs were added", got.Runs)
	}
}

// The first error of a runner ends all, and so does one of whoever takes the
// blocks; blocks in progress are not handed over then.
func TestRunBlocksEnds(t *testing.T) {
	broken := errors.New("broken")
	endless := func() func() (uint64, bool) {
		next := uint64(0)
		return func() (uint64, bool) { next++; return next, true }
	}
	fine := func(_ context.Context, index uint64) (campaign.Block, error) {
		return campaign.Block{Index: index}, nil
	}
	fails := func(_ context.Context, index uint64) (campaign.Block, error) { return campaign.Block{}, broken }
	if err := campaign.RunBlocks(t.Context(), []campaign.BlockRunner{fine, fails}, endless(), func(campaign.Block) error { return nil }); !errors.Is(err, broken) {
		t.Errorf("a runner that fails: %v", err)
	}
	handed := 0
	err := campaign.RunBlocks(t.Context(), []campaign.BlockRunner{fine, fine}, endless(), func(campaign.Block) error { handed++; return broken })
	if !errors.Is(err, broken) || handed != 1 {
		t.Errorf("a taker that fails: %v, after %d blocks", err, handed)
	}
}
