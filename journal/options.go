package journal

import (
	"crypto/rand"
	"fmt"
	"io"
	"time"

	"powercut/journal/wire"
)

// Mode says what an append waits for.
type Mode uint8

// The modes.
const (
	// Sync: an acknowledged entry is durable.
	Sync Mode = iota
	// Async: an acknowledged entry has left the process, and is durable after
	// the next Sync or Close. A process crash loses none, a power cut may lose
	// those since the last Sync.
	Async
)

func (m Mode) String() string {
	switch m {
	case Sync:
		return "sync"
	case Async:
		return "async"
	}
	return "unknown mode"
}

// Options of a journal. The zero value works.
type Options struct {
	Mode Mode
	// Monitor is the journal's lock; nil for NewMonitor().
	Monitor Monitor
	// Now gives the time that names archives, and tells a slow disk from a quick one
	// where many write; nil for time.Now.
	Now func() time.Time
	// Entropy gives each log its id; nil for crypto/rand.
	Entropy io.Reader
	// MaxBatchBytes and MaxBatchEntries bound what shares one write and one
	// fsync. An entry larger than MaxBatchBytes has a batch of its own. 0 for
	// 1 MiB and 4096 entries.
	MaxBatchBytes   int
	MaxBatchEntries int
	// RoomBytes is how much the log of a journal in sync mode sets aside ahead
	// of its end, in zeros: batches that overwrite them need a shorter fsync
	// than those that make the file grow (docs/bench.md has the numbers). What
	// is not used is given back by Roll, Snapshot and Close; after a crash, Open
	// takes it for a tail of zeros and cuts it off. Who rolls at some size and
	// gives that size, at most 64 MiB, has all of it written behind a log's first
	// batch, and no append after that waits for it. 0 for none; 1 MiB is a good
	// choice for small entries, which cost little to write twice.
	RoomBytes int
	// AcceptNoDirSync accepts a filesystem that can't fsync a directory, such as
	// CIFS and others over a network or in user space: without it, Open fails there
	// with a *DirSyncError and takes back what it made.
	//
	// What is not promised then: that names survive a power cut. A log that was
	// just made, by the first Open, a Roll or a Snapshot, may be gone with every
	// entry in it, although each was acknowledged and its fsync succeeded, until
	// the filesystem makes the name durable by itself; a snapshot may be the one
	// before, or none, and what Prune removed for it gone all the same; what Prune or
	// Purge removed may come back. What is left is a prefix of the entries, of a
	// journal that was pruned maybe none, or Open refuses it. Promised is what needs
	// no power cut: the death of the process loses nothing. An fsync of a directory
	// that fails for another reason, such as EIO, is a failed fsync here too.
	AcceptNoDirSync bool
	// AdoptForeign takes over what another program, rayforce, has written.
	//
	// A log that it alone has written is set aside as an archive by the first append,
	// Snapshot or Roll. Rayforce reads <base>.log and the snapshot, never an archive:
	// until the next snapshot it finds only what was appended here. Without the option
	// that is refused with an *OldLogError, and nothing is changed.
	//
	// Entries that it appended to a log of this package, after that was closed, become
	// entries of the journal, in the same place. Without the option Open refuses
	// such a log with a *ForeignError. Behind a log that was not closed, whole frames
	// may be ours, of a batch that was torn or refused: with the option or without,
	// they are kept aside.
	AdoptForeign bool
	// AllowIncomplete allows what makes an incomplete state lasting. A state is
	// incomplete if the machine can't evaluate some of the entries, although the
	// program that wrote them can: Recovery names them. Without the option Snapshot
	// is refused then, and so is the roll of a log without markers that the first
	// append makes, with an *IncompleteError. With it, what the machine does not know
	// is missing from the snapshot, and nothing tells of it any more.
	AllowIncomplete bool
}

const (
	defaultBatchBytes   = 1 << 20
	defaultBatchEntries = 4096

	// maxRoomBytes bounds what is written at once without anybody's asking.
	maxRoomBytes = 64 << 20
)

func (o Options) withDefaults() (Options, error) {
	if o.Mode > Async {
		return o, badInput("mode", o.Mode.String(), "must be Sync or Async")
	}
	if o.MaxBatchBytes < 0 || o.MaxBatchEntries < 0 {
		return o, badInput("batch bound", "", "must not be negative")
	}
	if o.RoomBytes < 0 || o.RoomBytes > maxRoomBytes {
		return o, badInput("room", fmt.Sprint(o.RoomBytes), fmt.Sprintf("must be from 0 to %d bytes", maxRoomBytes))
	}
	if o.Monitor == nil {
		o.Monitor = NewMonitor()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Entropy == nil {
		o.Entropy = rand.Reader
	}
	if o.MaxBatchBytes == 0 {
		o.MaxBatchBytes = defaultBatchBytes
	}
	o.MaxBatchBytes = min(o.MaxBatchBytes, wire.MaxPayload)
	if o.MaxBatchEntries == 0 {
		o.MaxBatchEntries = defaultBatchEntries
	}
	return o, nil
}
