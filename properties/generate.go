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
	kind   OpKind
	weight int
}

// allSteps are what clients choose from. A run has a random subset of them on,
// so that rare combinations come up: many snapshots and nothing else, say.
var allSteps = []weighted{
	{OpPush, 6}, {OpExpression, 2}, {OpCount, 4}, {OpHash, 4}, {OpSet, 3}, {OpBig, 1}, {OpOpaque, 2}, {OpMistake, 1},
	{OpRestricted, 2}, {OpBad, 1}, {OpAsync, 4}, {OpWait, 2}, {OpSync, 2}, {OpSnapshot, 2}, {OpRoll, 2}, {OpPrune, 2},
	{OpReopen, 1}, {OpRepair, 1}, {OpBackup, 1},
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
		case OpOpaque, OpMistake, OpRestricted:
			on = can.KeepsLSNs // nothing else shows them: they leave the state as it is
		case OpAsync, OpWait:
			on = can.Accepts
		case OpPrune, OpRepair, OpBackup:
			on = can.Maintained
		}
		if on {
			all = append(all, s)
		}
	}
	return all
}

// drawWorkload draws what the clients of a run do.
func (t Target) drawWorkload(src core.Source) *Workload {
	w := &Workload{driver: t.driver, Async: core.OneIn(src, 3)}
	if core.OneIn(src, 3) {
		w.BatchEntries = 1 + core.Intn(src, 4)
	}
	if t.can().Repairs && core.OneIn(src, 6) {
		w.LegacyLog = LegacyLog{Entries: 1 + core.Intn(src, 6), Torn: core.Pick(src, []int{0, 1, 15, 16, 17, 30})}
		if w.LegacyLog.Torn > 0 && w.LegacyLog.Entries == 1 {
			w.LegacyLog.Entries = 0 // nothing is there but the tail
		}
	}
	w.Copied = t.can().SyncsCopies && core.OneIn(src, 8)
	on := t.drawSteps(src)
	long := core.OneIn(src, 8)
	for range core.Pick(src, []int{1, 1, 1, 2, 2, 3}) {
		var clients []Client
		for range 1 + core.Intn(src, 4) {
			n := 1 + core.Intn(src, 8)
			if long {
				n *= 4
			}
			client := make(Client, n)
			for i := range client {
				client[i] = drawOp(src, on)
			}
			clients = append(clients, client)
		}
		w.Epochs = append(w.Epochs, clients)
	}
	if t.can().Markers && !w.Async && core.OneIn(src, 3) {
		w.Room = core.Pick(src, []int{200, 3000, 20000})
	}
	// The last epoch of several is there to show that all works again once
	// the faults are over.
	if len(w.Epochs) > 1 {
		w.Epochs[len(w.Epochs)-1] = []Client{{Op{Kind: OpPush}, Op{Kind: OpSnapshot}, Op{Kind: OpCount}}}
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
	return append(on, weighted{OpPush, 4})
}

func drawOp(src core.Source, on []weighted) Op {
	total := 0
	for _, s := range on {
		total += s.weight
	}
	at := core.Intn(src, total)
	kind := OpPush
	for _, s := range on {
		if at -= s.weight; at < 0 {
			kind = s.kind
			break
		}
	}
	op := Op{Kind: kind}
	switch kind {
	case OpSet:
		op.Arg = core.Intn(src, names)
	case OpBig:
		op.Arg = core.Between(src, 1990, 9000)
	case OpOpaque:
		op.Arg = core.Pick(src, []int{0, 1, 100, 505, 4000, 9000})
	case OpBad:
		op.Arg = core.Intn(src, badKinds)
	}
	return op
}

// faultPaths are the files that faults aim at.
var faultPaths = []string{"*.log", "j.log", "*.qdb*", "*.tmp"}

// drawRot draws one bit that rots in a log, and nothing else: then the journal
// must refuse what it can't vouch for.
func drawRot(src core.Source, w *Workload) faults.Plan {
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
func drawMisread(src core.Source, w *Workload) faults.Plan {
	if w.LegacyLog.Entries == 0 {
		w.LegacyLog = LegacyLog{Entries: 1 + core.Intn(src, 6)}
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
func (t Target) drawLostReply(src core.Source, w *Workload) faults.Plan {
	nth := 1 + core.Intn(src, 8)
	if t.can().Repairs && core.OneIn(src, 2) {
		w.LegacyLog, nth = LegacyLog{Entries: 1 + core.Intn(src, 6)}, 1
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
var aroundUndo = []Op{{Kind: OpSync}, {Kind: OpReopen}, {Kind: OpSnapshot}, {Kind: OpRoll}, {Kind: OpPrune}, {Kind: OpOpaque, Arg: 4000}, {Kind: OpOpaque, Arg: 9000}}

// drawStuckUndo draws a disk that is so full for a while that not even the
// undoing of a failed write has room, and sometimes a new file has none either.
func (t Target) drawStuckUndo(src core.Source, w *Workload) faults.Plan {
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
func (t Target) drawStuckRounds(src core.Source, w *Workload) (plan string) {
	client := Client{{Kind: OpPush}}
	nth, newLog := 3, 5 // the write of the log that fails, and the first operation on the second log
	if core.OneIn(src, 2) {
		client = append(client, Op{Kind: OpSnapshot}) // so that there is something to prune
		nth, newLog = 5, 9
	}
	for range 1 + core.Intn(src, 2) {
		client = append(client, Op{Kind: OpOpaque, Arg: 9000}, t.pick(src, aroundUndo[:5]))
		if core.OneIn(src, 2) {
			client = append(client, Op{Kind: OpPush}, t.pick(src, aroundUndo))
		}
		client = append(client, Op{Kind: OpReopen})
	}
	w.Epochs[0] = []Client{client}
	plan = fmt.Sprintf("short-write of j.log nth=%d errno=ENOSPC\nno-space on truncate of j.log times=1", nth)
	if core.OneIn(src, 2) {
		plan += fmt.Sprintf("\nno-space of j.log.tmp from=%d times=1", newLog)
	}
	return plan
}

// drawPruning draws long logs that are snapshotted, pruned and followed by
// others: what is written after a prune may stand where the archives stood, if
// the filesystem is one that lets it, and also what a recovery writes.
func (t Target) drawPruning(src core.Source, w *Workload, settings *core.Settings) {
	t.mixIn(src, w, []Op{{Kind: OpPrune}, {Kind: OpPrune}, {Kind: OpSnapshot}, {Kind: OpOpaque, Arg: 4500}})
	if core.OneIn(src, 2) {
		settings.Profile, settings.Depth = vfs.Ext4Writeback, 1
		w.Async = t.can().Markers
	}
}

// drawFull draws a disk that is full while the clients work, and again when the
// journal is opened after the crash that follows: a full disk is what tears tails.
func (t Target) drawFull(src core.Source, w *Workload) {
	if !t.can().OpensFull {
		return
	}
	w.Full = core.Pick(src, []int{1, 3, 8, 1000})
	t.mixIn(src, w, []Op{{Kind: OpOpaque, Arg: 4500}, {Kind: OpOpaque, Arg: 1500}, {Kind: OpRoll}, {Kind: OpSnapshot}, {Kind: OpPrune}, {Kind: OpReopen}})
	if len(w.Epochs) < 3 {
		w.Epochs = append([][]Client{w.Epochs[0]}, w.Epochs...)
	}
}

// mixIn puts one of the steps in the place of every second one.
func (t Target) mixIn(src core.Source, w *Workload, steps []Op) {
	for _, clients := range w.Epochs {
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
func (t Target) pick(src core.Source, steps []Op) Op {
	op := core.Pick(src, steps)
	if slices.ContainsFunc(t.steps(), func(s weighted) bool { return s.kind == op.Kind }) {
		return op
	}
	return Op{Kind: OpPush}
}

// Draw implements core.Target: it draws a run, what the clients do, which faults strike them, and
// how it is explored.
func (t Target) Draw(streams core.Streams) core.Scenario {
	w := t.drawWorkload(streams("workload"))
	explore := streams("explore")
	settings := core.Settings{
		Profile:        core.Pick(explore, vfs.Profiles()),
		Epochs:         len(w.Epochs),
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
	settings.Epochs = len(w.Epochs)
	return core.Scenario{Target: t.Name(), Workload: w, Plan: plan, Settings: settings}
}
