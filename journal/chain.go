package journal

import (
	"cmp"
	"fmt"
	"slices"

	"powercut/journal/wire"
)

// segment is one log of the chain that leads up to the active one, as the genesis of
// the log after it describes it.
type segment struct {
	part        string // of the archive's name
	old         bool   // without markers
	rotten      bool   // its genesis did not prove itself
	genesis     wire.Marker
	firstLSN    uint64
	lastLSN     uint64
	lengthBytes int64
	crc         uint32 // of its last marker; of an old log, of it all
}

// walkBack finds the logs before the head: those that the snapshot does not
// cover must be there and whole, older ones may be.
func (j *judgement) walkBack(archives []archived) error {
	needFrom := j.snapshot.ref.LSN + 1
	if j.scan.lastLSN+1 < needFrom {
		return &CorruptError{Path: j.headPath, Offset: j.scan.end, Reason: fmt.Sprintf("ends at LSN %d, but the snapshot covers LSN %d", j.scan.lastLSN, needFrom-1)}
	}
	genesis := j.scan.genesis
	byLog := make(map[wire.LogID]archived, len(archives))
	for _, a := range slices.Backward(archives) { // of two the first counts
		byLog[a.genesis.Log] = a
	}
	defer func() { slices.Reverse(j.chain) }() // found from the newest to the oldest
	for {
		needed := genesis.LastLSN+1 > needFrom
		prev := genesis.Previous
		if prev.Kind == wire.NoPrevious {
			if needed {
				return &CorruptError{Path: j.headPath, Reason: fmt.Sprintf("no log holds the entries from LSN %d to %d", needFrom, genesis.LastLSN)}
			}
			return nil
		}
		s, found, err := j.previous(prev, byLog, needed)
		if err != nil {
			return err
		}
		if !found {
			if needed {
				return &CorruptError{Path: j.archive(prev.Archive), Reason: fmt.Sprintf("is missing, with entries up to LSN %d", prev.LastLSN)}
			}
			j.pruned = true
			return nil
		}
		if s.rotten {
			s.guess(genesis.Generation-1, archives)
		}
		j.chain = append(j.chain, s)
		if s.old {
			if needed && s.firstLSN > needFrom {
				return &CorruptError{Path: j.archive(s.part), Reason: fmt.Sprintf("no log holds the entries from LSN %d to %d", needFrom, s.firstLSN-1)}
			}
			return nil
		}
		genesis = s.genesis
	}
}

// previous finds the log that a genesis continues, and proves it if it is
// needed.
func (j *judgement) previous(prev wire.Previous, archives map[wire.LogID]archived, needed bool) (s segment, found bool, err error) {
	s = segment{part: prev.Archive, lastLSN: prev.LastLSN, lengthBytes: prev.LengthBytes, crc: prev.CRC}
	if prev.Kind == wire.PreviousOld {
		s.old, s.firstLSN = true, prev.LastLSN-prev.Entries+1
		found, err = j.exists(j.archive(s.part))
	} else {
		var a archived
		if a, found = archives[prev.ID]; found {
			s.part, s.genesis, s.firstLSN = a.part, a.genesis, a.genesis.LastLSN+1
		} else {
			found, err = j.exists(j.archive(prev.Archive))
			if err != nil || found && needed {
				return s, false, cmp.Or[error](err, &CorruptError{Path: j.archive(prev.Archive), Reason: "the genesis is damaged"})
			}
			s.rotten, s.firstLSN = true, prev.LastLSN-prev.Entries+1
			s.genesis = wire.Marker{Log: prev.ID, LastLSN: s.firstLSN - 1}
		}
	}
	if err != nil || !found || !needed {
		return s, found, err
	}
	return s, true, j.prove(s)
}

// guess completes what is known of an archive that is there with a damaged genesis: it
// is no gap, and who comes to read it is told. The log before it is the one of the
// generation before its own, which proves itself when it is read. If there is none,
// nobody can tell what is missing.
func (s *segment) guess(generation uint64, archives []archived) {
	s.genesis.Generation = generation
	for _, a := range archives {
		if g := a.genesis; g.Generation == generation-1 && g.LastLSN < s.firstLSN {
			s.genesis.Previous = wire.Previous{Kind: wire.PreviousLog, ID: g.Log, LastLSN: s.firstLSN - 1, LengthBytes: a.sizeBytes, Entries: s.firstLSN - 1 - g.LastLSN, Archive: a.part}
			return
		}
	}
	s.firstLSN = 1
}

// prove reads a log of the chain and compares it with what its successor says.
// It has no tail: whatever is missing is damage.
func (j *judgement) prove(s segment) error {
	r, err := openLog(j.fs, j.archive(s.part))
	if err != nil {
		return err
	}
	defer r.close()
	if r.limit < s.lengthBytes {
		return &CorruptError{Path: r.path, Offset: r.limit, Reason: fmt.Sprintf("got %d bytes, want %d", r.limit, s.lengthBytes)}
	}
	if err := j.lookBehind(r, s); err != nil {
		return err
	}
	r.limit = s.lengthBytes
	if s.old {
		return eachOldEntry(r, s.lengthBytes, s.crc, nil)
	}
	scan, err := scanLog(r, s.genesis, nil)
	if err != nil {
		return err
	}
	if scan.later != nil {
		return scan.later
	}
	if scan.end != s.lengthBytes || scan.chain != s.crc || scan.lastLSN != s.lastLSN {
		return &CorruptError{Path: r.path, Offset: scan.end, Err: scan.tail, Reason: fmt.Sprintf("ends with LSN %d and checksum %#08x, want %d bytes up to LSN %d with %#08x", scan.lastLSN, scan.chain, s.lengthBytes, s.lastLSN, s.crc)}
	}
	return nil
}

// lookBehind counts the frames that stand behind what the successor of an archive
// says that it holds: nothing of ours is ever written there.
func (j *judgement) lookBehind(r *logReader, s segment) error {
	found := ForeignFrames{Path: r.path, Offset: s.lengthBytes, Bytes: r.limit - s.lengthBytes}
	r.restart(s.lengthBytes, 0)
	for r.left() > 0 {
		h, _, bad, err := r.frame()
		if err != nil {
			return err
		}
		if bad != nil {
			break
		}
		if err := r.skip(wire.HeaderSize + h.Size); err != nil {
			return err
		}
		found.Frames++
	}
	if found.Frames > 0 {
		j.foreign = append(j.foreign, found)
	}
	return nil
}

// eachInSegment yields the entries of an archive, and may leave out those up to an LSN.
func (f files) eachInSegment(s segment, after uint64, yieldOf func(*logReader) func(Entry) error) error {
	r, err := openLog(f.fs, f.archive(s.part))
	if err != nil {
		return err
	}
	defer r.close()
	if !s.old {
		return eachEntry(r, s.genesis, s.lengthBytes, after, yieldOf(r))
	}
	return eachOldEntry(r, s.lengthBytes, s.crc, yieldOf(r))
}
