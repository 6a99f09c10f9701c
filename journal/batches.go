package journal

import (
	"fmt"

	"powercut/journal/wire"
)

// eachEntry yields the entries of a log up to the offset length, in order. A
// batch is in memory as a whole, and proven, before its first entry is
// yielded. The payload belongs to the reader; an error of yield ends it.
func eachEntry(r *logReader, genesis wire.Marker, length int64, yield func(Entry) error) error {
	r.limit = min(r.limit, length)
	s, err := begin(r, genesis)
	if err != nil {
		return err
	}
	var batch []byte
	for r.left() > 0 {
		h, marker, bad, err := r.frame()
		if err != nil {
			return err
		}
		if bad != nil {
			s.tail = bad
			break
		}
		if !marker {
			if batch, err = r.appendNext(batch, wire.HeaderSize+h.Size); err != nil {
				return err
			}
			s.batchEntries++
			continue
		}
		lsn := s.lastLSN
		if err := s.marker(r); err != nil {
			return err
		}
		if s.tail != nil {
			break
		}
		if err := eachInBatch(r.path, batch, lsn, yield); err != nil {
			return err
		}
		batch = batch[:0]
	}
	if s.end != length {
		return &CorruptError{Path: r.path, Offset: s.end, Reason: fmt.Sprintf("want a log of %d bytes", length), Err: s.tail}
	}
	return nil
}

// eachInBatch yields the entries of a proven batch that follows lsn.
func eachInBatch(path string, batch []byte, lsn uint64, yield func(Entry) error) error {
	for len(batch) > 0 {
		h, err := wire.ParseHeader(batch, wire.MaxPayload)
		if err != nil {
			return &CorruptError{Path: path, Reason: "a frame in a proven batch", Err: err}
		}
		payload := batch[wire.HeaderSize : wire.HeaderSize+h.Size]
		batch = batch[wire.HeaderSize+h.Size:]
		lsn++
		if h.Flags&wire.FlagCompressed != 0 {
			if payload, err = wire.Decompress(payload); err != nil {
				return &CorruptError{Path: path, Reason: fmt.Sprintf("the entry with LSN %d", lsn), Err: err}
			}
		}
		if err := yield(Entry{LSN: lsn, Payload: payload, Restricted: h.Flags&wire.FlagRestricted != 0}); err != nil {
			return err
		}
	}
	return nil
}
