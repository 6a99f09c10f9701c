package journal

import (
	"context"
	"errors"
	iofs "io/fs"
	"iter"
	"slices"
)

// errStop ends a walk over entries before its end.
var errStop = errors.New("journal: stop")

// Read iterates over the entries from an LSN on, in order, that were
// acknowledged when the iteration began, for followers and backups. Appends,
// rolls and snapshots may go on meanwhile. Each batch is proven before its
// first entry is yielded; the payload is valid until the next step.
//
// Entries that Prune removed are not there any more: the first LSN yielded may
// be larger than from. A Prune that removes a log while the iteration is on its
// way to it ends it with an error that matches fs.ErrNotExist. A Close ends it
// with ErrClosed at its next step: the files belong to others then, and what is
// found in them proves nothing. An error is yielded last.
func (j *Journal) Read(from uint64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		err := j.read(from, yield)
		if err == nil || errors.Is(err, errStop) {
			return
		}
		if j.ended.Load() {
			err = ErrClosed
		}
		yield(Entry{}, err)
	}
}

// read yields the entries from an LSN up to the last that is applied now: what the
// list of logs is at that moment. A log that is rolled meanwhile keeps its entries.
func (j *Journal) read(from uint64, yield func(Entry, error) bool) error {
	j.mon.Lock()
	if j.closed {
		j.mon.Unlock()
		return ErrClosed
	}
	last := j.lastLSN
	segments := slices.Clone(j.segments)
	if j.next == nil && j.unmade == nil {
		segments = append(segments, j.activeSegment())
	}
	j.mon.Unlock()
	began := false
	each := func(e Entry) error {
		if j.ended.Load() {
			return ErrClosed
		}
		if e.LSN < from {
			return nil
		}
		began = true
		if e.LSN > last || !yield(e, nil) {
			return errStop
		}
		return nil
	}
	for _, s := range segments {
		if s.lastLSN < from || s.firstLSN > s.lastLSN {
			continue
		}
		err := j.readSegment(s, max(from, 1)-1, each)
		if errors.Is(err, iofs.ErrNotExist) && !began && !j.has(s) {
			continue // Prune was here first
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// activeSegment is the active log up to the last entry that the machine was given.
// The monitor is held.
func (j *Journal) activeSegment() segment {
	if j.old != nil {
		return segment{old: true, firstLSN: 1, lastLSN: j.lastLSN, lengthBytes: j.visible, crc: j.old.crc}
	}
	g := j.active.genesis
	return segment{genesis: g, firstLSN: g.LastLSN + 1, lastLSN: j.lastLSN, lengthBytes: j.visible}
}

// readSegment yields the entries of one log, and may leave out those up to an LSN.
func (j *Journal) readSegment(s segment, after uint64, each func(Entry) error) error {
	if s.rotten {
		return &CorruptError{Path: j.archive(s.part), Reason: "the genesis is damaged"}
	}
	r, err := j.openSegment(s)
	if err != nil {
		return err
	}
	defer j.closeReader(r)
	if !s.old {
		return eachEntry(r, s.genesis, s.lengthBytes, after, each)
	}
	return eachProvenOldEntry(r, s.lengthBytes, s.crc, each)
}

// openSegment opens a log by the name that it has now. Close closes it, if the
// reader has not done so before.
func (j *Journal) openSegment(s segment) (*logReader, error) {
	j.mon.Lock()
	defer j.mon.Unlock()
	path := j.archive(s.part)
	if s.part == "" {
		// The active one becomes an archive at any time, and has no name for a
		// moment: so it is opened by an owner of the files.
		if err := j.acquire(context.Background()); err != nil {
			return nil, err // a background context is never done
		}
		defer j.release()
		if j.closed {
			return nil, ErrClosed
		}
		var known bool
		if path, known = j.pathOf(s); !known {
			return nil, &iofs.PathError{Op: "open", Path: "log " + s.genesis.Log.String(), Err: iofs.ErrNotExist}
		}
	}
	if j.closed {
		return nil, ErrClosed
	}
	var r *logReader
	err := j.unlocked(func() (err error) {
		r, err = openSame(j.files, path, s)
		return err
	})
	if err != nil {
		return nil, err
	}
	if j.closed {
		r.close()
		return nil, ErrClosed
	}
	j.readers = append(j.readers, r)
	return r, nil
}

// closeReader closes what openSegment opened. The file is closed with the monitor
// held, so that whoever finds it gone from the list knows that it is closed.
func (j *Journal) closeReader(r *logReader) {
	j.mon.Lock()
	defer j.mon.Unlock()
	if i := slices.Index(j.readers, r); i >= 0 {
		j.readers = slices.Delete(j.readers, i, i+1)
		_ = r.file.Close() // nothing was written
	}
	r.free()
}

// closeReaders takes the files away from those who still read: nothing stays open
// behind Close. The monitor is held.
func (j *Journal) closeReaders() {
	for _, r := range j.readers {
		_ = r.file.Close() // nothing was written
	}
	j.readers = nil
}

// openSame opens a log and makes sure that it is the one that is meant.
func openSame(f files, path string, s segment) (*logReader, error) {
	r, err := openLog(f.fs, path)
	if err != nil {
		return nil, err
	}
	genesis, ok, err := scanGenesis(r)
	if err == nil && (ok == s.old || ok && genesis.Log != s.genesis.Log) {
		err = &CorruptError{Path: path, Reason: "is not the log that it was"}
	}
	if err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// pathOf finds the name of what was the active log, unless Prune removed it.
// The monitor is held.
func (j *Journal) pathOf(s segment) (path string, known bool) {
	for _, a := range j.segments {
		if a.old == s.old && a.genesis.Log == s.genesis.Log {
			return j.archive(a.part), true
		}
	}
	active := j.next == nil && j.unmade == nil && (s.old && j.old != nil || !s.old && j.old == nil && j.active.genesis.Log == s.genesis.Log)
	return j.log(), active
}

// has says whether a log is still a part of the journal.
func (j *Journal) has(s segment) bool {
	j.mon.Lock()
	defer j.mon.Unlock()
	_, known := j.pathOf(s)
	return known
}
