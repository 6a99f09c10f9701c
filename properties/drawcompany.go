package properties

import (
	"fmt"

	"powercut/faults"
	"powercut/sim/core"
)

// drawCompany draws what only a whole journal is asked to put up with, or leaves the
// plan as it is: readers in the middle of rolls, a directory that can't be opened or
// synced, and operations that stay in flight.
func (t Target) drawCompany(src core.Source, w *workload, plan faults.Plan) faults.Plan {
	if !t.can().Whole {
		return plan
	}
	switch core.Intn(src, 7) {
	case 0, 1:
		t.drawFollowers(src, w)
		if core.OneIn(src, 2) {
			plan = faults.Plan{}
		}
	case 2:
		plan = t.drawUnopened(src, w)
	case 3:
		plan = t.drawStall(src, w, plan)
	case 4:
		plan = drawNoDirSync(src, w)
	}
	return plan
}

// drawFollowers draws clients that read while others roll.
func (t Target) drawFollowers(src core.Source, w *workload) {
	w.epochs[0] = append(w.epochs[0], script{{kind: stepPush}, {kind: stepFollow}, {kind: stepFollow}, {kind: stepFollow}, {kind: stepFollow}})
	t.mixIn(src, w, []step{{kind: stepRoll}, {kind: stepRoll}, {kind: stepSnapshot}, {kind: stepFollow}, {kind: stepFollow}, {kind: stepPush}, {kind: stepPrune}, {kind: stepSync}})
}

// drawUnopened draws a directory that can't be opened for a while, for want of
// descriptors: names are not made durable then, and no fsync failed.
func (t Target) drawUnopened(src core.Source, w *workload) faults.Plan {
	t.mixIn(src, w, []step{{kind: stepRoll}, {kind: stepSnapshot}, {kind: stepPrune}, {kind: stepPush}, {kind: stepReopen}})
	return planOf(fmt.Sprintf("open-error of /data p=1/%d from=3 times=%d errno=EMFILE", 1+core.Intn(src, 4), 1+core.Intn(src, 4)))
}

// drawStall draws operations that stay in flight while the other clients go on, besides
// what the plan has.
func (t Target) drawStall(src core.Source, w *workload, plan faults.Plan) faults.Plan {
	t.mixIn(src, w, []step{{kind: stepPush}, {kind: stepAsync}, {kind: stepWait}, {kind: stepSync}, {kind: stepRoll}, {kind: stepFollow},
		{kind: stepLeave, arg: 4}, {kind: stepLeaveWait, arg: 3}, {kind: stepLeaveSync, arg: 2}})
	on := core.Pick(src, []string{"", " on sync", " on write", " on rename,open", " on read"})
	stalls := planOf(fmt.Sprintf("stall%s of j.* p=1/%d delay=%dms", on, 1+core.Intn(src, 4), 1+core.Intn(src, 500)))
	plan.Rules = append(plan.Rules, stalls.Rules...)
	return plan
}

// drawNoDirSync draws a filesystem that can't sync a directory, which most journals are
// told to accept.
func drawNoDirSync(src core.Source, w *workload) faults.Plan {
	w.acceptNoDirSync = !core.OneIn(src, 4)
	w.epochs, w.copied = w.epochs[:1], false
	return planOf("no-dir-sync of /data")
}
