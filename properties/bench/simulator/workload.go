package simulator

import (
	"context"
	"fmt"

	"powercut/properties"
	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/vfs"
)

// Standard is the workload by which the simulator is measured: 20 entries of
// every kind from 3 clients, with a snapshot and a roll in between.
const Standard = `mode sync
epoch
	client push expression count hash snapshot push opaque:505 set:1
	client push big:2500 count roll push hash opaque:100
	client push set:2 count expression push hash push
`

// standardEntries is how many of its steps append.
const standardEntries = 20

// Scenario is the standard workload under the most hostile rules, without
// faults, with recoveries crashed to a depth.
func Scenario(depth int) core.Scenario {
	return ScenarioOf(Standard, depth)
}

// ScenarioOf is Scenario for another workload, as text.
func ScenarioOf(workload string, depth int) core.Scenario {
	w, err := properties.Journal.ParseWorkload(workload)
	if err != nil {
		panic(err) // the text is ours
	}
	return core.Scenario{Target: properties.Journal.Name(), Workload: w, Settings: core.Settings{Profile: vfs.POSIX, Depth: depth}}
}

// Counts are what runs did, of whatever kind they were.
type Counts struct {
	Runs, Images, ImagesSkipped, Operations uint64
}

// Add adds what others did.
func (c *Counts) Add(o Counts) {
	c.Runs += o.Runs
	c.Images += o.Images
	c.ImagesSkipped += o.ImagesSkipped
	c.Operations += o.Operations
}

// seeds is how many seeds the standard workload is run with in turn, so that
// its rate is not that of one schedule.
const seeds = 16

// RunStandard runs the standard workload once. The nth run has the nth seed, and
// after the last one the first.
func RunStandard(scenario core.Scenario, n uint64) Counts {
	result := core.Execute(core.Seed(n%seeds), scenario, false)
	if result.Violation != nil {
		panic(fmt.Sprintf("simulator: the journal broke a law: %v", result.Violation))
	}
	return Counts{1, result.Images, result.ImagesSkipped, result.Operations}
}

// campaign is one without an end: what is measured are its blocks.
var journalCampaign = campaign.Campaign{Target: properties.Journal}

// RunBlock runs a block of a campaign's seeds, with the workloads, faults and
// settings that each draws.
func RunBlock(ctx context.Context, index uint64) (campaign.Block, error) {
	b, err := journalCampaign.RunBlock(ctx, index, campaign.BlockOptions{})
	if err == nil && len(b.Defects) > 0 {
		err = fmt.Errorf("simulator: the journal broke a law: %s", b.Defects[0].What)
	}
	return b, err
}

// countsOf takes from a block what is measured.
func countsOf(b *campaign.Block) Counts {
	return Counts{b.Runs, b.Images, b.ImagesSkipped, b.Operations}
}

// Uncrashed is a case of a workload that is never crashed: its run is what the
// clients do, and nothing else.
func Uncrashed(workload string) *core.Case {
	s := ScenarioOf(workload, 0)
	return &core.Case{Target: s.Target, Workload: s.Workload, Sector: 512, Epochs: []core.CaseEpoch{{}}}
}

// reproductions is how often core.Reproduce runs a case that holds: once for its
// own law, and once for all others.
const reproductions = 2
