package journal

import (
	"os"
	"testing"
)

// turnoverBytes is how large a log grows before the loop begins a new one, for
// every contestant alike. Those that overwrite a file begin anew where what was
// written before ends.
const turnoverBytes = 256 << 20

// entrySizes are those of every benchmark.
var entrySizes = []int{100, 1024, 16384}

// subject is a contestant at work on a filesystem, with entries to store.
type subject struct {
	tb      testing.TB
	c       contestant
	p       promise
	dir     string
	group   bool
	store   store
	entries [][]byte
	// entryBytes is what an entry counts for, a floor's without the framing.
	entryBytes int
	// left is how many entries fit before the log is begun anew.
	left int
	// fsyncs are those of the logs before.
	fsyncs uint64
}

// distinctEntries is how many there are; a loop goes round them. It is a power
// of two.
const distinctEntries = 16

func newSubject(tb testing.TB, c contestant, p promise, at place, entryBytes int, group bool) *subject {
	tb.Helper()
	s := &subject{tb: tb, c: c, p: p, dir: scratch(tb, at), group: group, entryBytes: entryBytes}
	s.entries = c.shape(newEntries(distinctEntries, entryBytes), group)
	s.open()
	tb.Cleanup(func() { must(tb, s.store.Close()) })
	return s
}

// shape brings entries to the length that a contestant stores for each. A group
// shares the journal's marker, so a floor's share of it is left out.
func (c contestant) shape(entries [][]byte, group bool) [][]byte {
	if !c.floor {
		return entries
	}
	perEntry, perBatch := overheads()
	if group {
		return framed(entries, perEntry)
	}
	return framed(entries, perEntry+perBatch)
}

func (s *subject) open() {
	st, err := s.c.open(s.dir, s.p)
	must(s.tb, err)
	if s.group && !s.c.concurrent {
		st = newFront(st)
	}
	s.store = st
	s.refill()
}

func (s *subject) refill() {
	stored := len(s.entries[0])
	if !s.c.floor {
		perEntry, perBatch := overheads()
		stored += perEntry + perBatch // so that nobody comes to the end of what is prewritten
	}
	limit := turnoverBytes
	if s.c.recycles {
		limit = prewrittenBytes
	}
	s.left = limit / stored
}

// anew begins a new log, or the file from its start.
func (s *subject) anew() {
	if s.c.recycles {
		must(s.tb, s.store.(rewinder).Rewind())
		s.refill()
		return
	}
	s.fsyncs += s.countFsyncs()
	must(s.tb, s.store.Close())
	must(s.tb, os.RemoveAll(s.dir))
	must(s.tb, os.Mkdir(s.dir, 0o755))
	s.open()
}

func (s *subject) countFsyncs() uint64 {
	if c, ok := s.store.(syncCounter); ok {
		return c.Fsyncs()
	}
	return 0
}

// loop appends one entry after the other.
func (s *subject) loop(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(s.entryBytes))
	for i := 0; b.Loop(); i++ {
		if s.left == 0 {
			b.StopTimer()
			s.anew()
			b.StartTimer()
		}
		s.left--
		if err := s.store.Append(s.entries[i%distinctEntries]); err != nil {
			b.Fatal(err)
		}
	}
}
