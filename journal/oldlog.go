package journal

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"

	"powercut/journal/wire"
)

// Status is how a walk over a log ended, in the words of the original.
type Status string

// The statuses. The original also knows "oom" and "cancelled": here, memory is
// never claimed for bytes that are not there, and an iterator is stopped by its
// caller. The last four are this package's: a snapshot that can't be restored, a
// log with markers that is damaged, anything of another version, and a log to which
// another program appended.
const (
	StatusOK          Status = "ok"
	StatusBadTail     Status = "badtail"
	StatusIO          Status = "io"
	StatusDeserialize Status = "deserialize"
	StatusDecompress  Status = "decompress"
	StatusSnapshot    Status = "snapshot"
	StatusCorrupt     Status = "corrupt"
	StatusVersion     Status = "version"
	StatusForeign     Status = "foreign"
)

// oldScan is what a walk over a log without markers, written by the original,
// finds.
type oldScan struct {
	path      string
	sizeBytes int64
	preamble  preamble
	entries   int   // good ones
	end       int64 // of the last of them
	framed    int64 // of the last whole frame, whatever its payload is worth
	crc       uint32
	status    Status
	err       error // why it ends before the file does, or why it is refused
}

// scanOld walks over a log by the original's rules. Each payload is decompressed
// and decoded, and yielded unless yield is nil. Behind one that can't be, the
// framing alone is looked at.
func scanOld(r *logReader, yield func(Entry) error) (oldScan, error) {
	s := oldScan{path: r.path, sizeBytes: r.limit, status: StatusOK}
	var err error
	if s.preamble, err = preambleOf(r); err != nil {
		s.status = StatusIO
		return s, err
	}
	s.end, s.framed, s.crc = r.off, r.off, r.sum()
	var scratch []byte
	for r.left() > 0 {
		h, marker, bad, err := r.frame()
		if err != nil {
			s.status = StatusIO
			return s, err
		}
		if marker {
			// The original writes none: this was a log with markers, and
			// something landed on its genesis.
			s.status = StatusCorrupt
			s.err = &CorruptError{Path: r.path, Offset: s.end, Reason: "a marker in a log that has no genesis"}
			break
		}
		if bad != nil {
			if s.status == StatusOK {
				s.status = StatusBadTail
				s.err, err = badTail(r, s.entries, s.end, bad)
			}
			return s, err
		}
		if s.status != StatusOK {
			if err := r.skip(wire.HeaderSize + h.Size); err != nil {
				return s, err
			}
			s.framed = r.off
			continue
		}
		if scratch, err = r.appendNext(scratch[:0], wire.HeaderSize+h.Size); err != nil {
			s.status = StatusIO
			return s, err
		}
		s.framed = r.off
		if err := s.entry(r, h, scratch[wire.HeaderSize:], yield); err != nil {
			return s, err
		}
		if s.status == StatusOK {
			s.entries++
			s.end = r.off
			s.crc = r.sum()
		}
	}
	return s, nil
}

// badTail is a *BadTailError for a frame at an offset that is not whole.
func badTail(r *logReader, entries int, at int64, bad error) (*BadTailError, error) {
	e := &BadTailError{Path: r.path, Entries: entries, ValidBytes: at, Err: bad}
	var err error
	e.FramesBehind, err = holdsFrame(r, at+1)
	return e, err
}

// holdsFrame says whether a whole frame, with a payload that is a value, begins
// anywhere from an offset on.
func holdsFrame(r *logReader, from int64) (bool, error) {
	prefix := binary.LittleEndian.AppendUint32(nil, wire.FramePrefix)
	for from < r.limit {
		r.restart(from, 0)
		window, err := r.peek(readBufferBytes)
		if err != nil {
			return false, err
		}
		i := bytes.Index(window, prefix)
		if i < 0 {
			from += max(1, int64(len(window)-len(prefix)+1))
			continue
		}
		from += int64(i)
		r.restart(from, 0)
		h, _, bad, err := r.frame()
		if err != nil {
			return false, err
		}
		if bad == nil {
			frame, err := r.appendNext(nil, wire.HeaderSize+h.Size)
			if err != nil || checkPayload(h, frame[wire.HeaderSize:]) == nil {
				return err == nil, err
			}
		}
		from++
	}
	return false, nil
}

// checkPayload says what is wrong with the payload of an entry.
func checkPayload(h wire.Header, payload []byte) error {
	if h.Flags&wire.FlagCompressed != 0 {
		plain, err := wire.Decompress(payload)
		if err != nil {
			return err
		}
		payload = plain
	}
	return wire.Check(payload)
}

// entry judges the payload of a whole frame and yields it. A payload that is none ends
// the good part of the log; the error is yield's alone.
func (s *oldScan) entry(r *logReader, h wire.Header, payload []byte, yield func(Entry) error) error {
	fail := func(status Status, err error) {
		s.status = status
		s.err = &CorruptError{Path: s.path, Offset: s.end, Reason: fmt.Sprintf("entry %d, in an intact frame", s.entries+1), Err: err, old: status}
	}
	if h.Flags&wire.FlagCompressed != 0 {
		plain, err := wire.Decompress(payload)
		if err != nil {
			fail(StatusDecompress, err)
			return nil
		}
		payload = plain
	}
	if err := wire.Check(payload); err != nil {
		fail(StatusDeserialize, err)
		return nil
	}
	if yield == nil {
		return nil
	}
	r.entryAt = s.end
	return yield(Entry{LSN: uint64(s.entries + 1), Payload: payload, Restricted: h.Flags&wire.FlagRestricted != 0})
}

// eachOldEntry yields the entries of a log without markers that is known to have
// that many bytes and that checksum. Nothing in such a log proves a part of it:
// only when all was read does the checksum tell whether it was read right, and
// until then nobody may rely on the entries.
func eachOldEntry(r *logReader, lengthBytes int64, crc uint32, yield func(Entry) error) error {
	r.limit = min(r.limit, lengthBytes)
	s, err := scanOld(r, yield)
	switch {
	case err != nil:
		return err
	case s.end != lengthBytes || s.crc != crc:
		// Nothing before that is proven either: a bit of a size may have made frames of
		// what is none. Err tells where it stops making sense.
		return &CorruptError{Path: r.path, Err: s.err,
			Reason: fmt.Sprintf("got %d good bytes with checksum %#08x, want %d with %#08x", s.end, s.crc, lengthBytes, crc)}
	}
	return nil
}

// eachProvenOldEntry is eachOldEntry for a caller that relies on every entry at once.
// It reads the log twice, since it may not fit into memory: the second time, an
// entry must have the checksum that it had when the whole was proven. That takes
// 4 bytes of memory for each entry.
func eachProvenOldEntry(r *logReader, lengthBytes int64, crc uint32, yield func(Entry) error) error {
	var sums []uint32 // of the log up to each entry
	err := eachOldEntry(r, lengthBytes, crc, func(Entry) error {
		sums = append(sums, r.sum())
		return nil
	})
	if err != nil {
		return err
	}
	return eachOldEntry(r, lengthBytes, crc, func(e Entry) error {
		if e.LSN > uint64(len(sums)) || r.sum() != sums[e.LSN-1] {
			return &CorruptError{Path: r.path, Offset: r.off, Reason: fmt.Sprintf("the entry with LSN %d, or one before it, is not what it was a moment ago", e.LSN)}
		}
		return yield(e)
	})
}

// StatusOf names the error of Open, Replay or Validate in the original's
// words.
func StatusOf(err error) Status {
	if err == nil {
		return StatusOK
	}
	if _, ok := errors.AsType[*BadTailError](err); ok {
		return StatusBadTail
	}
	if _, ok := errors.AsType[*SnapshotError](err); ok {
		return StatusSnapshot
	}
	if version, ok := errors.AsType[*VersionError](err); ok {
		return cmp.Or(version.old, StatusVersion)
	}
	if _, ok := errors.AsType[*ForeignError](err); ok {
		return StatusForeign
	}
	if corrupt, ok := errors.AsType[*CorruptError](err); ok {
		return cmp.Or(corrupt.old, StatusCorrupt)
	}
	return StatusIO
}
