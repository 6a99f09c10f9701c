package campaign_test

import (
	"sync/atomic"
	"testing"

	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/sim/internal/toys"
	"powercut/sim/internal/toys/slots"
)

// Each mistake of the toy engine is found, and the most frequent of its
// violations is blamed on the right kind of operation at the right place.
func TestCampaignNamesEachDefect(t *testing.T) {
	for _, test := range []struct {
		defect slots.Defect
		law    core.Law
		how    core.CulpritKind
		op     string // kind of the operation and name of the file, without which slot it is
		fun    string // where it was done
	}{
		{slots.None, "", "", "", ""},
		{slots.NoFileSync, toys.SlotsKept, core.CulpritLost, "write of /a1", "Store.write"},
		{slots.NoDirSync, toys.SlotsKept, core.CulpritLost, "rename of /a1.new to /a1", "Store.Put"},
		{slots.IgnoresError, toys.SlotsKept, core.CulpritFault, "sync of /b1.new", "Store.write"},
		{slots.Panics, core.NoPanic, core.CulpritPanic, "", "Store.Recover"},
		{slots.Forgets, toys.SlotsKept, core.CulpritCut, "close of /b1", "Store.Get"},
		{slots.EmptiesFirst, toys.SlotsKept, core.CulpritCut, "create of /a1", "Store.write"},
	} {
		t.Run(string(test.defect), func(t *testing.T) {
			const seeds = 100
			got, err := campaign.Campaign{Target: toys.Slots{Defect: test.defect}, Seeds: seeds}.InProcess(t.Context(), 0)
			if err != nil {
				t.Fatal(err)
			}
			var common campaign.Defect
			for _, d := range got.Defects {
				if d.Count > common.Count {
					common = d
				}
			}
			if test.law == "" {
				if common.Count > 0 {
					t.Fatalf("a sound engine is accused: %s\n%s", common.First, common.First.Case)
				}
				return
			}
			if common.Count == 0 {
				t.Fatal("nothing was found")
			}
			v := common.First
			if v.Law != test.law || v.Culprit.How != test.how || v.Culprit.Op != test.op || len(v.Culprit.Stack) == 0 || v.Culprit.Stack[0].Func != "sim/internal/toys/slots."+test.fun {
				t.Errorf("%d times %s, and it is said that the %s %s at %+v\n%s", common.Count, v, v.Culprit.Op, v.Culprit.How, v.Culprit.Stack, v.Case)
			}
		})
	}
}

// What several seeds found is one defect once it is made small, and the case
// that is left does only what matters.
func TestSummaryShrinks(t *testing.T) {
	got, err := campaign.Campaign{Target: toys.Slots{Defect: slots.NoDirSync}, Seeds: 20}.InProcess(t.Context(), 0)
	if err != nil || len(got.Defects) == 0 {
		t.Fatalf("%d defects, %v", len(got.Defects), err)
	}
	count, size := got.Defects[0].Count, got.Defects[0].First.Case.Size()
	var told atomic.Int64
	all := len(got.Defects)
	got.Shrink(t.Context(), 300, func(int) { told.Add(1) })
	if told.Load() != int64(all) {
		t.Errorf("told %d times that a defect is done, of %d", told.Load(), all)
	}
	if len(got.Defects) != 1 || got.Defects[0].Count != count {
		t.Fatalf("after shrinking: %+v", got.Defects)
	}
	v := got.Defects[0].First
	if small := v.Case.Size(); small.Steps != 1 || small.Epochs != 1 || small.Crashes != 1 || small.Choices != 0 {
		t.Errorf("%s became %s:\n%s", size, small, v.Case)
	}
	if again := core.Reproduce(v.Case, false); again.Violation == nil || again.Digest != v.Case.Digest {
		t.Errorf("the shrunk case doesn't repeat: %v, digest %s", again.Violation, again.Digest)
	}
}
