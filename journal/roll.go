package journal

import (
	"context"
	"errors"
	"fmt"
	"math"

	"powercut/journal/wire"
)

// Roll ends the active log, which becomes an archive, and begins a new one. No
// archive ever takes the name of another. Recovery reads the archives that no
// snapshot covers.
//
// Without space the error matches ErrRefused and the journal goes on; after a
// failed fsync it matches ErrPoisoned. ctx is as in Sync.
func (j *Journal) Roll(ctx context.Context) error {
	return j.exclusively(ctx, "roll", func() error {
		if err := j.unlocked(j.roll); err != nil {
			return err
		}
		j.stats.Rolls++
		return nil
	})
}

// roll rolls the active log, of whichever kind. Like all that follows it runs
// with the monitor free, owning the files.
func (j *Journal) roll() error {
	if j.old != nil {
		return j.rollOld()
	}
	if j.unmade != nil {
		return j.makeNext()
	}
	if err := j.ready(); err != nil {
		return err
	}
	if err := j.claim(false); err != nil {
		return err
	}
	if err := j.trim(); err != nil {
		return err
	}
	a := &j.active
	part, err := j.newArchivePart(j.opts.Now(), a.genesis.Generation, a.genesis.Log)
	if err != nil {
		return err
	}
	prev := wire.Previous{Kind: wire.PreviousLog, ID: a.genesis.Log, LastLSN: j.written, LengthBytes: a.tail, Entries: a.entries, CRC: a.chain, Archive: part}
	next, err := j.createNext(prev)
	if err != nil {
		return err
	}
	// Here an fsync of the active log would have nothing to do: claim was the
	// last to write, and ended with one.
	return j.rename(next, segment{part: part, genesis: a.genesis, firstLSN: a.genesis.LastLSN + 1, lastLSN: j.written, lengthBytes: a.tail, crc: a.chain})
}

// rollOld rolls a log without markers, which is never appended to.
func (j *Journal) rollOld() error {
	if j.next != nil {
		return j.finishRoll()
	}
	if !j.opts.AdoptForeign {
		return &OldLogError{Path: j.log(), Entries: j.old.entries}
	}
	if err := j.checkEvaluated("to set the log aside would keep what they did from the program that can evaluate them, which reads no archive"); err != nil {
		return err
	}
	old := j.old
	part, err := j.newArchivePart(j.opts.Now(), 0, wire.LogID{})
	if err != nil {
		return err
	}
	prev := wire.Previous{Kind: wire.PreviousOld, LastLSN: uint64(old.entries), LengthBytes: old.end, Entries: uint64(old.entries), CRC: old.crc, Archive: part}
	next, err := j.createNext(prev)
	if err != nil {
		return err
	}
	// Only the new log's genesis tells that this archive belongs to the
	// journal: its name must not be lost when the archive's comes back.
	if err := j.syncNames(); err != nil {
		_ = next.file.Close() // the first error tells more
		return err
	}
	return j.rename(next, segment{part: part, old: true, firstLSN: 1, lastLSN: uint64(old.entries), lengthBytes: old.end, crc: old.crc})
}

// createNext makes the log that follows prev, without its name.
func (j *Journal) createNext(prev wire.Previous) (*newLog, error) {
	if j.generation == math.MaxUint64 {
		return nil, fmt.Errorf("%w: generation %d is the last that there is", ErrTooLarge, j.generation)
	}
	next, syncFailed, err := j.createLog(j.opts.Entropy, wire.Marker{Generation: j.generation + 1, LastLSN: j.written, Snapshot: j.snapshot, Previous: prev})
	if syncFailed {
		return nil, dead(err)
	}
	if err == nil {
		j.io.Fsyncs++
	}
	return next, err
}

// rename makes the active log an archive. From here on the roll can't be taken
// back: what fails for lack of space is done before the next write.
func (j *Journal) rename(next *newLog, s segment) error {
	if err := j.move(j.log(), j.archive(s.part)); err != nil {
		_ = next.file.Close() // the first error tells more
		// If nobody knows which name the old log has, the new one's genesis may
		// be all that tells where the entries are.
		if !failureOf(err).poisons {
			_ = j.remove(j.logTmp()) // a leftover does no harm
		}
		return err
	}
	j.mon.Lock()
	j.segments = append(j.segments, s)
	j.next = next
	j.mon.Unlock()
	// No fsync of the directory here: a name that is taken again persists only
	// with the rename that gave it up, so that wherever the new log is found
	// under its name, the archive is found under its own.
	return j.finishRoll()
}

// move renames a file. A rename that reports failure may have taken effect all
// the same; an error that is no failure says that it has not.
func (j *Journal) move(from, to string) error {
	err := j.fs.Rename(from, to)
	if err == nil {
		return nil
	}
	still, statErr := j.exists(from)
	switch {
	case statErr != nil:
		return dead(fmt.Errorf("%w, and then: %w", err, statErr))
	case still:
		return err
	}
	return nil
}

// finishRoll gives the new log its name and goes over to it. Called again after only
// the names could not be made durable, it does not rename once more: that could tell
// nothing new, and a failure would put in doubt what is known.
func (j *Journal) finishRoll() error {
	if !j.next.renamed {
		if err := j.move(j.logTmp(), j.log()); err != nil {
			return err
		}
		j.next.renamed = true
	}
	if err := j.syncNames(); err != nil {
		return err
	}
	if j.active.file != nil {
		_ = j.active.file.Close() // it was synced, and nothing was written since
	}
	j.next.file = j.named(j.next.file)
	j.mon.Lock()
	j.adopt(j.next)
	j.next, j.old = nil, nil
	j.visible = j.active.tail
	j.mon.Unlock()
	return nil
}

// syncNames makes the names in the directory durable; that this failed is a
// failed fsync like any other. Where the directory can't be opened there was none yet:
// nothing else is written then until there was.
func (j *Journal) syncNames() error {
	j.namesDue = true
	err := j.syncDir()
	if _, unopened := errors.AsType[*unopenedError](err); unopened {
		return err
	}
	if err != nil {
		return dead(err)
	}
	j.io.Fsyncs++
	j.namesDue = false
	if j.snapshotDue != nil {
		j.snapshot, j.snapshotDue = *j.snapshotDue, nil
	}
	return nil
}

// syncNamesDue does what an earlier operation could not.
func (j *Journal) syncNamesDue() error {
	if !j.namesDue {
		return nil
	}
	return j.syncNames()
}
