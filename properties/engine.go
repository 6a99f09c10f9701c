package properties

import (
	"powercut/sim/core"
	"powercut/vfs"
)

// engine is a journal under test, opened. Package journal is one; the port of
// the original protocol is another.
type engine interface {
	// Append returns the LSN of an acknowledged entry, and an error otherwise.
	Append(e entry) (lsn uint64, err error)
	// Accept appends without waiting; the result comes from the ticket.
	Accept(e entry) (ticket, error)
	Sync() error
	Snapshot() error
	Roll() error
	Prune() error
	Close() error
	// Recovered tells what the engine holds: right after an Open, what it
	// brought back.
	Recovered(o *oracle) (recovered, error)
	// State is the state of the machine that the engine feeds.
	State() (map[string]any, error)
	// Live tells what the engine holds while it runs, as Recovered does, but
	// without reading it back from the disk.
	Live(o *oracle) (recovered, error)
	// Leftovers says what the Open found that a recovery before should have
	// dealt with: a tail to cut off, in bytes, and a step to complete.
	Leftovers() (tail int64, step string)
	// Watch makes the oracle see what the machine is given from now on.
	Watch(o *oracle)
}

// ticket is an entry that was accepted and that nobody waited for yet.
type ticket struct {
	wait func() (lsn uint64, err error)
	done func() bool // wait would return at once
}

// entry is what clients append.
type entry struct {
	payload    []byte
	restricted bool
}

// answer is how a client understands an error of the engine under test.
type answer uint8

const (
	answerRefused       answer = iota // nothing of it may come back
	answerIndeterminate               // it may come back, or not
	answerPoisoned                    // refused, and so is all that follows until the journal is opened anew
	answerClosed                      // refused, since the journal is closed
	answerUnclear                     // the engine doesn't say: against its own documentation
)

// protocol is what the harness knows of an engine besides its operations.
type protocol struct {
	name    string
	copies  bool   // open makes durable what somebody copied into place
	canary  string // pattern of the file whose fsync durability rests on
	markers bool   // its logs have them
	// opensFull: it opens on a full disk, as far as the filesystem lets it.
	opensFull bool
	// open opens the journal with a new machine. A nil monitor means: nobody
	// else is there.
	open func(r *core.Run, w *Workload, disk *vfs.Disk, m *machine, monitor *core.Monitor) (engine, error)
	// repair makes what open refuses for its bad tail open again, and leaves
	// anything else as it is. nil: the engine has no such thing.
	repair func(disk *vfs.Disk) error
	// badTail says whether an error of open means that repair may help.
	badTail func(err error) bool
	// understand reads an error of the engine.
	understand func(err error) answer
	// damaged says whether an error of open means that the files are damaged.
	damaged func(err error) bool
	// steps are what clients may do.
	steps []weighted
	// step names the protocol step of a file operation.
	step func(op vfs.Op) string
}
