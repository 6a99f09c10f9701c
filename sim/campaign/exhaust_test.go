package campaign_test

import (
	"context"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"powercut/faults"
	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/sim/internal/toys"
	"powercut/sim/internal/toys/slots"
	"powercut/vfs"
)

// exploration is everything that two puts may come to.
func exploration(defect slots.Defect) campaign.Exploration {
	return campaign.Exploration{
		Target: toys.Slots{}.Name(),
		Workloads: []core.Workload{
			toys.SlotsLoad{Defect: defect, Puts: []toys.SlotsPut{{Slot: "a", Number: 1}}},
			toys.SlotsLoad{Defect: defect, Puts: []toys.SlotsPut{{Slot: "a", Number: 1}, {Slot: "a", Number: 2}}},
		},
		Faults: failedSyncs, Profile: vfs.POSIX, Depth: 1,
	}
}

// failedSyncs lets an fsync fail and drop what it was to write.
func failedSyncs(op vfs.Op) iter.Seq[faults.Plan] {
	return func(yield func(faults.Plan) bool) {
		if op.Kind == vfs.OpSync {
			yield(faults.Plan{Rules: []faults.Rule{{Kind: faults.DropClean, FirstSeq: op.Seq, LastSeq: op.Seq}}})
		}
	}
}

// An exploration finds each mistake that a crash or a failed fsync brings out, and
// accuses nobody else.
func TestExplorationFindsEachDefect(t *testing.T) {
	for _, test := range []struct {
		defect slots.Defect
		law    core.Law
	}{
		{slots.None, ""}, {slots.NoFileSync, toys.SlotsKept}, {slots.NoDirSync, toys.SlotsKept}, {slots.IgnoresError, toys.SlotsKept},
		{slots.Panics, core.NoPanic}, {slots.Forgets, toys.SlotsKept}, {slots.EmptiesFirst, toys.SlotsKept},
	} {
		t.Run(string(test.defect), func(t *testing.T) {
			got := exploration(test.defect).Run(t.Context())
			law := core.Law("")
			if got.Violation != nil {
				law = got.Violation.Law
			}
			if law != test.law || got.Complete != (test.law == "") {
				t.Errorf("violates %q, complete %v; want %q\n%v", law, got.Complete, test.law, got.Violation)
			}
		})
	}
}

// An exploration of a sound engine is complete, and comes to the same each time;
// a bound on the images is told.
func TestExplorationIsTheSameEachTime(t *testing.T) {
	told := 0
	e := exploration(slots.None)
	e.Progress = func(campaign.Explored) { told++ }
	first := e.Run(t.Context())
	if !first.Complete || first.Workloads != 2 || first.Runs != 5 || first.Runs != first.Total || first.Struck != 3 || told != 5 {
		t.Errorf("told of %d times: %+v", told, first)
	}
	if first.Distinct == 0 || first.Distinct > first.Images {
		t.Errorf("%d of %d images are distinct", first.Distinct, first.Images)
	}
	again := exploration(slots.None).Run(t.Context())
	if diff := cmp.Diff(first, again, cmpopts.IgnoreFields(campaign.Explored{}, "Points")); diff != "" {
		t.Errorf("the second time (-first +second):\n%s", diff)
	}
	e.MaxImages = 1
	if bounded := e.Run(t.Context()); bounded.Capped == 0 || bounded.Complete || bounded.Distinct >= first.Distinct {
		t.Errorf("with a bound of one image: %+v", bounded)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if ended := exploration(slots.None).Run(ctx); ended.Complete || ended.Runs > 0 {
		t.Errorf("ended before it began: %+v", ended)
	}
}
