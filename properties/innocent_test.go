package properties

import (
	"errors"
	"os"
	"testing"

	"powercut/properties/engines"
	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/vfs"
)

// A journal that does everything in the safest way is accused of nothing.
func TestPessimalIsNeverAccused(t *testing.T) {
	seeds := uint64(300)
	if os.Getenv("POWERCUT_SOAK") != "" {
		seeds = 20_000
	}
	summary, err := campaign.Campaign{Target: pessimalTarget, First: 1, Seeds: seeds}.InProcess(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range summary.Defects {
		t.Errorf("%d times: %v\n%s\n%s", d.Count, d.First, d.First.Diff, d.First.Case)
	}
}

// Each target's canary dies.
func TestCanariesDie(t *testing.T) {
	for _, target := range targets {
		canary, err := campaign.Campaign{Target: target, First: 1}.Canary()
		if err != nil || canary.Path == "" || canary.Law == "" || canary.Runs == 0 {
			t.Errorf("%s: %+v, %v", target.Name(), canary, err)
		}
	}
}

// A campaign that can't notice an fsync that does nothing says so, and proves
// nothing.
func TestBlindCampaign(t *testing.T) {
	blind := blindDriver{Journal.driver}
	_, err := campaign.Campaign{Target: Target{blind}, First: 1, Adjust: quick}.Canary()
	if ce, ok := errors.AsType[*campaign.CanaryError](err); !ok || ce.Path != "no-such-file" {
		t.Errorf("got %v, want a *CanaryError", err)
	}
}

// blindDriver has its canary ignore the syncs of a file that is not there.
type blindDriver struct{ engines.Driver }

func (b blindDriver) Capabilities() engines.Capabilities {
	can := b.Driver.Capabilities()
	can.SyncedFile = "no-such-file"
	return can
}

// quick makes a run as short as it gets.
func quick(s *core.Scenario) {
	s.Settings.Profile, s.Settings.Points, s.Settings.ImagesPerPoint, s.Settings.Depth = vfs.Ext4, 1, 1, 0
}

// An exploration is complete, finds nothing wrong with the sound journal, and
// is the same each time.
func TestExploration(t *testing.T) {
	explore := func(steps, depth int, faults bool) campaign.Explored {
		e := campaign.Exploration{Target: Journal.Name(), Workloads: Journal.AllWorkloads(steps), Profile: vfs.POSIX, Depth: depth}
		if faults {
			e.Faults = SingleFaults
		}
		return e.Run(t.Context())
	}
	for _, c := range []struct {
		steps, depth int
		faults       bool
	}{{1, 1, false}, {0, 0, true}} {
		found := explore(c.steps, c.depth, c.faults)
		if found.Violation != nil || !found.Complete || found.Distinct == 0 {
			t.Errorf("%+v: %+v", c, found)
		}
		if again := explore(c.steps, c.depth, c.faults); again.Digest != found.Digest || again.Images != found.Images || again.Distinct != found.Distinct {
			t.Errorf("%+v: the second time %+v, the first %+v", c, again, found)
		}
	}
}

// An exploration of the original finds what is wrong with it.
func TestExplorationFindsDefects(t *testing.T) {
	e := campaign.Exploration{Target: Original.Name(), Workloads: Original.AllWorkloads(1), Profile: vfs.POSIX}
	if found := e.Run(t.Context()); found.Violation == nil || found.Complete {
		t.Errorf("got %+v, want a violation", found)
	}
}

// A sync that matters is missed, whether it does nothing or comes too late.
func TestSabotageIsMissed(t *testing.T) {
	campaign := campaign.Campaign{Target: pessimalTarget, First: 1, Seeds: 55}
	verdicts := campaign.Sabotage(t.Context(), campaign.SyncSites(t.Context(), nil), nil)
	if len(verdicts) == 0 {
		t.Fatal("no site was found")
	}
	for _, v := range verdicts {
		if v.Killed == nil && !v.Late && v.Runs > 50 {
			t.Errorf("nobody missed %s in %d runs: %s", v.Site.Op, v.Runs, v.Site.Chain)
		}
	}
}
