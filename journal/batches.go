package journal

import (
	"fmt"

	"powercut/journal/wire"
)

// eachEntry yields the entries of a log that is known to have that length, as
// scanLog does. An error of yield ends it.
func eachEntry(r *logReader, genesis wire.Marker, length int64, yield func(Entry) error) error {
	r.limit = min(r.limit, length)
	s, err := scanLog(r, genesis, yield)
	if err != nil {
		return err
	}
	if s.end != length {
		return &CorruptError{Path: r.path, Offset: s.end, Reason: fmt.Sprintf("want a log of %d bytes", length), Err: s.tail}
	}
	return nil
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
