package journal

import (
	"fmt"

	"powercut/journal/wire"
)

// Recovery reports what Open found and did.
type Recovery struct {
	Log        wire.LogID // zero for a log without markers
	Generation uint64
	LastLSN    uint64 // counts as acknowledged from now on
	Entries    int    // replayed, those that the snapshot covers left out
	EvalErrors int    // of them that raised an evaluation error
	// EvalFailures are the first thousand of these, and the first thousand of those
	// that were unsupported.
	EvalFailures []EvalFailure
	// Unsupported is how many of the entries the machine can't evaluate. If there is
	// one, the state may lack what another program has: it is incomplete. Doubtful
	// is then what may be wrong or missing, in the machine's words, if it says so:
	// names of variables, for a machine of package rayfall.
	Unsupported int
	Doubtful    []string
	Archives    int  // logs before the active one that were replayed
	OldLog      bool // the log is the original's: the first append rolls it

	Snapshot         bool // there was one
	SnapshotLSN      uint64
	SnapshotBindings int
	// SnapshotSkipped is how many bindings of the snapshot the machine left out, and
	// SnapshotSkip why the first of them: names without a value, for one, which the
	// original passes over too. The next snapshot would not have them.
	SnapshotSkipped int
	SnapshotSkip    error

	// What the log held beyond its last commit, and where it was kept; "" if
	// it was all zeros.
	TailBytes  int64
	TailOffset int64
	TailKept   string
	TailReason error
	// TailInPlace: there was no space to keep the tail aside, or to cut it off, so
	// that it is still in the log. Entries are refused until there is: the first
	// that is appended then has it kept and cut. Stats tells when that happened.
	TailInPlace bool
	// RollPending: a crash came in the middle of a roll, and there was no space for
	// the log that was to follow. All entries are in archives. New ones are refused
	// until there is space: the first that is appended then completes the roll.
	RollPending bool
	// TailFrames is how many whole frames that began with: of a batch that was torn
	// before anybody was told that it is durable, or possibly another program's.
	TailFrames int
	// Adopted is how many entries another program appended to the log that were taken
	// over, at the end of Entries.
	Adopted int
	// Foreign are frames behind the end of archives, possibly another program's. They
	// are left where they are, and nobody reads them.
	Foreign []ForeignFrames

	RewrittenBytes int64    // written again since the page cache can't be trusted
	Repaired       []string // steps of interrupted protocols that were completed
}

// Complete reports whether the state has all that the files hold: every entry could be
// evaluated, nothing of the snapshot was skipped, and no whole frames are left out,
// which are of a batch that was torn, or possibly another program's.
func (r *Recovery) Complete() bool {
	return r.Unsupported == 0 && r.SnapshotSkipped == 0 && r.TailFrames == 0 && len(r.Foreign) == 0
}

// ForeignFrames are whole frames where this package never writes.
type ForeignFrames struct {
	Path   string
	Offset int64
	Bytes  int64 // from there to the end of the file
	Frames int
}

func (r *Recovery) repaired(format string, args ...any) {
	r.Repaired = append(r.Repaired, fmt.Sprintf(format, args...))
}

// blockSums are checksums of the blocks of a file from an offset on, so that
// what is written back is known to be what was judged.
type blockSums struct {
	from int64
	off  int64 // of the next byte that feed gets
	sums []uint32
	fill int // bytes in the last block
}

const sumBlockBytes = 64 << 10

// feed takes bytes of the file that stand at an offset: from the first on that matters
// they come without gaps, some of them twice.
func (s *blockSums) feed(off int64, b []byte) {
	if again := s.off - off; again > 0 {
		b = b[min(again, int64(len(b))):]
	} else if s.off < s.from {
		s.off = off
	}
	if s.off < s.from {
		n := min(int64(len(b)), s.from-s.off)
		s.off += n
		b = b[n:]
	}
	s.off += int64(len(b))
	for len(b) > 0 {
		if s.fill == 0 {
			s.sums = append(s.sums, 0)
		}
		n := min(len(b), sumBlockBytes-s.fill)
		last := len(s.sums) - 1
		s.sums[last] = wire.Checksum(s.sums[last], b[:n])
		s.fill = (s.fill + n) % sumBlockBytes
		b = b[n:]
	}
}
