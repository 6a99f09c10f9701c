package journal

import (
	"fmt"

	"powercut/journal/wire"
)

// eachEntry yields the entries of a log that is known to have that length, as
// scanAfter does. An error of yield ends it.
func eachEntry(r *logReader, genesis wire.Marker, length int64, after uint64, yield func(Entry) error) error {
	r.limit = min(r.limit, length)
	s, err := scanAfter(r, genesis, after, yield)
	if err != nil {
		return err
	}
	if s.end != length {
		return &CorruptError{Path: r.path, Offset: s.end, Reason: fmt.Sprintf("want a log of %d bytes", length), Err: s.tail}
	}
	return nil
}

// scanAfter is scanLog that need not yield the entries up to an LSN: batches that have no
// other are proven, and never in memory.
func scanAfter(r *logReader, genesis wire.Marker, after uint64, yield func(Entry) error) (logScan, error) {
	s, err := begin(r, genesis)
	if err != nil {
		return s, err
	}
	if yield != nil {
		if err := s.passOver(r, after); err != nil {
			return s, err
		}
		r.hold()
	}
	return s, s.walk(r, yield)
}

// passOver goes behind the last batch that ends with an LSN, or before it.
func (s *logScan) passOver(r *logReader, after uint64) error {
	if after <= s.lastLSN {
		return nil
	}
	ahead := *s
	ahead.passing, ahead.after, ahead.passed = true, after, s
	err := ahead.walk(r, nil)
	r.back(s.end, s.chain)
	return err
}

// eachInBatch yields the entries of a proven batch that follows lsn and ends at an
// offset of the file.
func eachInBatch(r *logReader, batch []byte, end int64, lsn uint64, yield func(Entry) error) error {
	for len(batch) > 0 {
		r.entryAt = end - int64(len(batch))
		var flags uint8
		var payload []byte
		flags, payload, batch = wire.CutFrame(batch)
		lsn++
		if flags&wire.FlagCompressed != 0 {
			var err error
			if r.plain, err = wire.AppendDecompressed(r.plain[:0], payload); err != nil {
				return &CorruptError{Path: r.path, Reason: fmt.Sprintf("the entry with LSN %d", lsn), Err: err}
			}
			payload = r.plain
		}
		if err := yield(Entry{LSN: lsn, Payload: payload, Restricted: flags&wire.FlagRestricted != 0}); err != nil {
			return err
		}
	}
	return nil
}
