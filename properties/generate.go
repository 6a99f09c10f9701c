package properties

import (
	"slices"

	"powercut/faults"
	"powercut/properties/engines"
	"powercut/sim/core"
	"powercut/vfs"
)

// weighted is a kind of step, and how often it is drawn compared with others.
type weighted struct {
	kind   stepKind
	weight int
}

// allSteps are what clients choose from. A run has a random subset of them on,
// so that rare combinations come up: many snapshots and nothing else, say.
var allSteps = []weighted{
	{stepPush, 6}, {stepExpression, 2}, {stepCount, 4}, {stepHash, 4}, {stepSet, 3}, {stepBig, 1}, {stepOpaque, 2}, {stepMistake, 1},
	{stepRestricted, 2}, {stepBad, 1}, {stepAsync, 4}, {stepWait, 2}, {stepSync, 2}, {stepSnapshot, 2}, {stepRoll, 2}, {stepPrune, 2},
	{stepReopen, 1}, {stepRepair, 1}, {stepBackup, 1},
	{stepPartial, 1}, {stepUnsupported, 1}, {stepAsyncMistake, 2}, {stepLeave, 3}, {stepLeaveWait, 2}, {stepLeaveSync, 1}, {stepLeaveRoll, 1},
	{stepLeaveSnapshot, 1}, {stepLeavePrune, 1}, {stepFollow, 2}, {stepIntrude, 1}, {stepPurge, 1}, {stepForeign, 1},
	{stepTrespass, 1}, {stepLoss, 1},
}

// can is what the target's engine can do.
func (t Target) can() engines.Capabilities { return t.driver.Capabilities() }

// steps are what clients of the target may do.
func (t Target) steps() []weighted {
	can := t.can()
	var all []weighted
	for _, s := range allSteps {
		on := true
		switch s.kind {
		case stepOpaque, stepMistake, stepRestricted:
			on = can.KeepsLSNs // nothing else shows them: they leave the state as it is
		case stepAsync, stepWait:
			on = can.Accepts
		case stepPartial, stepUnsupported, stepAsyncMistake, stepLeave, stepLeaveWait, stepLeaveSync, stepLeaveRoll, stepLeaveSnapshot,
			stepLeavePrune, stepFollow, stepIntrude, stepPurge, stepForeign, stepTrespass, stepLoss:
			on = can.Whole
		case stepPrune, stepRepair, stepBackup:
			on = can.Maintained
		}
		if on {
			all = append(all, s)
		}
	}
	return all
}

// drawWorkload draws what the clients of a run do.
func (t Target) drawWorkload(src core.Source) *workload {
	w := &workload{driver: t.driver, async: core.OneIn(src, 3)}
	if core.OneIn(src, 3) {
		w.batchEntries = 1 + core.Intn(src, 4)
	}
	if t.can().Repairs && core.OneIn(src, 6) {
		w.legacyLog = t.drawLegacyLog(src)
	}
	if t.can().Whole {
		w.drawOptions(src)
	}
	w.copied = t.can().SyncsCopies && core.OneIn(src, 8)
	on := t.drawSteps(src)
	long := core.OneIn(src, 8)
	for range core.Pick(src, []int{1, 1, 1, 2, 2, 3}) {
		var clients []script
		for range 1 + core.Intn(src, 4) {
			n := 1 + core.Intn(src, 8)
			if long {
				n *= 4
			}
			client := make(script, n)
			for i := range client {
				client[i] = t.drawStep(src, on)
			}
			clients = append(clients, client)
		}
		w.epochs = append(w.epochs, clients)
	}
	if w.legacyLog.present() && t.can().Whole && core.OneIn(src, 2) {
		for i, client := range w.epochs[0] { // before the first append rolls that log
			w.epochs[0][i] = append(script{{kind: stepReopen, arg: 1}}, client...)
		}
	}
	if t.can().Markers && !w.async && core.OneIn(src, 3) {
		w.room = core.Pick(src, []int{200, 3000, 20000})
	}
	// The last epoch of several is there to show that all works again once
	// the faults are over.
	if len(w.epochs) > 1 {
		w.epochs[len(w.epochs)-1] = []script{{step{kind: stepPush}, step{kind: stepSnapshot}, step{kind: stepCount}}}
	}
	return w
}

// drawLegacyLog draws what another program has left.
func (t Target) drawLegacyLog(src core.Source) legacyLog {
	f := legacyLog{entries: 1 + core.Intn(src, 6), torn: core.Pick(src, []int{0, 1, 15, 16, 17, 30})}
	if f.torn > 0 && f.entries == 1 {
		f.entries = 0 // nothing is there but the tail
	}
	if !t.can().Whole {
		return f
	}
	f.preamble = core.OneIn(src, 3)
	if core.OneIn(src, 2) {
		f.snapshot.entries = core.Intn(src, 4)
		if f.snapshot.entries > 0 && core.OneIn(src, 2) {
			f.entries, f.torn = 0, 0 // it was rolled, and nothing has come since
		}
		if f.preamble {
			f.snapshot.covered = core.Intn(src, f.entries+1)
		}
	}
	return f
}

// drawOptions draws what only package journal has, and the machine that it runs on.
func (w *workload) drawOptions(src core.Source) {
	if core.OneIn(src, 4) {
		w.batchBytes = core.Pick(src, []int{1, 100, 200, 1000, 5000})
	}
	w.incomplete = core.OneIn(src, 3)
	w.clock = core.Pick(src, []clockKind{clockRuns, clockRuns, clockRuns, clockStill, clockBack})
	w.sameEntropy = core.OneIn(src, 6)
}

// drawSteps draws which kinds of step are on in a run, and how often each comes up.
func (t Target) drawSteps(src core.Source) []weighted {
	// In every other run only a third of the kinds is on: what takes several steps of
	// few kinds would hardly come up among all of them.
	few := core.OneIn(src, 2)
	var on []weighted
	for _, s := range t.steps() {
		if core.OneIn(src, 3) == few {
			s.weight *= 1 + core.Intn(src, 4)
			on = append(on, s)
		}
	}
	// A backup is of an archive, and changes only where archives are removed.
	if slices.ContainsFunc(on, func(s weighted) bool { return s.kind == stepBackup }) {
		on = append(on, weighted{stepSnapshot, 2}, weighted{stepBackup, 2}, weighted{stepPrune, 2})
	}
	// Without a step that shows what was lost a run would prove little.
	return append(on, weighted{stepPush, 4})
}

// drawStep draws one step of those that are on.
func (t Target) drawStep(src core.Source, on []weighted) step {
	total := 0
	for _, s := range on {
		total += s.weight
	}
	at := core.Intn(src, total)
	kind := stepPush
	for _, s := range on {
		if at -= s.weight; at < 0 {
			kind = s.kind
			break
		}
	}
	drawn := step{kind: kind}
	switch kind {
	case stepSet:
		drawn.arg = core.Intn(src, names)
	case stepBig:
		drawn.arg = core.Between(src, 1990, 9000)
	case stepOpaque:
		drawn.arg = core.Pick(src, []int{0, 1, 100, 505, 4000, 9000, 9001})
	case stepBad:
		drawn.arg = core.Intn(src, badKinds-1)
		if t.can().Whole && core.OneIn(src, 4) {
			drawn.arg = badKinds - 1 // of others nobody knows that they refuse it before they copy it
		}
	case stepRestricted:
		drawn.arg = core.Pick(src, []int{0, 0, 2000, 6000})
	case stepLeave, stepLeaveWait, stepLeaveSync, stepLeaveRoll, stepLeaveSnapshot, stepLeavePrune:
		drawn.arg = core.Pick(src, []int{0, 1, 2, 3, 4, 5, 8, 9, 20})
	case stepFollow:
		drawn.arg = core.Pick(src, []int{0, 0, 1, 2, 3, 4, 5})
	case stepIntrude:
		drawn.arg = core.Intn(src, len(intruders))
	case stepForeign:
		drawn.arg = core.Intn(src, foreignAppends)
	case stepReopen:
		drawn.arg = core.Intn(src, 2)
	case stepTrespass:
		drawn.arg = core.Intn(src, 4)
	case stepLoss:
		drawn.arg = core.Intn(src, 10_000)
	}
	return drawn
}

// Draw implements core.Target: it draws what the clients of a run do, which faults
// strike them, and how the run is explored.
func (t Target) Draw(streams core.Streams) core.Scenario {
	w := t.drawWorkload(streams("workload"))
	explore := streams("explore")
	settings := core.Settings{
		Profile:        core.Pick(explore, vfs.Profiles()),
		Epochs:         len(w.epochs),
		Points:         64,
		ImagesPerPoint: 1 + core.Intn(explore, 3),
		Depth:          core.Intn(explore, 3),
		SectorBytes:    core.Pick(explore, []int{512, 512, 512, 4096}),
	}
	if core.OneIn(explore, 3) {
		settings.PrioritySteps = max(1, w.Operations()) // more choices than that are rare
		settings.PriorityDepth = core.Pick(explore, []int{2, 3, 5})
	}
	mix := faults.Mix{Paths: faultPaths, Ops: uint64(w.Operations())}
	plan := mix.Plan(streams("faults"))
	switch core.Intn(explore, 22) {
	case 0, 1:
		plan = drawRot(explore, w)
	case 2:
		if t.can().Repairs {
			plan = drawMisread(explore, w)
		}
	case 3:
		if core.OneIn(explore, 2) {
			plan = t.drawLostReply(explore, w)
		} else {
			plan = t.drawStuckCleanUp(explore, w)
		}
	case 4, 5:
		if t.can().Markers { // others undo nothing
			plan = t.drawStuckUndo(explore, w)
		}
	case 6:
		t.drawPruning(explore, w, &settings)
	case 9:
		t.drawFull(explore, w)
	case 10:
		if t.can().Whole && core.OneIn(explore, 4) {
			return core.Scenario{Target: t.Name(), Workload: t.drawFar(explore, &settings), Settings: settings}
		}
		t.drawLarge(explore, w, &settings)
	case 20, 21:
		plan = t.drawAimed(explore, w, plan, &settings)
	case 7, 8:
		plan = faults.Burst(1+explore.Uint64n(uint64(w.Operations())), 1+explore.Uint64n(4))
	default:
		plan = t.drawCompany(explore, w, plan)
	}
	settings.Epochs = len(w.epochs)
	return core.Scenario{Target: t.Name(), Workload: w, Plan: plan, Settings: settings}
}
