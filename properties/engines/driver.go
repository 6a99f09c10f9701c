package engines

import (
	"io"
	"time"

	"powercut/sim/core"
	"powercut/vfs"
)

// Driver is one kind of engine.
type Driver interface {
	// Name is what the command and the cases call it.
	Name() string
	Capabilities() Capabilities
	// Open opens the engine at a base path of a disk. Its machine is given what it
	// recovers, and from then on each entry that is acknowledged.
	Open(disk *vfs.Disk, base string, o Options) (Engine, Recovered, error)
	// Repair makes a log that Open refuses for its bad tail open again, and leaves
	// anything else as it is. It is called only if Capabilities says Repairs.
	Repair(disk *vfs.Disk, base string) error
	// Validate reads a log, changes nothing, and says what Open would make of it. An
	// error means that Open would refuse it; what is whole is told all the same. It
	// is called only if Capabilities says Markers.
	Validate(disk *vfs.Disk, log string) (Extent, error)
	// Classify reads an error of Open, Repair or an engine.
	Classify(err error) Answer
}

// Capabilities are what an engine can do and what it promises. The harness asks for
// nothing else, and judges by nothing else.
type Capabilities struct {
	// KeepsLSNs: Append tells an entry's LSN, Entries reads it back, and the machine
	// is given it. Otherwise all that shows of an entry is what it does to the
	// state.
	KeepsLSNs bool
	Accepts   bool // Accept returns before the entry was written
	// Maintained: it is pruned, repaired and backed up while it is in use.
	Maintained bool
	// Repairs: it opens a log of the original protocol, and has Repair for one with
	// a bad tail.
	Repairs     bool
	Markers     bool // what it writes has markers, and it keeps what it cuts off
	SyncsCopies bool // Open makes durable what somebody copied into place
	OpensFull   bool // it opens on a full disk, unless the filesystem needs a block to overwrite one
	// Whole: it is package journal, and its opened engines say so: all that this package
	// tells is judged.
	Whole bool
	// SyncedFile is the pattern of the file whose fsync durability rests on.
	SyncedFile string
}

// Extent is how much of a log is whole.
type Extent struct {
	ValidBytes int64 // up to the end of the last whole commit
	SizeBytes  int64 // of the file
	Tail       error // what is wrong with the bytes behind the valid ones; nil: there are none
}

// Options are what an engine is opened with. An engine without the capability for one
// ignores it.
type Options struct {
	Machine      Machine
	Monitor      *core.Monitor // nil: nobody else is there
	Now          func() time.Time
	Entropy      io.Reader
	Async        bool
	BatchEntries int  // 0: the engine's default
	BatchBytes   int  // likewise
	Incomplete   bool // what makes an incomplete state lasting is allowed
	NoDirSync    bool // a directory that can't be synced is accepted
	RoomBytes    int  // how much it sets aside in its log; 0: nothing
}

// Machine is the state that entries change.
type Machine interface {
	// Apply evaluates an entry. Its error is counted, not fatal.
	Apply(e Entry) error
	// Snapshot returns the whole state as one serialised value.
	Snapshot() ([]byte, error)
	// Restore replaces the state by one that Snapshot returned, and says how many
	// bindings it holds.
	Restore(payload []byte) (bindings int, err error)
}

// Answer says how to understand what an engine returned.
type Answer struct {
	Outcome Outcome
	// Damage is set apart from the outcome: an entry may be refused because of it.
	Damage Damage
}

// Outcome is what became of a call.
type Outcome uint8

// What may become of a call.
const (
	Acknowledged  Outcome = iota // no error
	Refused                      // nothing of it may come back
	Indeterminate                // it may come back, or not
	Poisoned                     // refused, and so is all that follows until the journal is opened anew
	Closed                       // refused, since the journal is closed
	Unclear                      // the engine doesn't say: against its own documentation
)

// Damage is what an error says of the files.
type Damage uint8

// What may be wrong with files.
const (
	NoDamage Damage = iota
	Corrupt
	BadTail // damage that Repair may help against
)
