package campaign_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/sim/internal/toys"
	"powercut/sim/internal/toys/slots"
)

// elsewhere is a target whose canary is another file.
type elsewhere struct {
	toys.Slots
	path string
}

func (e elsewhere) CanaryPath() string { return e.path }

// An fsync that does nothing is noticed; where it can't be, the campaign says
// that it is blind.
func TestCanary(t *testing.T) {
	report, err := campaign.Campaign{Target: toys.Slots{Defect: slots.None}}.Canary()
	if err != nil || report.Law != toys.SlotsKept || report.Path != "*.new" || report.Runs == 0 {
		t.Errorf("%+v, %v", report, err)
	}
	if report, err := (campaign.Campaign{Target: toys.Words{}}).Canary(); err != nil || report != (campaign.CanaryReport{}) {
		t.Errorf("a target without a canary: %+v, %v", report, err)
	}
	blind := campaign.Campaign{Target: elsewhere{toys.Slots{Defect: slots.None}, "/nothing"}, Adjust: func(s *core.Scenario) {
		s.Workload, s.Settings.Epochs = toys.SlotsLoad{Puts: []toys.SlotsPut{{Slot: "a", Number: 1}}}, 1
	}}
	_, err = blind.Canary()
	if e, ok := errors.AsType[*campaign.CanaryError](err); !ok || e.Path != "/nothing" || !strings.Contains(err.Error(), "the harness is blind") {
		t.Errorf("a canary that nobody syncs: %v", err)
	}
	_, err = campaign.Campaign{Target: elsewhere{toys.Slots{}, "[a"}}.Canary()
	if err == nil || !strings.Contains(err.Error(), "the canary of slots-") {
		t.Errorf("a pattern that is none: %v", err)
	}
}

// Each sync and rename of the engine is missed if it never happens. One that only
// happens late is missed where something is promised in between.
func TestSabotage(t *testing.T) {
	kept, err := core.ParseCase(keptCase, func(string) core.Target { return toys.Slots{Defect: slots.None} })
	if err != nil {
		t.Fatal(err)
	}
	c := campaign.Campaign{Target: toys.Slots{Defect: slots.None}, Seeds: 30, CorpusCases: []*core.Case{kept}}
	sites := c.SyncSites(t.Context(), nil)
	told := 0
	verdicts := c.Sabotage(t.Context(), sites, func(campaign.Verdict) { told++ })
	if told != len(verdicts) || len(verdicts) != 2*len(sites) {
		t.Errorf("told of %d verdicts, got %d of %d sites", told, len(verdicts), len(sites))
	}
	var got []string
	for _, v := range verdicts {
		if !v.Tried || v.Runs == 0 {
			t.Errorf("%+v was not tried", v.Sabotage)
		}
		when := "never"
		if v.Late {
			when = "late"
		}
		got = append(got, fmt.Sprintf("%s %s: missed %v", v.Site.Op, when, v.Killed != nil))
	}
	want := []string{
		"rename never: missed true",
		"rename late: missed false", // the sync of the directory, which comes behind it, does it first
		"sync never: missed true",
		"sync late: missed false", // nothing is promised between it and the rename
		// That of Recover, on which only a second crash shows.
		"syncdir never: missed true",
		"syncdir late: missed false",
		// That of Put: its caller is told right after it.
		"syncdir never: missed true",
		"syncdir late: missed true",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what is missed when it never comes, or late (-want +got):\n%s", diff)
	}
}

// keptCase crashes behind a put that was acknowledged.
const keptCase = `powercut case 1
target slots-none
law slots-kept
profile posix
sector 512
seed 1
workload
	epoch 0 client 0 puts a 1
epoch
crash 9 power-cut posix lost=5
end
`
