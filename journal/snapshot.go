package journal

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"

	"powercut/journal/wire"
)

// Snapshot writes the machine's state to <base>.qdb and rolls the log: the
// next recovery begins there. It covers every entry acknowledged before.
//
// An incomplete state is refused with an *IncompleteError, unless
// Options.AllowIncomplete accepts it. A state larger than the format allows is
// ErrTooLarge. Without space the error
// matches ErrRefused and the journal goes on, with the old snapshot or, if only
// the roll was refused, with the new one. After a failed fsync it matches
// ErrPoisoned. ctx is as in Sync.
func (j *Journal) Snapshot(ctx context.Context) error {
	return j.exclusively(ctx, "snapshot", func() error {
		if err := j.checkComplete(); err != nil {
			return err
		}
		payload, err := j.machine.Snapshot()
		if err != nil {
			return fmt.Errorf("journal: the machine's snapshot: %w", err)
		}
		if size := int64(len(payload)); size < 1 || size > wire.MaxSnapshot-wire.HeaderSize {
			return fmt.Errorf("%w: snapshot of %d bytes, want 1 to %d", ErrTooLarge, size, wire.MaxSnapshot-wire.HeaderSize)
		}
		if err := j.unlocked(func() error { return j.writeSnapshot(payload) }); err != nil {
			return err
		}
		j.stats.Snapshots++
		if err := j.unlocked(j.roll); err != nil {
			return fmt.Errorf("journal: the snapshot is durable, but not the roll: %w", err)
		}
		j.stats.Rolls++
		return nil
	})
}

// writeSnapshot puts a snapshot in place that covers all that was written.
func (j *Journal) writeSnapshot(payload []byte) error {
	if err := j.ready(); err != nil {
		return err
	}
	header := wire.AppendHeader(nil, wire.Header{Type: wire.TypeOwnSnapshot, Size: int64(len(payload))})
	ref := wire.SnapshotRef{LSN: j.written, SizeBytes: int64(len(header) + len(payload))}
	sum := sha256.New()
	sum.Write(header)
	sum.Write(payload)
	sum.Sum(ref.Digest[:0])
	if err := j.writeSnapshotTmp(header, payload); err != nil {
		_ = j.remove(j.snapshotTmp()) // the first error tells more, and a leftover does no harm
		return err
	}
	// The log must name the snapshot before the snapshot has its name: it is
	// by this marker that recovery knows which entries it covers.
	err := j.writeMarked(j.noFrames(), &wire.Marker{Kind: wire.SnapshotMarker, Snapshot: ref})
	if err == nil {
		err = j.syncLog()
	}
	if err == nil {
		err = j.move(j.snapshotTmp(), j.files.snapshot())
	}
	if err != nil {
		_ = j.remove(j.snapshotTmp()) // as above
		return err
	}
	j.snapshotDue = &ref
	return j.syncNames()
}

// writeSnapshotTmp makes the file anew: after half a rename, the name may be a
// second one of the snapshot that is in place.
func (j *Journal) writeSnapshotTmp(header, payload []byte) error {
	tmp := j.snapshotTmp()
	if err := j.remove(tmp); err != nil {
		return err
	}
	file, err := j.fs.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return fmt.Errorf("journal: creating a snapshot: %w", err)
	}
	err = writeAt(file, header, 0)
	if err == nil {
		err = writeAt(file, payload, int64(len(header)))
	}
	if err != nil {
		_ = file.Close() // the first error tells more
		return fmt.Errorf("journal: writing a snapshot: %w", err)
	}
	if err := file.Sync(); err != nil {
		_ = file.Close() // the first error tells more
		return dead(fmt.Errorf("journal: syncing a snapshot: %w", err))
	}
	j.io.Fsyncs++
	if err := file.Close(); err != nil {
		return fmt.Errorf("journal: closing a snapshot: %w", err)
	}
	return nil
}
