package properties

import (
	"fmt"
	"strings"

	"powercut/journal"
	"powercut/sim/core"
)

// judgeRecovery compares what Open reported with what its machine was given. mayLack
// says that the disk may have had no space.
func judgeRecovery(e *opened, mayLack bool) error {
	rec := e.recovery()
	if rec == nil {
		return nil
	}
	s := e.journal().Stats()
	all := e.machine.given[:e.recovered]
	if err := judgeEvaluation(rec, all); err != nil {
		return err
	}
	inPlace := int64(0)
	if rec.TailInPlace {
		inPlace = rec.TailBytes
	}
	for _, c := range []struct {
		wrong bool
		what  func() string // made of what is wrong alone: hardly any recovery is, and there are very many
	}{
		{rec.Entries != len(all), func() string { return fmt.Sprintf("%d entries, but the machine was given %d", rec.Entries, len(all)) }},
		{rec.LastLSN != e.LastLSN() || rec.LastLSN != s.LastLSN, func() string {
			return fmt.Sprintf("LastLSN %d, but LastLSN() is %d and Stats says %d", rec.LastLSN, e.LastLSN(), s.LastLSN)
		}},
		{rec.LastLSN != rec.SnapshotLSN+uint64(rec.Entries), func() string {
			return fmt.Sprintf("LastLSN %d, but %d entries behind LSN %d", rec.LastLSN, rec.Entries, rec.SnapshotLSN)
		}},
		{len(all) > 0 && all[0].lsn != rec.SnapshotLSN+1, func() string {
			return fmt.Sprintf("SnapshotLSN %d, but the first entry that was replayed is not the next", rec.SnapshotLSN)
		}},
		{rec.Snapshot != (e.machine.restored >= 0), func() string {
			return fmt.Sprintf("Snapshot %v, but whether one was restored is %v", rec.Snapshot, e.machine.restored >= 0)
		}},
		{rec.SnapshotBindings != max(e.machine.restored, 0), func() string {
			return fmt.Sprintf("%d bindings of the snapshot, and it has %d", rec.SnapshotBindings, e.machine.restored)
		}},
		{!rec.OldLog && !rec.RollPending && rec.Generation != s.Generation, func() string { return fmt.Sprintf("generation %d, but Stats says %d", rec.Generation, s.Generation) }},
		{(rec.TailBytes > 0) != (rec.TailReason != nil), func() string {
			return fmt.Sprintf("a tail of %d bytes, and as the reason: %v", rec.TailBytes, rec.TailReason)
		}},
		{rec.TailBytes == 0 && (rec.TailKept != "" || rec.TailInPlace || rec.TailFrames > 0 || rec.TailOffset > 0), func() string {
			return fmt.Sprintf("no tail, and of it: offset %d, %d frames, kept as %q", rec.TailOffset, rec.TailFrames, rec.TailKept)
		}},
		{rec.TailKept != "" && !isNameOfTail(rec.TailKept, rec.TailOffset), func() string {
			return fmt.Sprintf("that a tail at offset %d is kept as %s", rec.TailOffset, rec.TailKept)
		}},
		{s.TailBytes != inPlace, func() string {
			return fmt.Sprintf("that %d bytes of a tail stay in place, but Stats says %d", inPlace, s.TailBytes)
		}},
		{s.DurableLSN != rec.LastLSN, func() string {
			return fmt.Sprintf("LastLSN %d, but Stats says that LSN %d is durable", rec.LastLSN, s.DurableLSN)
		}},
		{s.Entries+s.Batches+s.Refusals+s.Poisonings+s.Snapshots+s.Rolls+s.EvalErrors > 0, func() string { return fmt.Sprintf("nothing yet, but Stats counts: %+v", s) }},
	} {
		if c.wrong {
			return core.Breachf(saysWhatIsSo, "Open reported %s", c.what())
		}
	}
	if (rec.TailInPlace || rec.RollPending) && !mayLack {
		return core.Breachf(notTooCautious, "Open left a step undone for lack of space (a tail in place: %v, a roll: %v), on a disk that has some", rec.TailInPlace, rec.RollPending)
	}
	return nil
}

// listedFailures is how many evaluation errors of each sort are listed.
const listedFailures = 1000

// judgeEvaluation compares what Open reported of evaluation errors with those that the
// machine raised.
func judgeEvaluation(rec *journal.Recovery, all []given) error {
	var failed []given // those that are listed
	raised, unsupported := 0, 0
	for _, g := range all {
		if g.err == nil {
			continue
		}
		raised++
		sort := raised - unsupported
		if g.unsupported() {
			unsupported++
			sort = unsupported
		}
		if sort <= listedFailures {
			failed = append(failed, g)
		}
	}
	if rec.EvalErrors != raised || len(rec.EvalFailures) != len(failed) {
		return core.Breachf(saysWhatIsSo, "Open reported %d evaluation errors, of which it lists %d; the machine raised %d", rec.EvalErrors, len(rec.EvalFailures), raised)
	}
	complete := unsupported == 0 && rec.TailFrames == 0 && len(rec.Foreign) == 0
	if rec.Unsupported != unsupported || rec.SnapshotSkipped > 0 || rec.Complete() != complete || len(rec.Doubtful) > 0 && unsupported == 0 {
		return core.Breachf(saysWhatIsSo, "Open reported %d entries that the machine can't evaluate, and %d bindings skipped (complete: %v, doubtful: %v); the machine said so of %d entries",
			rec.Unsupported, rec.SnapshotSkipped, rec.Complete(), rec.Doubtful, unsupported)
	}
	for i, f := range rec.EvalFailures {
		want := failed[i]
		if f.LSN != want.lsn || f.Err != want.err || (f.Unsupported != "") != want.unsupported() || f.Entry == "" || !strings.HasPrefix(f.Path, base) {
			return core.Breachf(saysWhatIsSo, "Open reported of %v; the machine said of the entry with LSN %d: %v", f, want.lsn, want.err)
		}
	}
	return nil
}

// isNameOfTail says whether a file is named as the copy of a tail at that offset.
func isNameOfTail(name string, offset int64) bool {
	part, ok := strings.CutPrefix(name, base+".log.tail-")
	_, at, cut := strings.Cut(part, "-")
	at, _, _ = strings.Cut(at, ".") // a second one, cut off at the same place
	return ok && cut && at == fmt.Sprint(offset)
}
