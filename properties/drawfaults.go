package properties

import (
	"fmt"
	"slices"

	"powercut/faults"
	"powercut/sim/core"
	"powercut/vfs"
)

// faultPaths are the files that faults aim at.
var faultPaths = []string{"*.log", "j.log", "*.qdb*", "*.tmp"}

// planOf reads a plan whose text is ours.
func planOf(text string) faults.Plan {
	plan, err := faults.Parse(text)
	if err != nil {
		panic(err)
	}
	return plan
}

// drawRot draws one bit that rots in a log, and nothing else: then the journal
// must refuse what it can't vouch for.
func drawRot(src core.Source, w *workload) faults.Plan {
	text := fmt.Sprintf("write-flip of *.log nth=%d", 1+core.Intn(src, max(1, w.Operations()/4)))
	if core.OneIn(src, 3) {
		// The beginning of a log, or a snapshot: written before it has its name.
		text = fmt.Sprintf("write-flip of *.tmp nth=%d", 1+core.Intn(src, 6))
	}
	return planOf(text)
}

// drawMisread draws one bit of a log of the original that is read wrong. Such a log has
// one checksum, in the genesis of the log that follows it, so that the journal must
// check every time that it reads all of it.
func drawMisread(src core.Source, w *workload) faults.Plan {
	if w.legacyLog.entries == 0 {
		w.legacyLog = legacyLog{entries: 1 + core.Intn(src, 6)}
	}
	nth := 5 + core.Intn(src, 5) // the first Open replays what it has judged, and what it has judged is read back
	if core.OneIn(src, 4) {
		nth = 1 + core.Intn(src, 24)
	}
	return planOf(fmt.Sprintf("read-flip of j.*log nth=%d", nth))
}

// drawLostReply draws a rename that fails, or that takes effect and is said to have
// failed, and then stats that fail, so that the journal can't find out which it was.
// Often it is the first rename, that of a log of the original: only the log after it
// tells what became of that.
func (t Target) drawLostReply(src core.Source, w *workload) faults.Plan {
	nth := 1 + core.Intn(src, 8)
	if t.can().Repairs && core.OneIn(src, 2) {
		w.legacyLog, nth = legacyLog{entries: 1 + core.Intn(src, 6)}, 1
	}
	after := ""
	if core.OneIn(src, 2) {
		after = " after"
	}
	text := fmt.Sprintf("rename-error nth=%d%s", nth, after)
	if !w.legacyLog.present() && !core.OneIn(src, 3) { // a stat behind one of the renames of a roll, and hardly any other
		w.epochs[0] = []script{{{kind: stepPush}, {kind: stepRoll}, {kind: stepPush}, t.pick(src, []step{{kind: stepRoll}, {kind: stepSnapshot}, {kind: stepPush}}), {kind: stepPush}}}
		stat := fmt.Sprintf("j.log nth=%d", 1+core.Intn(src, 6))
		if !core.OneIn(src, 3) { // nobody asks for one of these but behind such a rename
			stat = fmt.Sprintf("*.tmp nth=%d", 1+core.Intn(src, 2))
		}
		return planOf(fmt.Sprintf("rename-error nth=%d%s\nstat-error of %s", 2+core.Intn(src, 4), after, stat))
	}
	if w.legacyLog.present() && core.OneIn(src, 2) { // the stat behind the rename, and none of those that Open needs
		return planOf(fmt.Sprintf("%s\nstat-error of j.log nth=%d", text, 2+core.Intn(src, 5)))
	}
	return planOf(text + "\nstat-error of j.* p=1/2\n")
}

// drawStuckCleanUp draws a temporary file that can't be finished, and then not be removed
// either. What it leaves must be in nobody's way: the same thing is done again, soon.
func (t Target) drawStuckCleanUp(src core.Source, w *workload) faults.Plan {
	t.mixIn(src, w, []step{{kind: stepSnapshot}, {kind: stepSnapshot}, {kind: stepRoll}, {kind: stepPush}})
	file := core.Pick(src, []string{"*.qdb.tmp", "*.log.tmp"})
	fault := core.Pick(src, []string{"write-error", "short-write", "rename-error"})
	return planOf(fmt.Sprintf("%s of %s nth=%d\nremove-error of %s p=1/2 times=%d", fault, file, 1+core.Intn(src, 4), file, 1+core.Intn(src, 2)))
}

// aroundUndo are the steps before which a journal undoes a failed write that it could
// not undo at once, and appends long enough to leave something behind the log's end.
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
	return planOf(text)
}

// drawStuckRounds draws a client that goes through rounds of a long append, of which
// the first fails, one step that has to undo it first, and a close, after which
// nothing may be left of it.
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

// drawLarge draws entries around the sizes at which the journal reads, and writes again,
// in pieces: few of them, and few images, since each takes long.
func (t Target) drawLarge(src core.Source, w *workload, settings *core.Settings) {
	if !t.can().Whole {
		return
	}
	for _, clients := range w.epochs {
		for i := range clients {
			clients[i] = clients[i][:min(4, len(clients[i]))]
		}
	}
	// Behind one of these, its commit or the marker of a Sync or a Close stands across the
	// end of the window that a search from the batch's beginning on looks at.
	window := step{kind: stepOpaque, arg: 261_880 + core.Intn(src, 240)}
	t.mixIn(src, w, []step{{kind: stepOpaque, arg: 65_400}, {kind: stepOpaque, arg: 66_000}, window, window, {kind: stepOpaque, arg: 262_500}, {kind: stepFollow}})
	settings.Points, settings.ImagesPerPoint, settings.Depth = 8, 1, 0
	switch core.Intn(src, 6) {
	case 0:
		// Alone, so that no snapshot covers some of them.
		w.epochs = [][]script{{{{kind: stepMistakes, arg: 1001 + core.Intn(src, 5)}, {kind: stepPush}}}}
	case 1, 2:
		// And nothing behind it that claims more than the marker of the Close, which stands
		// across that end for certain.
		window.arg = 261_884 + core.Intn(src, 112)
		w.epochs = [][]script{{{{kind: stepPush}, window}}}
		settings.Points, settings.ImagesPerPoint = 24, 2
	case 3, 4:
		w.epochs = [][]script{{{{kind: stepPush}, {kind: stepOpaque, arg: 262_200 + core.Intn(src, 500_000)}}}} // a tail of several windows
		settings.Points, settings.ImagesPerPoint = 64, 4
	}
}

// mixIn replaces about every second step of all clients by one of these.
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

// pick draws one of the steps; an append if the target can't do what was drawn.
func (t Target) pick(src core.Source, steps []step) step {
	drawn := core.Pick(src, steps)
	if slices.ContainsFunc(t.steps(), func(s weighted) bool { return s.kind == drawn.kind }) {
		return drawn
	}
	return step{kind: stepPush}
}
