package properties

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"maps"
	"slices"

	"powercut/journal"
	"powercut/journal/wire"
	"powercut/sim/core"
	"powercut/vfs"
)

// judgeAgreement expects all that reads what a crash left to say the same of it:
// Validate, Repair, the files themselves, and what Open reports.
func (p *program) judgeAgreement(r *core.Run, c *core.Crash) error {
	if !p.can.Whole || r.Suspends(acknowledgedDurable) || p.oracle.purging || p.w.legacyLog.present() {
		return nil
	}
	disk := c.Mount(nil)
	defer disk.Release()
	makeSpace(disk)
	if pendingForeign(disk) {
		return nil // Open takes over what the others leave alone
	}
	before := disk.Tree()
	valid, validErr := journal.Validate(disk, base+".log")
	repaired, repairErr := journal.Repair(disk, base, journal.RepairOptions{})
	if !maps.EqualFunc(before, disk.Tree(), slices.Equal) {
		return core.Breachf(saysWhatIsSo, "Repair changed a journal with nothing wrong (%+v, %v)", repaired, repairErr)
	}
	e, err := p.openEngine(r, disk, nil)
	if errors.Is(err, vfs.ErrInjected) || err != nil && p.mayRefuse(r, err) {
		return nil // an fsync that failed before the crash, reported only now; or what that gave up
	}
	if err != nil {
		return core.Breachf(saysWhatIsSo, "Open failed behind Validate (%v) and Repair (%v), which changed nothing: %v", validErr, repairErr, err)
	}
	defer e.Close() // of a journal that is not used any more
	rec := e.recovery()
	if rec == nil {
		return nil
	}
	if repaired.Path != "" || repairErr != nil && len(logsIn(before)) > 0 {
		return core.Breachf(saysWhatIsSo, "Open succeeded, and Repair says of %q: %v", repaired.Path, repairErr)
	}
	if err := judgeValidate(rec, &valid, validErr, before); err != nil {
		return err
	}
	if err := judgeReports(rec, &valid, before); err != nil {
		return err
	}
	if want, known := coveredIn(before, rec); known && want != rec.SnapshotLSN {
		return core.Breachf(saysWhatIsSo, "Open reported that the snapshot covers LSN %d; the newest marker that names it says LSN %d", rec.SnapshotLSN, want)
	}
	return judgeKeptCopy(rec, before, disk)
}

// judgeValidate expects Validate to say of the log what an Open of the same files reported.
func judgeValidate(rec *journal.Recovery, valid *journal.Report, validErr error, before vfs.Tree) error {
	if _, there := before[base+".log"]; there && validErr != nil {
		return core.Breachf(saysWhatIsSo, "Open succeeded, and Validate refuses %s.log: %v", base, validErr)
	}
	if valid.Markers && rec.Log == valid.Log && !sameTail(valid, rec) {
		return core.Breachf(saysWhatIsSo, "Open reported LSN %d and a tail of %d bytes at offset %d; Validate says LSN %d, and of a tail at offset %d: %v",
			rec.LastLSN, rec.TailBytes, rec.TailOffset, valid.LastLSN, valid.ValidBytes, valid.TailErr)
	}
	return nil
}

// sameTail says whether Validate and Open say the same of a log's end.
func sameTail(valid *journal.Report, rec *journal.Recovery) bool {
	same := valid.LastLSN == rec.LastLSN && (valid.TailErr != nil) == (rec.TailBytes > 0) && valid.TailFrames == rec.TailFrames
	return same && (rec.TailBytes == 0 || valid.ValidBytes == rec.TailOffset)
}

// judgeKeptCopy expects the file that Open names to hold the tail that it reports.
func judgeKeptCopy(rec *journal.Recovery, before vfs.Tree, disk *vfs.Disk) error {
	log := before[base+".log"]
	end := rec.TailOffset + rec.TailBytes
	if rec.TailBytes == 0 || rec.TailInPlace || int64(len(log)) != end {
		return nil // none, or one of an archive
	}
	tail := log[rec.TailOffset:end]
	if zeros := len(bytes.Trim(tail, "\x00")) == 0; zeros != (rec.TailKept == "") {
		return core.Breachf(saysWhatIsSo, "Open reported that a tail of %d bytes (all zeros: %v) is kept as %q", len(tail), zeros, rec.TailKept)
	} else if !zeros && !stillHolds(disk.Tree()[rec.TailKept], tail) {
		return core.Breachf(saysWhatIsSo, "Open reported a tail of %d bytes, and %s, where it is kept, holds other bytes", len(tail), rec.TailKept)
	}
	return nil
}

// coveredIn is the LSN that the snapshot covers, by the newest marker of the newest log
// that names it; not known where the newest log may be another.
func coveredIn(tree vfs.Tree, rec *journal.Recovery) (lsn uint64, known bool) {
	logs := logsIn(tree)
	snapshot, there := tree[base+".qdb"]
	if !there || len(logs) == 0 || tree[base+".log.tmp"] != nil || !rec.Snapshot {
		return 0, false
	}
	end := int64(1) << 62
	if rec.TailBytes > 0 {
		end = rec.TailOffset
	}
	digest := sha256.Sum256(snapshot)
	for _, f := range framesIn(logs[len(logs)-1].content) {
		if m := f.marker; m != nil && f.end() <= end && m.Kind != wire.Commit && m.Snapshot.Digest == digest && m.Snapshot.SizeBytes == int64(len(snapshot)) {
			lsn, known = max(lsn, m.Snapshot.LSN), true
		}
	}
	return lsn, known
}
