package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/afero"

	"powercut/journal/wire"
)

// replay brings the machine to the state that was judged. It changes no file.
// sums, if not nil, sees the head's bytes.
func (j *judgement) replay(m Machine, rec *Recovery, sums *blockSums) error {
	if j.snapshot.present {
		payload, err := j.snapshot.payload()
		if err == nil {
			rec.SnapshotBindings, err = m.Restore(payload)
		}
		if err != nil {
			return &SnapshotError{j.files.snapshot(), err}
		}
		j.snapshot.raw = nil
		rec.Snapshot, rec.SnapshotLSN = true, j.snapshot.ref.LSN
		if s, ok := m.(interface{ Skipped() (int, error) }); ok {
			rec.SnapshotSkipped, rec.SnapshotSkip = s.Skipped()
		}
	}
	var evaluated evaluations
	defer func() {
		rec.EvalErrors, rec.Unsupported, rec.EvalFailures = evaluated.errors, evaluated.unsupported, evaluated.failures
	}()
	apply := func(r *logReader) func(Entry) error {
		return func(e Entry) error {
			if e.LSN > j.snapshot.ref.LSN {
				rec.Entries++
				evaluated.note(e, r.path, r.entryAt, m.Apply(e))
			}
			return nil
		}
	}
	for _, s := range j.chain {
		if s.lastLSN <= j.snapshot.ref.LSN {
			continue
		}
		rec.Archives++
		if err := j.eachInSegment(s, j.snapshot.ref.LSN, apply); err != nil {
			return err
		}
	}
	if err := j.replayHead(apply, rec, sums); err != nil {
		return err
	}
	rec.Doubtful = doubtsOf(m)
	return nil
}

// replayHead applies the entries of the newest log.
func (j *judgement) replayHead(apply func(*logReader) func(Entry) error, rec *Recovery, sums *blockSums) error {
	if j.head == headNone {
		return nil
	}
	r, err := openLog(j.fs, j.headPath)
	if err != nil {
		return err
	}
	defer r.close()
	if j.head == headOld {
		rec.LastLSN, rec.OldLog = uint64(j.old.entries), true
		return eachOldEntry(r, j.old.end, j.old.crc, apply(r))
	}
	rec.LastLSN, rec.Log, rec.Generation = j.scan.lastLSN, j.scan.genesis.Log, j.scan.genesis.Generation
	r.limit = min(r.limit, j.scan.end)
	r.tap, r.tapFrom = sums.feed, sums.from
	if err := eachEntry(r, j.scan.genesis, j.scan.end, j.snapshot.ref.LSN, apply(r)); err != nil || j.adopted == nil {
		return err
	}
	return j.replayAdopted(r, apply(r), rec)
}

// settleFreed comes before recovery writes anything. Prune, or Snapshot, may have died
// before it was durable that an archive, or the snapshot before, is gone: one that comes
// back must not show what is written from here on.
func (j *judgement) settleFreed() error {
	if j.pruned || j.mayHaveReplaced() {
		return j.syncDir()
	}
	return nil
}

// mayHaveReplaced says whether the snapshot may have taken the name of another and is
// not known to have it durably. One that a genesis names is: the log was rolled after.
func (j *judgement) mayHaveReplaced() bool {
	return j.snapshot.present && j.head != headOld && (j.head == headNone || j.snapshot.ref != j.scan.genesis.Snapshot)
}

// makeRecoverable makes durable what was judged, keeps what is cut off, and
// completes what a crash interrupted. Every step can be repeated, and a crash after
// any of them leaves files that are judged the same. It returns the log that entries
// are appended to from now on: nil if the head is a log without markers, or if the
// roll behind it has to wait for space.
func (j *judgement) makeRecoverable(opts Options, rec *Recovery, sums *blockSums) (*newLog, error) {
	var head afero.File
	if j.head != headNone {
		var err error
		if head, err = j.fs.OpenFile(j.headPath, os.O_RDWR, 0); err != nil {
			return nil, fmt.Errorf("journal: opening %s: %w", j.headPath, err)
		}
	}
	active, err := j.settle(head, opts, rec, sums)
	if head != nil && (active == nil || active.file != head) {
		_ = head.Close() // it was synced, and nothing was written since; or there is an error that tells more
	}
	switch {
	case active == nil:
		return nil, err
	case err != nil:
		_ = active.file.Close() // likewise
		return nil, err
	case j.headPath != j.log():
		active.file = j.named(active.file)
	}
	return active, nil
}

// settle takes the steps of makeRecoverable, in the order that the package's
// documentation gives. If a step fails it returns the active log beside the error,
// if that was made already.
func (j *judgement) settle(head afero.File, opts Options, rec *Recovery, sums *blockSums) (*newLog, error) {
	// What needs space comes first. Where even this does, nothing has changed.
	if j.head == headLog {
		if err := j.rewrite(head, rec, sums); err != nil {
			return nil, err
		}
	}
	if err := j.keep(rec); err != nil {
		return nil, err
	}
	active, err := j.activeAfter(head, opts, rec)
	if err != nil {
		return nil, err
	}
	if head != nil {
		if err := j.settleHead(head, rec); err != nil {
			return active, err
		}
	}
	if j.snapshot.present {
		if err := syncFile(j.fs, j.files.snapshot()); err != nil {
			return active, err
		}
	}
	err = j.settleNames(active, rec)
	if _, ok := errors.AsType[*DirSyncError](err); ok && j.head == headNone {
		_ = j.remove(j.log()) // nothing was here before, and the first error tells more
	}
	return active, err
}

// rewrite writes every byte of the head again that no marker claims durable:
// what was read may be in the page cache only, clean, after an fsync that
// failed, and no fsync would write it.
func (j *judgement) rewrite(head afero.File, rec *Recovery, sums *blockSums) error {
	buf := make([]byte, min(sumBlockBytes, j.scan.end-sums.from))
	for i, off := 0, sums.from; off < j.scan.end; i++ {
		b := buf[:min(int64(len(buf)), j.scan.end-off)]
		if err := readFull(head, j.headPath, b, off); err != nil {
			return err
		}
		if got := wire.Checksum(0, b); got != sums.sums[i] {
			return &ReadError{j.headPath, off, fmt.Errorf("journal: read differently a second time: got checksum %#08x, want %#08x", got, sums.sums[i])}
		}
		if err := writeAt(head, b, off); err != nil {
			return fmt.Errorf("journal: writing %s again: %w", j.headPath, err)
		}
		off += int64(len(b))
		rec.RewrittenBytes += int64(len(b))
	}
	return nil
}

// keep keeps aside what is about to be cut off or replaced, and reports the
// last of it. Without space for that, the active log's tail stays where it is. (An
// archive has none, unless the disk damaged it.)
func (j *judgement) keep(rec *Recovery) (err error) {
	type tail struct {
		path     string
		id       wire.LogID
		from, to int64
		reason   error
		frames   uint32
	}
	rec.Foreign = j.foreign
	var tails []tail
	if j.unfinishedBytes > 0 {
		tails = append(tails, tail{path: j.log(), to: j.unfinishedBytes, reason: unfinishedError(j.log())})
	}
	if j.head == headLog && j.scan.end < j.scan.sizeBytes {
		tails = append(tails, tail{j.headPath, j.scan.genesis.Log, j.scan.end, j.scan.sizeBytes, j.scan.tail, j.scan.batchEntries})
	}
	for _, t := range tails {
		rec.TailOffset, rec.TailBytes, rec.TailReason, rec.TailFrames = t.from, t.to-t.from, t.reason, int(t.frames)
		rec.TailKept, err = j.keepTail(t.path, t.id, t.from, t.to)
		if lacksSpace(err) && t.path == j.headPath && !j.isArchived() {
			j.uncut, rec.TailInPlace, err = t.to, true, nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// settleHead cuts off the head's tail, unless that has to wait for space, and
// makes the rest durable.
func (j *judgement) settleHead(head afero.File, rec *Recovery) error {
	if j.head == headLog && j.scan.end < j.scan.sizeBytes && j.uncut == 0 {
		err := head.Truncate(j.scan.end)
		if isNoSpace(err) && !j.isArchived() {
			j.uncut, rec.TailInPlace = j.scan.sizeBytes, true
		} else if err != nil {
			return fmt.Errorf("journal: cutting the tail off %s: %w", j.headPath, err)
		}
	}
	if err := head.Sync(); err != nil {
		return fmt.Errorf("journal: syncing %s: %w", j.headPath, err)
	}
	return nil
}

// settleNames gives the active log its name, removes what interrupted
// protocols left behind, and makes the names durable.
func (j *judgement) settleNames(active *newLog, rec *Recovery) error {
	if j.twice {
		if err := j.remove(j.log()); err != nil {
			return err
		}
		rec.repaired("removed %s, a second name of archive %s", j.log(), j.headPart)
	}
	if active != nil && j.headPath != j.log() {
		if err := j.fs.Rename(j.logTmp(), j.log()); err != nil {
			return fmt.Errorf("journal: naming the new log: %w", err)
		}
		switch {
		case j.nameless:
			rec.repaired("named %s %s again: the disk had lost the rename", j.logTmp(), j.log())
		case j.head != headNone:
			rec.repaired("completed the roll to generation %d", active.genesis.Generation)
		}
		rec.Log, rec.Generation = active.genesis.Log, active.genesis.Generation
	}
	for _, name := range j.names {
		path := filepath.Join(j.dir, name)
		switch {
		case path == j.logTmp() && (active == nil || j.headPath == j.log()),
			path == j.snapshotTmp(),
			j.isTailTmp(name, filepath.Base(j.base)):
			if err := j.remove(path); err != nil {
				return err
			}
			rec.repaired("removed %s, left by an interrupted step", path)
		}
	}
	return j.syncDir()
}

// nextGenesis is that of the log which follows the head.
func (j *judgement) nextGenesis() wire.Marker {
	g := wire.Marker{Generation: j.generation + 1}
	if j.snapshot.present {
		g.Snapshot = j.snapshot.ref
	}
	if j.head == headLog {
		g.LastLSN = j.scan.lastLSN
		g.Previous = previousOf(j.headPart, &j.scan)
	}
	return g
}

// previousOf describes a log that was scanned, for the genesis of the one after it.
func previousOf(part string, s *logScan) wire.Previous {
	return wire.Previous{Kind: wire.PreviousLog, ID: s.genesis.Log, LastLSN: s.lastLSN, LengthBytes: s.end,
		Entries: uint64(s.entries), CRC: s.chain, Archive: part}
}

// headSegment is the archived head as a part of the chain.
func (j *judgement) headSegment() segment {
	return segment{part: j.headPart, genesis: j.scan.genesis, firstLSN: j.scan.firstLSN(), lastLSN: j.scan.lastLSN,
		lengthBytes: j.scan.end, crc: j.scan.chain}
}

// syncFile fsyncs a file by its name.
func syncFile(fs afero.Fs, path string) error {
	file, err := fs.OpenFile(path, os.O_RDWR, 0)
	if err == nil {
		err = syncAndClose(file)
	}
	if err != nil {
		return fmt.Errorf("journal: syncing %s: %w", path, err)
	}
	return nil
}
