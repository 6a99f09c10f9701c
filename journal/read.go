package journal

import (
	"errors"
	"fmt"
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
// be larger than from. An error is yielded last.
func (j *Journal) Read(from uint64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if err := j.read(from, yield); err != nil && !errors.Is(err, errStop) {
			yield(Entry{}, err)
		}
	}
}

func (j *Journal) read(from uint64, yield func(Entry, error) bool) error {
	j.mon.Lock()
	if j.closed {
		j.mon.Unlock()
		return ErrClosed
	}
	last := j.lastLSN
	segments := slices.Clone(j.segments)
	if j.next == nil {
		segments = append(segments, j.activeSegment())
	}
	j.mon.Unlock()
	each := func(e Entry) error {
		if e.LSN < from {
			return nil
		}
		if e.LSN > last || !yield(e, nil) {
			return errStop
		}
		return nil
	}
	for _, s := range segments {
		if s.lastLSN < from || s.firstLSN > s.lastLSN {
			continue
		}
		if err := j.readSegment(s, each); err != nil {
			return err
		}
	}
	return nil
}

// activeSegment is the active log as far as its entries are acknowledged. The
// monitor is held.
func (j *Journal) activeSegment() segment {
	if j.old != nil {
		return segment{old: true, firstLSN: 1, lastLSN: j.lastLSN, lengthBytes: j.visible, crc: j.old.crc}
	}
	g := j.active.genesis
	return segment{genesis: g, firstLSN: g.LastLSN + 1, lastLSN: j.lastLSN, lengthBytes: j.visible}
}

func (j *Journal) readSegment(s segment, each func(Entry) error) error {
	r, err := j.openSegment(s)
	if errors.Is(err, iofs.ErrNotExist) && j.pruned(s) {
		return nil
	}
	if err != nil {
		return err
	}
	defer r.close()
	if !s.old {
		return eachEntry(r, s.genesis, s.lengthBytes, each)
	}
	// Nothing in such a log proves a part of it.
	r.limit = min(r.limit, s.lengthBytes)
	whole, err := scanOld(r, true, nil)
	if err == nil && (whole.end != s.lengthBytes || whole.crc != s.crc) {
		err = &CorruptError{Path: r.path, Offset: whole.end, Reason: fmt.Sprintf("got checksum %#08x, want %#08x", whole.crc, s.crc), Err: whole.err}
	}
	if err != nil {
		return err
	}
	_, err = scanOld(r, true, each)
	return err
}

// openSegment opens a log by the name that it has now: the active one becomes
// an archive at any time.
func (j *Journal) openSegment(s segment) (r *logReader, err error) {
	const attempts = 8 // a roll each, between two steps of this loop
	for range attempts {
		path := j.pathOf(s)
		if r, err = openLog(j.fs, path); err != nil {
			if errors.Is(err, iofs.ErrNotExist) && path != j.pathOf(s) {
				continue
			}
			return nil, err
		}
		genesis, ok, err := scanGenesis(r)
		if err != nil {
			r.close()
			return nil, err
		}
		if ok != s.old && (!ok || genesis.Log == s.genesis.Log) {
			return r, nil
		}
		r.close()
		if path == j.pathOf(s) && s.part != "" {
			return nil, &CorruptError{Path: path, Reason: "is not the log that it was"}
		}
	}
	return nil, fmt.Errorf("journal: no log %v found", s.genesis.Log)
}

func (j *Journal) pathOf(s segment) string {
	if s.part != "" {
		return j.archive(s.part)
	}
	j.mon.Lock()
	defer j.mon.Unlock()
	for _, known := range j.segments {
		if known.old == s.old && known.genesis.Log == s.genesis.Log && (!s.old || known.crc == s.crc) {
			return j.archive(known.part)
		}
	}
	return j.log()
}

// pruned says that a segment is not part of the journal any more.
func (j *Journal) pruned(s segment) bool {
	j.mon.Lock()
	defer j.mon.Unlock()
	for _, known := range j.segments {
		if known.part == s.part {
			return false
		}
	}
	return s.part != "" || j.active.genesis.Log != s.genesis.Log
}
