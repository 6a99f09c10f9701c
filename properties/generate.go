package properties

import (
	"fmt"
	"slices"

	"powercut/faults"
	"powercut/properties/engines"
	"powercut/sim/core"
	"powercut/vfs"
)

// weighted is a step that a client may take, and how often by comparison.
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
}

// can is what the target's engine is able to do.
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
		w.legacyLog = legacyLog{entries: 1 + core.Intn(src, 6), torn: core.Pick(src, []int{0, 1, 15, 16, 17, 30})}
		if w.legacyLog.torn > 0 && w.legacyLog.entries == 1 {
			w.legacyLog.entries = 0 // nothing is there but the tail
		}
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
				client[i] = drawStep(src, on)
			}
			clients = append(clients, client)
		}
		w.epochs = append(w.epochs, clients)
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

func (t Target) drawSteps(src core.Source) []weighted {
	var on []weighted
	for _, s := range t.steps() {
		if !core.OneIn(src, 3) {
			s.weight *= 1 + core.Intn(src, 4)
			on = append(on, s)
		}
	}
	// Without a step that shows what was lost a run would prove little.
	return append(on, weighted{stepPush, 4})
}

func drawStep(src core.Source, on []weighted) step {
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
		drawn.arg = core.Pick(src, []int{0, 1, 100, 505, 4000, 9000})
	case stepBad:
		drawn.arg = core.Intn(src, badKinds)
	}
	return drawn
}

// faultPaths are the files that faults aim at.
var faultPaths = []string{"*.log", "j.log", "*.qdb*", "*.tmp"}

// drawRot draws one bit that rots in a log, and nothing else: then the journal
// must refuse what it can't vouch for.
func drawRot(src core.Source, w *workload) faults.Plan {
	text := fmt.Sprintf("write-flip of *.log nth=%d", 1+core.Intn(src, max(1, w.Operations()/4)))
	if core.OneIn(src, 3) {
		// The beginning of a log, or a snapshot: written before it has its name.
		text = fmt.Sprintf("write-flip of *.tmp nth=%d", 1+core.Intn(src, 6))
	}
	plan, err := faults.Parse(text)
	if err != nil {
		panic(err) // the text is ours
	}
	return plan
}

// drawMisread draws one bit of a log of the original that is read wrong: nothing
// but the whole log has a checksum, so that each pass over it must be checked.
func drawMisread(src core.Source, w *workload) faults.Plan {
	if w.legacyLog.entries == 0 {
		w.legacyLog = legacyLog{entries: 1 + core.Intn(src, 6)}
	}
	plan, err := faults.Parse(fmt.Sprintf("read-flip of j.*log nth=%d", 1+core.Intn(src, 24)))
	if err != nil {
		panic(err) // the text is ours
	}
	return plan
}

// drawLostReply draws a rename that fails, or whose reply is lost, after which
// nobody can find out which: often the first, of a log of the original, since
// the new log alone tells what became of that.
func (t Target) drawLostReply(src core.Source, w *workload) faults.Plan {
	nth := 1 + core.Intn(src, 8)
	if t.can().Repairs && core.OneIn(src, 2) {
		w.legacyLog, nth = legacyLog{entries: 1 + core.Intn(src, 6)}, 1
	}
	text := fmt.Sprintf("rename-error nth=%d", nth)
	if core.OneIn(src, 2) {
		text += " after"
	}
	plan, err := faults.Parse(text + "\nstat-error of j.* p=1/2\n")
	if err != nil {
		panic(err) // the text is ours
	}
	return plan
}

// aroundUndo are the steps before which a journal completes what it could not
// undo before, and appends that are long enough to leave something behind them.
var aroundUndo = []step{{kind: stepSync}, {kind: stepReopen}, {kind: stepSnapshot}, {kind: stepRoll}, {kind: stepPrune}, {kind: stepOpaque, arg: 4000}, {kind: stepOpaque, arg: 9000}}

// drawStuckUndo draws a disk that is so full for a while that not even the
// undoing of a failed write has room, and sometimes a new file has none either.
func (t Target) drawStuckUndo(src core.Source, w *workload) faults.Plan {
	var text string
	if core.OneIn(src, 2) {
		text = t.drawStuckRounds(src, w)
	} else {
		t.mixIn(src, w, aroundUndo)
		text = fmt.Sprintf("short-write of j.log p=1/3 times=%d errno=ENOSPC\nno-space on truncate of j.log times=%d", 1+core.Intn(src, 3), 1+core.Intn(src, 3))
		if core.OneIn(src, 2) {
			text += "\nno-space of *.tmp p=1/2 from=5" // the first four make the first log
		}
	}
	plan, err := faults.Parse(text)
	if err != nil {
		panic(err) // the text is ours
	}
	return plan
}

// drawStuckRounds draws rounds of a long append, the first of which fails, of
// one step that has to undo it first, and of a close, after which nothing may be
// left of it.
func (t Target) drawStuckRounds(src core.Source, w *workload) (plan string) {
	client := script{{kind: stepPush}}
	nth, newLog := 3, 5 // the write of the log that fails, and the first operation on the second log
	if core.OneIn(src, 2) {
		client = append(client, step{kind: stepSnapshot}) // so that there is something to prune
		nth, newLog = 5, 9
	}
	for range 1 + core.Intn(src, 2) {
		client = append(client, step{kind: stepOpaque, arg: 9000}, t.pick(src, aroundUndo[:5]))
		if core.OneIn(src, 2) {
			client = append(client, step{kind: stepPush}, t.pick(src, aroundUndo))
		}
		client = append(client, step{kind: stepReopen})
	}
	w.epochs[0] = []script{client}
	plan = fmt.Sprintf("short-write of j.log nth=%d errno=ENOSPC\nno-space on truncate of j.log times=1", nth)
	if core.OneIn(src, 2) {
		plan += fmt.Sprintf("\nno-space of j.log.tmp from=%d times=1", newLog)
	}
	return plan
}

// drawPruning draws long logs that are snapshotted, pruned and followed by
// others: what is written after a prune may stand where the archives stood, if
// the filesystem is one that lets it, and also what a recovery writes.
func (t Target) drawPruning(src core.Source, w *workload, settings *core.Settings) {
	t.mixIn(src, w, []step{{kind: stepPrune}, {kind: stepPrune}, {kind: stepSnapshot}, {kind: stepOpaque, arg: 4500}})
	if core.OneIn(src, 2) {
		settings.Profile, settings.Depth = vfs.Ext4Writeback, 1
		w.async = t.can().Markers
	}
}

// drawFull draws a disk that is full while the clients work, and again when the
// journal is opened after the crash that follows: a full disk is what tears tails.
func (t Target) drawFull(src core.Source, w *workload) {
	if !t.can().OpensFull {
		return
	}
	w.full = core.Pick(src, []int{1, 3, 8, 1000})
	t.mixIn(src, w, []step{{kind: stepOpaque, arg: 4500}, {kind: stepOpaque, arg: 1500}, {kind: stepRoll}, {kind: stepSnapshot}, {kind: stepPrune}, {kind: stepReopen}})
	if len(w.epochs) < 3 {
		w.epochs = append([][]script{w.epochs[0]}, w.epochs...)
	}
}

// mixIn puts one of the steps in the place of every second one.
func (t Target) mixIn(src core.Source, w *workload, steps []step) {
	for _, clients := range w.epochs {
		for _, client := range clients {
			for i := range client {
				if core.OneIn(src, 2) {
					client[i] = t.pick(src, steps)
				}
			}
		}
	}
}

// pick draws one of the steps, or an append if the target doesn't know it.
func (t Target) pick(src core.Source, steps []step) step {
	drawn := core.Pick(src, steps)
	if slices.ContainsFunc(t.steps(), func(s weighted) bool { return s.kind == drawn.kind }) {
		return drawn
	}
	return step{kind: stepPush}
}

// Draw implements core.Target: it draws a run, what the clients do, which faults strike them, and
// how it is explored.
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
	switch core.Intn(explore, 16) {
	case 0, 1:
		plan = drawRot(explore, w)
	case 2:
		if t.can().Repairs {
			plan = drawMisread(explore, w)
		}
	case 3:
		plan = t.drawLostReply(explore, w)
	case 4, 5:
		if t.can().Markers { // others undo nothing
			plan = t.drawStuckUndo(explore, w)
		}
	case 6:
		t.drawPruning(explore, w, &settings)
	case 9:
		t.drawFull(explore, w)
	case 7, 8:
		plan = faults.Burst(1+explore.Uint64n(uint64(w.Operations())), 1+explore.Uint64n(4))
	}
	settings.Epochs = len(w.epochs)
	return core.Scenario{Target: t.Name(), Workload: w, Plan: plan, Settings: settings}
}
