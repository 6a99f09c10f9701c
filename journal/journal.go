package journal

import (
	"context"
	"slices"
	"sync/atomic"

	"github.com/spf13/afero"

	"powercut/journal/wire"
)

// Journal is an open journal. Its methods may be called from any goroutine.
type Journal struct {
	files
	opts    Options
	mon     Monitor
	machine Machine
	unlock  func() error

	// Guarded by the monitor.
	busy       bool       // somebody writes, and owns the fields below
	control    []*sleeper // who waits to own them, other than for a batch; in order
	queue      []*batch   // not written yet, oldest first; appends join the last
	spare      []*batch   // to be used again
	settled    []*result  // their callers are to be woken, by who is busy
	waiters    []Waiter   // likewise
	closed     bool
	poisoned   error
	lastLSN    uint64 // applied to the machine
	incomplete incomplete
	visible    int64 // bytes of the active log up to that entry's commit
	segments   []segment
	readers    []*logReader // of iterations under way
	stats      Stats

	lone *result // to be used again, of a batch for which nobody slept

	// results are to be used again, too.
	results [4]atomic.Pointer[result]

	// ended is closed, for those who look often and don't hold the monitor.
	ended atomic.Bool

	// lastGroup is how many entries batches had of late, and company says that
	// there was more than one.
	lastGroup int
	company   atomic.Bool
	slow      bool // the last fsync took longer than the write before it

	// Owned by who set busy; changed with the monitor held where others look.
	active activeLog
	old    *oldScan // the log is the original's: roll it before the next write
	next   *newLog  // of a roll that is done but for the new log's name
	// unmade is what the log that is to follow the newest archive continues: there
	// is no active log, as a crash came in the middle of a roll and recovery had no
	// space to make one.
	unmade     *wire.Previous
	written    uint64 // LSN of the last entry in the log
	uncertain  uint64 // of the last that a failed write may have left there
	durableLSN uint64 // of the last that an fsync made durable
	provenLSN  uint64 // likewise, since when the filesystem took a change: see knownDurable
	generation uint64
	snapshot   wire.SnapshotRef
	// snapshotDue has been given its name, which is not known to be durable; and namesDue
	// says that of any names: see syncNames.
	snapshotDue *wire.SnapshotRef
	namesDue    bool
	bare        batch  // of markers without frames
	zeros       []byte // for room, once they are needed
	io          Stats  // bytes and fsyncs, until they are published
}

// activeLog is the log that is appended to.
type activeLog struct {
	file     afero.File
	genesis  wire.Marker
	tail     int64  // end of the last marker: where the next batch goes
	durable  int64  // bytes that an fsync made durable
	claimed  int64  // bytes that a durable marker claims, itself included
	sealed   bool   // the last marker is: what is written next begins with a marker
	opened   bool   // likewise, since nothing was written to the log since Open
	chain    uint32 // CRC of the last marker
	entries  uint64
	rollback bool  // there are bytes beyond tail, of a write that failed
	failed   int64 // where that would have ended
	uncut    int64 // end of the tail that recovery had no space to keep, 0 for none
	room     int64 // end of the zeros beyond tail, 0 for none
	fixed    bool  // no more room is made
	others   bool  // another program has appended to it, when it was last looked at
}

// Stats counts what a journal did since it was opened.
type Stats struct {
	Entries     uint64 // acknowledged
	EvalErrors  uint64 // of them that raised an evaluation error
	Unsupported uint64 // of these, that the machine can't evaluate
	Batches     uint64 // written
	Bytes       uint64 // written to logs, markers included
	Fsyncs      uint64 // of files and directories that succeeded
	Refusals    uint64 // batches and operations that were refused
	Poisonings  uint64 // 0 or 1
	Snapshots   uint64
	Rolls       uint64

	LastLSN    uint64 // acknowledged
	DurableLSN uint64 // known durable
	Generation uint64
	LogBytes   int64 // in the active log, markers included; what is set aside in it is not

	// TailBytes is how much of a tail that Open found is still in the log, as
	// there was no space to keep it aside: see Recovery.TailInPlace. Once there
	// was, TailKept is the copy's name. So it is of what another program had appended
	// to the open log, and was to be cut off with the room behind its end, or with
	// what a failed write had left.
	TailBytes int64
	TailKept  string
}

// Stats returns the counts.
func (j *Journal) Stats() Stats {
	j.mon.Lock()
	defer j.mon.Unlock()
	s := j.stats
	s.LastLSN = j.lastLSN
	return s
}

// LastLSN returns the LSN of the last entry that was applied to the machine, 0
// for none.
func (j *Journal) LastLSN() uint64 {
	j.mon.Lock()
	defer j.mon.Unlock()
	return j.lastLSN
}

// Err returns nil while the journal takes entries, and otherwise an error that
// matches ErrClosed or ErrPoisoned and wraps what poisoned it.
func (j *Journal) Err() error {
	j.mon.Lock()
	defer j.mon.Unlock()
	return j.unusable()
}

func (j *Journal) unusable() error {
	if j.closed {
		return ErrClosed
	}
	return j.poisoned
}

// sleeper is somebody who waits to own the files.
type sleeper struct{ w Waiter }

// acquire waits until nobody writes and then owns the files. The monitor is
// held before and after.
func (j *Journal) acquire(ctx context.Context) error {
	if !j.busy && len(j.control) == 0 {
		j.busy = true
		return nil
	}
	me := &sleeper{j.newWaiter()}
	j.control = append(j.control, me)
	for j.busy || j.control[0] != me {
		if err := me.w.Wait(ctx); err != nil {
			i := slices.Index(j.control, me)
			j.control = slices.Delete(j.control, i, i+1)
			if !j.busy {
				j.wakeNext() // the wake may have been for us
			}
			return err
		}
	}
	j.control = slices.Delete(j.control, 0, 1)
	j.waiters = append(j.waiters, me.w)
	j.busy = true
	return nil
}

// release ends the ownership.
func (j *Journal) release() {
	j.rouse()
	j.busy = false
	j.wakeNext()
}

// wakeNext wakes one who may now own the files.
func (j *Journal) wakeNext() {
	if len(j.control) > 0 {
		j.control[0].w.Wake()
		return
	}
	for _, b := range j.queue {
		if b.res.asleep > 0 {
			b.res.waiters[0].Wake()
			return
		}
	}
}

func (j *Journal) newWaiter() Waiter {
	if n := len(j.waiters); n > 0 {
		w := j.waiters[n-1]
		j.waiters = j.waiters[:n-1]
		return w
	}
	return j.mon.NewWaiter()
}

// exclusively runs an operation that owns the files, with the monitor held
// when it starts and ends, after everything that was accepted before was
// written.
func (j *Journal) exclusively(ctx context.Context, doing string, run func() error) error {
	j.mon.Lock()
	defer j.mon.Unlock()
	if err := j.unusable(); err != nil {
		return err
	}
	if err := j.acquire(ctx); err != nil {
		j.stats.Refusals++
		return refused(doing, err)
	}
	defer j.release()
	if err := j.unusable(); err != nil {
		return err
	}
	j.drain()
	if err := j.unusable(); err != nil {
		return err
	}
	err := run()
	j.publish()
	return j.conclude(doing, err)
}

// conclude turns the error of an operation on the files into what its caller
// is told, and poisons the journal if it must be.
func (j *Journal) conclude(doing string, err error) error {
	if err == nil {
		return nil
	}
	if f := failureOf(err); f.poisons {
		j.poison(doing, f.cause)
		return j.poisoned
	}
	j.stats.Refusals++
	return refused(doing, err)
}

// poison stops the journal for good: what was accepted and not written yet is
// told so.
func (j *Journal) poison(doing string, cause error) {
	if j.poisoned != nil {
		return
	}
	j.stats.Poisonings++
	j.poisoned = &outcomeError{ErrPoisoned, doing, cause}
	for _, b := range j.queue {
		j.settle(b, j.poisoned)
	}
	j.queue = nil
}

// unlocked runs f, which does input or output, with the monitor free.
func (j *Journal) unlocked(f func() error) error {
	j.mon.Unlock()
	defer j.mon.Lock()
	return f()
}
