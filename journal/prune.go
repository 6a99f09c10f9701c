package journal

import (
	"context"
	"errors"
	"fmt"
	iofs "io/fs"

	"powercut/journal/wire"
)

// Prune removes the archives all of whose entries the snapshot in place
// covers, and no other file. It makes sure first that the snapshot can be read
// and is the one that the log names. ctx is as in Sync.
//
// If an archive can't be removed the error matches ErrRefused, and a later
// Prune goes on.
func (j *Journal) Prune(ctx context.Context) error {
	return j.exclusively(ctx, "prune", func() error { return j.unlocked(j.prune) })
}

// prune removes archives, the monitor free and the files owned.
func (j *Journal) prune() error {
	if err := j.syncNamesDue(); err != nil {
		return err
	}
	if j.snapshot == (wire.SnapshotRef{}) || len(j.segments) == 0 || j.segments[0].lastLSN > j.snapshot.LSN {
		return nil
	}
	// As long as a roll is not complete, the newest archive is all that says
	// which entries the snapshot covers. Whatever else waits for space can go on
	// waiting: there is more once this is done.
	if j.next != nil {
		if err := j.finishRoll(); err != nil {
			return err
		}
	}
	found, err := j.readSnapshot()
	if err != nil {
		return err
	}
	if !found.present || found.ref.Digest != j.snapshot.Digest {
		return &CorruptError{Path: j.files.snapshot(), Reason: "is not the snapshot that the log names"}
	}
	needed := 0 // the newest
	if j.unmade != nil {
		needed = 1
	}
	for len(j.segments) > needed && j.segments[0].lastLSN <= j.snapshot.LSN {
		// The oldest first, and each durably before the next: so the chain back from the
		// active log stays whole, and no archive comes back that no log leads to.
		gone, err := j.removeSegment(j.segments[0])
		if gone {
			j.mon.Lock()
			j.segments = j.segments[1:]
			j.mon.Unlock()
		}
		if err != nil {
			return fmt.Errorf("journal: prune: %w", err)
		}
		// Besides, on some filesystems a removed file whose removal is not durable may
		// come back with what was written since to the blocks that it gave up.
		if err := j.syncNames(); err != nil {
			return err
		}
	}
	return nil
}

// removeSegment removes an archive, unless another log has its name by now: that one is
// not covered. It says whether the archive is gone, which it may be beside an error: then
// nobody may look for it any more.
func (j *Journal) removeSegment(s segment) (gone bool, err error) {
	r, err := openLog(j.fs, j.archive(s.part))
	if errors.Is(err, iofs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	genesis, ok, err := scanGenesis(r)
	r.close()
	if _, later := errors.AsType[*VersionError](err); err != nil && !later {
		return false, err
	}
	if ok && genesis.Log != s.genesis.Log {
		return false, &CorruptError{Path: r.path, Reason: "is not the log that it was"}
	}
	if err := j.remove(r.path); err != nil {
		// It may be gone all the same. That is made durable before anything else is
		// written, so that it does not come back with what was written to its blocks.
		j.namesDue = true
		there, statErr := j.exists(r.path)
		return statErr == nil && !there, err
	}
	return true, nil
}
