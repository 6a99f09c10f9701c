package properties

import (
	"fmt"

	"powercut/faults"
	"powercut/sim/core"
	"powercut/vfs"
)

// drawAimed draws what takes several steps of few kinds in their order, and comes up too
// rarely by itself; or it leaves the plan as it is.
func (t Target) drawAimed(src core.Source, w *workload, plan faults.Plan, settings *core.Settings) faults.Plan {
	if !t.can().Whole {
		return plan
	}
	w.legacyLog, w.copied = legacyLog{}, false
	switch core.Intn(src, 13) {
	case 0:
		return t.drawGivenUp(src, w)
	case 1:
		return t.drawOthers(src, w)
	case 2:
		return t.drawHiddenEnd(src, w)
	case 3:
		settings.ImagesPerPoint = 3
		return t.drawUnpruned(src, w)
	case 4:
		return t.drawUncertainRoll(src, w)
	case 5:
		settings.Points, settings.ImagesPerPoint, settings.Depth = 160, 2, 0
		return t.drawRolls(src, w)
	case 6:
		return t.drawRotten(src, w, settings)
	case 7:
		settings.ImagesPerPoint = 3
		return t.drawUnnamed(src, w, settings)
	case 8:
		settings.Points, settings.ImagesPerPoint, settings.SectorBytes = 160, 3, 512
		return t.drawTornBeginning(src, w)
	case 9:
		return t.drawLong(src, w)
	}
	return t.drawWaiting(src, w)
}

// drawGivenUp draws a log that rots from its beginning on beside a snapshot, so that
// Repair lets that stand by itself, while a backup has linked it.
func (t Target) drawGivenUp(src core.Source, w *workload) faults.Plan {
	lost := step{kind: stepLoss, arg: 4 * core.Intn(src, 2000)}
	client := script{{kind: stepPush}, {kind: stepSnapshot}, {kind: stepPrune}, {kind: stepBackup}, t.pick(src, []step{{kind: stepPush}, {kind: stepCount}, {kind: stepSet}}), lost, {kind: stepPush}}
	if core.OneIn(src, 2) {
		client = append(client, t.pick(src, []step{{kind: stepSnapshot}, {kind: stepReopen}, {kind: stepPurge}, lost}), step{kind: stepPush})
	}
	w.epochs[0] = []script{client}
	return faults.Plan{}
}

// drawOthers draws another program that appends behind the room of a log that is open.
func (t Target) drawOthers(src core.Source, w *workload) faults.Plan {
	w.async, w.room, w.batchBytes = false, core.Pick(src, []int{3000, 20000}), 1000
	var client script
	for range 1 + core.Intn(src, 3) {
		client = append(client, step{kind: stepPush}, step{kind: stepTrespass, arg: core.Intn(src, 4)},
			t.pick(src, []step{{kind: stepRoll}, {kind: stepSnapshot}, {kind: stepReopen}, {kind: stepSync}, {kind: stepOpaque, arg: 500}}))
	}
	w.epochs[0] = []script{client}
	if core.OneIn(src, 3) {
		return planOf(fmt.Sprintf("short-write of j.log nth=%d errno=ENOSPC", 4+core.Intn(src, 6)))
	}
	return faults.Plan{}
}

// drawHiddenEnd draws a write into the room behind a log's end that stops where only zeros
// are missing of it: there they are already.
func (t Target) drawHiddenEnd(src core.Source, w *workload) faults.Plan {
	w.async, w.room, w.batchBytes = false, core.Pick(src, []int{3000, 20000}), 0
	client := script{{kind: stepPush}}
	for range 1 + core.Intn(src, 4) {
		client = append(client, t.pick(src, []step{{kind: stepPush}, {kind: stepPush}, {kind: stepPush}, {kind: stepSync}, {kind: stepReopen}}))
	}
	w.epochs[0] = []script{client}
	const pushAndCommit = 160 // bytes, of which the last three are zeros; one more from entry 10 on
	plan := fmt.Sprintf("short-write of j.log nth=%d errno=%s n=%d", 3+core.Intn(src, 3), core.Pick(src, []string{"EIO", "ENOSPC"}), pushAndCommit-core.Intn(src, 4))
	if core.OneIn(src, 2) {
		plan += "\nno-space on truncate of j.log times=1"
	}
	return planOf(plan)
}

// drawUnpruned draws archives that a snapshot covers, and others behind them.
func (t Target) drawUnpruned(src core.Source, w *workload) faults.Plan {
	client := script{{kind: stepPush}, {kind: stepRoll}, {kind: stepPush}, {kind: stepSnapshot}, {kind: stepPush}, {kind: stepRoll}, {kind: stepPush}, {kind: stepSync}}
	for range 2 + core.Intn(src, 4) { // as long as it lasts, archives may change places
		client = append(client, t.pick(src, []step{{kind: stepPush}, {kind: stepPush}, {kind: stepRoll}, {kind: stepSync}, {kind: stepReopen}}))
	}
	w.epochs[0] = []script{client}
	return faults.Plan{}
}

// drawRolls draws a log that is rolled again and again: in the middle of each roll nothing
// but the newest archive tells how far the journal goes, and that may be damaged.
func (t Target) drawRolls(src core.Source, w *workload) faults.Plan {
	var client script
	for range 4 + core.Intn(src, 4) {
		client = append(client, t.pick(src, []step{{kind: stepPush}, {kind: stepCount}, {kind: stepOpaque, arg: 505}}), step{kind: stepRoll})
	}
	w.epochs[0] = []script{client}
	return faults.Plan{}
}

// drawUnnamed draws a roll whose fsync of the directory fails, and appends behind it: the
// log that they went to may have no name after a crash.
func (t Target) drawUnnamed(src core.Source, w *workload, settings *core.Settings) faults.Plan {
	client := script{{kind: stepPush}}
	for range 1 + core.Intn(src, 3) {
		client = append(client, t.pick(src, []step{{kind: stepRoll}, {kind: stepRoll}, {kind: stepSnapshot}}), step{kind: stepPush}, t.pick(src, []step{{kind: stepPush}, {kind: stepSync}, {kind: stepReopen}}))
	}
	w.epochs[0] = []script{client}
	// On most filesystems an fsync of the log itself makes its name durable as well.
	settings.Profile = vfs.POSIX
	fault := core.Pick(src, []string{"drop-clean", "keep-dirty"})
	return planOf(fmt.Sprintf("%s on syncdir nth=%d", fault, 1+core.Intn(src, 4)))
}

// drawTornBeginning draws logs that end anywhere within a sector, and what is written first
// behind the marker of a Close: of that a power cut may leave so little that it looks like
// what another program appended.
func (t Target) drawTornBeginning(src core.Source, w *workload) faults.Plan {
	var client script
	for range 6 + core.Intn(src, 4) {
		client = append(client, step{kind: stepOpaque, arg: 1 + core.Intn(src, 480)}, step{kind: stepReopen},
			t.pick(src, []step{{kind: stepSnapshot}, {kind: stepSnapshot}, {kind: stepPush}, {kind: stepSync}}))
	}
	w.epochs[0] = []script{client}
	return faults.Plan{}
}

// drawLong draws writers of long entries that share batches: what each sums up is joined.
func (t Target) drawLong(src core.Source, w *workload) faults.Plan {
	w.batchBytes, w.batchEntries = 0, 0
	w.epochs[0] = nil
	for range 3 + core.Intn(src, 2) {
		client := script{{kind: stepPush}}
		for range 3 + core.Intn(src, 3) {
			client = append(client, t.pick(src, []step{{kind: stepOpaque, arg: 4500}, {kind: stepOpaque, arg: 9000}, {kind: stepOpaque, arg: 9001}, {kind: stepBig, arg: 6000}, {kind: stepPush}}))
		}
		w.epochs[0] = append(w.epochs[0], client)
	}
	return faults.Plan{}
}

// drawUncertainRoll draws a log of the original of which the rename to an archive takes
// effect, and fails; and then the stat fails that would tell which. Nothing but the new
// log says then what the archive is.
func (t Target) drawUncertainRoll(src core.Source, w *workload) faults.Plan {
	w.legacyLog = legacyLog{entries: 1 + core.Intn(src, 6)}
	w.epochs[0] = []script{{{kind: stepPush}, t.pick(src, []step{{kind: stepPush}, {kind: stepRoll}, {kind: stepSync}, {kind: stepReopen}})}}
	// Three stats of the log come before: Open and what reads back after it look how long it is.
	return planOf(fmt.Sprintf("rename-error nth=1 after\nstat-error of j.log nth=%d", core.Pick(src, []int{4, 4, 4, 3, 5})))
}

// drawRotten draws a Prune that dies, and a log that rots before anybody opens the
// journal: Repair keeps what it cuts off where the archive may have stood that was removed.
func (t Target) drawRotten(src core.Source, w *workload, settings *core.Settings) faults.Plan {
	client := script{{kind: stepPush}}
	for range core.Intn(src, 3) {
		client = append(client, t.pick(src, []step{{kind: stepPush}, {kind: stepOpaque, arg: 4500}, {kind: stepRoll}}))
	}
	client = append(client, step{kind: stepSnapshot}, step{kind: stepPush}, t.pick(src, []step{{kind: stepPush}, {kind: stepOpaque, arg: 4500}}), step{kind: stepReopen}, step{kind: stepPrune})
	w.epochs, w.rots = [][]script{{client}, {{{kind: stepPush}, {kind: stepSnapshot}}}}, 1+core.Intn(src, 10_000)
	settings.Profile, settings.Depth = vfs.Ext4Writeback, 0
	return faults.Plan{}
}

// drawWaiting draws callers who wait for the files while an fsync fails.
func (t Target) drawWaiting(src core.Source, w *workload) faults.Plan {
	w.epochs[0] = nil
	for range 3 + core.Intn(src, 2) {
		client := script{{kind: stepPush}}
		for range 2 + core.Intn(src, 3) {
			client = append(client, t.pick(src, []step{{kind: stepSync}, {kind: stepRoll}, {kind: stepPrune}, {kind: stepSnapshot}, {kind: stepAsync}, {kind: stepPush}}))
		}
		w.epochs[0] = append(w.epochs[0], client)
	}
	fault := core.Pick(src, []string{"drop-clean", "keep-dirty", "write-error"})
	// Where it was found that callers wait, it was the fourth to the eighth that failed.
	return planOf(fmt.Sprintf("%s of j.log nth=%d\nstall of j.* p=1/2 delay=5ms", fault, 4+core.Intn(src, 5)))
}
