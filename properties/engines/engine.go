package engines

import (
	"context"
	"iter"
	"sync"
)

// Engine is a journal under test, opened.
type Engine interface {
	// Append returns the LSN of an acknowledged entry, 0 if it keeps none, and an
	// error otherwise.
	Append(e Entry) (lsn uint64, err error)
	// Accept appends without waiting; the result comes from the ticket.
	Accept(e Entry) (Ticket, error)
	Sync() error
	Snapshot() error
	Roll() error
	Prune() error
	Close() error
	// LastLSN is that of the last entry, of an engine that keeps them.
	LastLSN() uint64
	// Entries reads back all that it has, from the first on, of an engine that keeps
	// LSNs. An error comes last.
	Entries() iter.Seq2[Entry, error]
}

// Entry is what clients append.
type Entry struct {
	LSN        uint64 // 0 until it was appended
	Payload    []byte
	Restricted bool
}

// Recovered is what an Open had to do. A recovery right before it, or a clean close,
// leaves nothing to do.
type Recovered struct {
	TailBytes int64  // how much was cut off the log
	Step      string // what had to be completed, "" for nothing
}

// Ticket is an entry that was accepted and that nobody waited for yet.
type Ticket struct {
	Wait func() (lsn uint64, err error)
	Done func() bool // Wait would return at once
	// Leave is Wait by a caller who gives up once ctx is done, and EvalErr is what the
	// machine said of the entry: of an engine that is Whole.
	Leave   func(ctx context.Context) (lsn uint64, err error)
	EvalErr func() error
}

// Answered is the ticket of an entry that was acknowledged already.
func Answered(lsn uint64) Ticket {
	return Ticket{Wait: func() (uint64, error) { return lsn, nil }, Done: func() bool { return true }}
}

// Alone calls f while it holds the lock, so that the clients of an engine that is made
// for one caller wait for each other. A nil lock means: there is one client.
func Alone(lock sync.Locker, f func() error) error {
	if lock != nil {
		lock.Lock()
		defer lock.Unlock()
	}
	return f()
}
