package journal

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/afero"

	"powercut/journal/wire"
)

// adoption is a run of entries that another program appended to a log of ours, behind
// the sealed marker of a Close. To take them over, a commit marker is put behind
// them, which makes them one batch.
type adoption struct {
	from, to int64 // in the log, in bytes
	entries  uint32
	crc      uint32 // from that of the sealed marker on
}

// maxAdoptedBytes bounds that batch, which recovery has in memory as a whole.
const maxAdoptedBytes = 1 << 30

// adopt looks at what another program appended to a log, for which refusal is the
// error. Only whole frames that can be decoded are taken over, and all of them: what
// follows them is a tail.
func (s *logScan) adopt(r *logReader, refusal *ForeignError) (*adoption, error) {
	a := &adoption{from: s.end}
	size := r.limit
	err := a.each(r, s, func(Entry) error { return nil })
	r.limit = size
	if _, damaged := errors.AsType[*CorruptError](err); damaged || err == nil && a.to-a.from > maxAdoptedBytes {
		return nil, refusal
	}
	if err == nil {
		err = s.sameAgain(int(a.entries) == refusal.Entries)
	}
	return a, err
}

// each yields the entries, and measures them.
func (a *adoption) each(r *logReader, s *logScan, yield func(Entry) error) error {
	r.restart(a.from, s.chain)
	lsn := s.lastLSN
	a.to, a.entries = a.from, 0
	var scratch []byte
	for r.left() > 0 {
		h, is, err := r.foreignFrame()
		if err != nil || !is {
			return err
		}
		if scratch, err = r.appendNext(scratch[:0], wire.HeaderSize+h.Size); err != nil {
			return err
		}
		payload := scratch[wire.HeaderSize:]
		if h.Flags&wire.FlagCompressed != 0 {
			payload, err = wire.Decompress(payload)
		}
		if err == nil {
			err = wire.Check(payload)
		}
		if err != nil {
			return &CorruptError{Path: r.path, Offset: a.to, Reason: "another program's entry can't be decoded", Err: err}
		}
		r.entryAt = a.to
		a.to, a.crc = r.off, r.sum()
		a.entries++
		lsn++
		if err := yield(Entry{LSN: lsn, Payload: payload, Restricted: h.Flags&wire.FlagRestricted != 0}); err != nil {
			return err
		}
	}
	return nil
}

// replayAdopted applies what is taken over, and makes sure that it is what was judged.
func (j *judgement) replayAdopted(r *logReader, apply func(Entry) error, rec *Recovery) error {
	again := adoption{from: j.adopted.from}
	r.limit, r.tap = j.adopted.to, nil
	if err := again.each(r, &j.scan, apply); err != nil {
		return err
	}
	if err := j.scan.sameAgain(again == *j.adopted); err != nil {
		return err
	}
	rec.Adopted = int(again.entries)
	rec.LastLSN += uint64(again.entries)
	return nil
}

// takeOver makes another program's entries a batch of the log. The tail behind them
// is copied aside first, and cut off. A crash at any point leaves a log to which
// another program has appended, as before, or one that is whole.
func (j *judgement) takeOver(rec *Recovery) error {
	a := j.adopted
	if a.to < j.scan.sizeBytes {
		kept, err := j.keepTail(j.headPath, j.scan.genesis.Log, a.to, j.scan.sizeBytes)
		if err != nil {
			return err
		}
		rec.TailOffset, rec.TailBytes, rec.TailKept = a.to, j.scan.sizeBytes-a.to, kept
		rec.TailReason = fmt.Errorf("journal: behind another program's entries is no whole frame")
	}
	file, err := j.fs.OpenFile(j.headPath, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("journal: opening %s: %w", j.headPath, err)
	}
	if err := j.writeAdoption(file); err != nil {
		_ = file.Close() // the first error tells more
		return fmt.Errorf("journal: taking over another program's entries in %s: %w", j.headPath, err)
	}
	// What recovery does next writes all of it again, and syncs that.
	if err := file.Close(); err != nil {
		return fmt.Errorf("journal: taking over another program's entries in %s: %w", j.headPath, err)
	}
	rec.repaired("took over %d entries that another program appended to %s at offset %d", a.entries, j.headPath, a.from)
	return nil
}

// writeAdoption cuts off the tail and writes the marker. It claims nothing that was
// not claimed before: the recovery that follows writes the entries again.
func (j *judgement) writeAdoption(file afero.File) error {
	a, s := j.adopted, &j.scan
	if a.to < s.sizeBytes {
		// What would be its header goes first: cut off by halves, with zeros for the rest, a
		// marker that rotted looks like one entry more of the other program.
		if err := writeAt(file, make([]byte, min(wire.HeaderSize, s.sizeBytes-a.to)), a.to); err != nil {
			return err
		}
		if err := file.Sync(); err != nil {
			return err
		}
		if err := file.Truncate(a.to); err != nil {
			return err
		}
	}
	m := wire.Marker{Kind: wire.Commit, Log: s.genesis.Log, Generation: s.genesis.Generation, Offset: a.to,
		LastLSN: s.lastLSN + uint64(a.entries), DurableLSN: s.claimedLSN, DurableBytes: s.claimed,
		BatchBytes: a.to - a.from, BatchCRC: a.crc, Entries: a.entries}
	marker := wire.AppendMarker(nil, &m)
	// The header comes last, when what is behind it is durable: torn, with zeros for
	// the rest, a marker looks like one entry more of the other program.
	if err := writeAt(file, marker[wire.HeaderSize:], a.to+wire.HeaderSize); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	return writeAt(file, marker[:wire.HeaderSize], a.to)
}

// judgeAdopted judges the files anew once entries were taken over, with the sums of
// what recovery is to write again. If it does not find what the machine was given, a read
// went wrong: what it misses must not be cut off.
func (j *judgement) judgeAdopted(rec *Recovery) (*judgement, *blockSums, error) {
	f := j.files
	f.adoptForeign = false
	found, err := f.judge()
	if err != nil {
		return nil, nil, err
	}
	if err := j.scan.sameAgain(found.scan.lastLSN == rec.LastLSN); err != nil {
		return nil, nil, err
	}
	sums := &blockSums{from: found.scan.claimed}
	return found, sums, found.replay(discard{}, &Recovery{}, sums)
}

// discard is a machine for whoever only reads a log.
type discard struct{}

func (discard) Apply(Entry) error { return nil }

func (discard) Snapshot() ([]byte, error) { return nil, errors.New("journal: no state") }

func (discard) Restore([]byte) (int, error) { return 0, nil }
