package journal

import (
	"cmp"
	"errors"
	"fmt"

	"powercut/journal/wire"
)

// logScan is what a walk over a log with markers finds.
type logScan struct {
	path      string
	genesis   wire.Marker
	sizeBytes int64
	end       int64 // of the last good marker: what is beyond is no part of the log
	lastLSN   uint64
	chain     uint32 // CRC of the last good marker
	// claimsAll: the last good marker says that all before it was durable.
	claimsAll bool
	// sealed: the last good marker is that of a Close, or the genesis, behind
	// which this package writes another marker first.
	sealed     bool
	entries    int    // in the log up to end
	claimed    int64  // how far good markers say that the bytes were durable
	claimedLSN uint64 // of the last entry in them
	snapshots  []wire.SnapshotRef
	// tail is why the log ends before the file does, nil if it doesn't.
	tail error
	// later: the log ends at a marker of a version or kind that is not known.
	later *VersionError

	batchEntries uint32 // whole frames since end

	passing bool     // over batches of which no entry is wanted
	after   uint64   // the LSN of the last entry that is not wanted
	passed  *logScan // what the scan was behind the last batch that has no other
}

func (s *logScan) firstLSN() uint64 { return s.genesis.LastLSN + 1 }

// scanGenesis reads the first frame. ok is false if it is not a genesis that
// proves itself; a marker that does, and is of a version or kind that is not
// known, is a *VersionError.
func scanGenesis(r *logReader) (m wire.Marker, ok bool, err error) {
	r.restart(0, 0)
	frame, err := r.peek(wire.MaxLaterSize)
	if err != nil {
		return m, false, err
	}
	m, err = wire.ParseMarker(frame, 0)
	if unknown, is := errors.AsType[*wire.UnknownMarkerError](err); is && unknown.Proven {
		return m, false, laterMarker(r.path, 0, unknown)
	}
	return m, err == nil && m.Kind == wire.Genesis, nil
}

// begin starts a scan behind the genesis.
func begin(r *logReader, genesis wire.Marker) (logScan, error) {
	r.restart(0, 0)
	if err := r.skip(genesis.Size()); err != nil {
		return logScan{}, err
	}
	r.reseed(genesis.CRC)
	s := logScan{path: r.path, genesis: genesis, sizeBytes: r.limit}
	s.accept(&genesis, genesis.Size())
	return s, nil
}

// scanLog walks over the log and proves every batch. It takes constant memory if
// yield is nil. Otherwise a batch is in memory as a whole, and proven, before its
// first entry is yielded; the payload belongs to the reader. With holdAtMost, one that
// is not proven yet takes no more than that. The error is a
// *ReadError, or yield's; what is wrong with the bytes is in the scan.
func scanLog(r *logReader, genesis wire.Marker, yield func(Entry) error) (logScan, error) {
	return scanAfter(r, genesis, 0, yield)
}

// walk goes over batches as long as they are good.
func (s *logScan) walk(r *logReader, yield func(Entry) error) error {
	for s.tail == nil && r.left() > 0 && !(s.passing && s.lastLSN > s.after) {
		if some, err := s.commits(r, yield); some || err != nil {
			if err != nil {
				return err
			}
			continue
		}
		if n := r.skipEntries(); n > 0 {
			s.batchEntries += uint32(n)
			continue
		}
		h, marker, bad, err := r.frame()
		switch {
		case err != nil:
			return err
		case bad != nil:
			s.tail = bad
		case marker:
			if err := s.batch(r, yield); err != nil {
				return err
			}
		default:
			s.batchEntries++
			if err := r.skip(wire.HeaderSize + h.Size); err != nil {
				return err
			}
		}
	}
	if s.tail == nil && s.end < r.limit && r.left() == 0 {
		s.tail = fmt.Errorf("journal: %d whole frames without a commit", s.batchEntries)
	}
	return nil
}

// endsThere reads once more what is no part of the log, which is about to be cut off: one
// read that went wrong must not cost what is whole.
func (s *logScan) endsThere(r *logReader) error {
	if s.tail == nil {
		return nil
	}
	again := *s
	again.tail, again.batchEntries = nil, 0
	r.restart(s.end, s.chain)
	if err := again.walk(r, nil); err != nil {
		return err
	}
	return s.sameAgain(again.end == s.end)
}

// sameAgain is an error if what is behind the end was read differently a second time.
func (s *logScan) sameAgain(same bool) error {
	if same {
		return nil
	}
	return &ReadError{s.path, s.end, errors.New("journal: read differently a second time")}
}

// commits goes on behind what is in the reader's buffer as a whole, entries and commits
// that fit, and does for them what the loop of scanLog does, but quickly: a log of one
// writer is nothing else. It leaves alone what is anything else, and says whether it
// went on at all. The error is yield's.
func (s *logScan) commits(r *logReader, yield func(Entry) error) (some bool, err error) {
	var m wire.Marker
	for {
		if n := r.skipEntries(); n > 0 {
			s.batchEntries += uint32(n)
			some = true
		}
		if !m.ParseCommit(r.buf[r.start:r.end], r.off) || r.letGo || s.fits(&m, r.off, r.sum()) != nil {
			return some, nil
		}
		var frames []byte
		if yield != nil {
			frames = r.held()
		}
		r.pass(wire.CommitSize, m.CRC)
		before := s.lastLSN
		s.accept(&m, r.off)
		some = true
		if yield == nil {
			continue
		}
		r.hold()
		if err := eachInBatch(r, frames, m.Offset, before, yield); err != nil {
			return some, err
		}
	}
}

// batch judges the marker that comes next and, if it fits, goes on behind it and
// yields the entries before it.
func (s *logScan) batch(r *logReader, yield func(Entry) error) error {
	frame, err := r.peek(wire.MaxMarkerSize)
	if err != nil {
		return err
	}
	var m wire.Marker
	bad := m.Parse(frame, r.off)
	if _, unknown := errors.AsType[*wire.UnknownMarkerError](bad); unknown {
		if frame, err = r.peek(wire.MaxLaterSize); err != nil {
			return err
		}
		_, bad = wire.ParseMarker(frame, r.off)
		if unknown, _ := errors.AsType[*wire.UnknownMarkerError](bad); unknown.Proven {
			s.later = laterMarker(r.path, r.off, unknown)
			bad = s.later
		}
	}
	if bad == nil {
		bad = s.fits(&m, r.off, r.sum())
	}
	if bad != nil {
		s.tail = bad
		return nil
	}
	var frames []byte
	if yield != nil {
		if err := s.holdAgain(r, &m); err != nil {
			return err
		}
		frames = r.held()
	}
	if err := r.skip(m.Size()); err != nil { // all of it is in the buffer
		return err
	}
	r.reseed(m.CRC)
	before := s.lastLSN
	s.accept(&m, r.off)
	if yield == nil {
		return nil
	}
	r.hold()
	return eachInBatch(r, frames, m.Offset, before, yield)
}

// holdAgain reads the batch of a marker that fits once more, if the reader let go of it.
func (s *logScan) holdAgain(r *logReader, m *wire.Marker) error {
	if !r.letGo {
		return nil
	}
	atMost := r.holdAtMost
	r.holdAtMost = 0
	defer func() { r.holdAtMost = atMost }()
	r.restart(s.end, s.chain)
	r.hold()
	if err := r.skip(m.BatchBytes); err != nil {
		return err
	}
	if err := s.sameAgain(r.sum() == m.BatchCRC); err != nil {
		return err
	}
	_, err := r.peek(int(m.Size())) // the marker, which is in the buffer again
	return err
}

// fits says whether a marker that proves itself continues this log.
func (s *logScan) fits(m *wire.Marker, off int64, crc uint32) error {
	switch {
	case m.Kind == wire.Genesis:
		return fmt.Errorf("journal: a genesis inside a log")
	case m.Log != s.genesis.Log || m.Generation != s.genesis.Generation:
		return fmt.Errorf("journal: marker of log %v generation %d, want %v generation %d", m.Log, m.Generation, s.genesis.Log, s.genesis.Generation)
	case m.BatchBytes != off-s.end:
		return fmt.Errorf("journal: marker for a batch of %d bytes, got %d", m.BatchBytes, off-s.end)
	case m.BatchCRC != crc:
		return fmt.Errorf("journal: checksum of a batch: got %#08x, want %#08x", crc, m.BatchCRC)
	case m.Entries != s.batchEntries || m.LastLSN != s.lastLSN+uint64(m.Entries):
		return fmt.Errorf("journal: marker for %d entries up to LSN %d, got %d after LSN %d", m.Entries, m.LastLSN, s.batchEntries, s.lastLSN)
	case m.DurableBytes < 0 || m.DurableBytes > off:
		return fmt.Errorf("journal: marker claims %d bytes, stands at %d", m.DurableBytes, off)
	}
	return nil
}

// accept takes a marker that fits, or the genesis, for the last good one. It ends at
// end.
func (s *logScan) accept(m *wire.Marker, end int64) {
	s.lastLSN, s.end = m.LastLSN, end
	s.chain, s.claimsAll, s.sealed = m.CRC, m.DurableBytes == m.Offset, m.Sealed
	s.entries += int(m.Entries)
	s.batchEntries = 0
	if m.DurableBytes >= s.claimed {
		s.claimed, s.claimedLSN = m.DurableBytes, m.DurableLSN
	}
	if m.Kind == wire.SnapshotMarker {
		s.snapshots = append(s.snapshots, m.Snapshot)
	}
	if s.passing && s.lastLSN <= s.after {
		passed := s.passed
		*passed = *s
		passed.passing, passed.passed = false, nil
	}
}

// refusal says why what is beyond the log's end may not be taken for a tail: a
// surviving marker claims bytes there, which makes it damage; a marker of another
// version stands there; or, behind a sealed marker, entries of another program.
func (s *logScan) refusal(r *logReader) error {
	if s.later != nil {
		return s.later
	}
	if s.tail == nil {
		return nil
	}
	var claim *wire.Marker   // that the bytes behind the end were durable
	var likely *VersionError // a marker of this log that a later version wrote, it seems
	ours := false            // any marker of this log stands there
	err := findMarkers(r, s.end, func(m wire.Marker) bool {
		if m.Log != s.genesis.Log {
			return true
		}
		ours = true
		if m.DurableBytes > s.end {
			claim = &m
		}
		return claim == nil
	}, func(off int64, unknown *wire.UnknownMarkerError) {
		if unknown.Log == s.genesis.Log && (likely == nil || unknown.Proven && !likely.proven) {
			likely = laterMarker(r.path, off, unknown)
		}
	})
	switch {
	case err != nil:
		return err
	case likely != nil && likely.proven:
		return likely
	case claim != nil:
		return &CorruptError{Path: s.path, Offset: s.end, Err: s.tail, Reason: fmt.Sprintf(
			"the marker at offset %d claims the first %d bytes, up to LSN %d, durable", claim.Offset, claim.DurableBytes, claim.DurableLSN)}
	case likely != nil:
		return likely
	case ours || !s.sealed:
		return nil
	}
	// What is not refused is cut off, so it is read twice, as in endsThere.
	foreign, err := s.isForeign(r)
	if err != nil {
		return err
	}
	again, err := s.isForeign(r)
	if err = cmp.Or(err, s.sameAgain(again == foreign)); err != nil || !foreign {
		return err
	}
	entries, err := wholeEntries(r, s.end)
	if err != nil {
		return err
	}
	return &ForeignError{Path: s.path, Offset: s.end, Bytes: s.sizeBytes - s.end, Entries: entries, LastLSN: s.lastLSN}
}

// isForeign says whether whole entries stand directly behind a sealed marker. This
// package would have written a marker there first; but a power cut may have left so
// little of that marker that it looks like an entry's frame.
func (s *logScan) isForeign(r *logReader) (bool, error) {
	r.restart(s.end, 0)
	h, is, err := r.foreignFrame()
	if err != nil || !is {
		return false, err
	}
	head, err := r.peek(wire.MarkerPrefixSize)
	if err != nil || wire.MayBeTornMarker(head, s.end, sectorBytes) {
		return false, err
	}
	frame, err := r.appendNext(nil, wire.HeaderSize+h.Size)
	return err == nil && checkPayload(h, frame[wire.HeaderSize:]) == nil, err
}

// foreignFrame looks at the frame that comes next: is is false unless it is whole, and no
// marker, nor what rotted of one.
func (r *logReader) foreignFrame() (h wire.Header, is bool, err error) {
	h, marker, bad, err := r.frame()
	if err != nil || bad != nil || marker {
		return h, false, err
	}
	head, err := r.peek(wire.MarkerPrefixSize)
	if err != nil || nearlyMagic(head) {
		return h, false, err
	}
	return h, true, nil
}

// wholeEntries counts those frames from an offset on.
func wholeEntries(r *logReader, from int64) (n int, err error) {
	for r.restart(from, 0); r.left() > 0; n++ {
		h, is, err := r.foreignFrame()
		if err != nil || !is {
			return n, err
		}
		if err := r.skip(wire.HeaderSize + h.Size); err != nil {
			return n, err
		}
	}
	return n, nil
}

// nearlyMagic says whether a frame begins as a marker's does but for one byte of the magic,
// or but for what stands before that: then it was one, and a bit rotted.
func nearlyMagic(head []byte) bool {
	at := wire.MarkerPrefixSize - len(wire.MarkerMagic)
	if len(head) < wire.MarkerPrefixSize {
		return false
	}
	same := 0
	for i := range len(wire.MarkerMagic) {
		if head[at+i] == wire.MarkerMagic[i] {
			same++
		}
	}
	return same >= len(wire.MarkerMagic)-1
}

// sectorBytes is what a disk writes as a whole or not at all.
const sectorBytes = 512
