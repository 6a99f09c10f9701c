package journal

import (
	"runtime"
	"sync"
)

// front is a group commit in front of a store that one caller at a time uses:
// a goroutine takes everything that waits, stores it as one batch, and wakes
// all. With a floor behind it, it is the ideal that a group commit can come to.
type front struct {
	store store
	batch func(entries [][]byte) error

	mu      sync.Mutex
	arrived sync.Cond
	next    *group
	spare   [][]byte
	closed  bool
	stopped chan struct{}
	batches uint64
}

// group is what shares one batch.
type group struct {
	entries [][]byte
	done    chan struct{}
	err     error
}

func newFront(s store) *front {
	f := &front{store: s, batch: s.(batcher).AppendBatch, stopped: make(chan struct{})}
	f.arrived.L = &f.mu
	f.next = f.newGroup()
	go f.commit()
	return f
}

func (f *front) newGroup() *group {
	g := &group{entries: f.spare[:0], done: make(chan struct{})}
	f.spare = nil
	return g
}

// Append may be called from any goroutine.
func (f *front) Append(entry []byte) error {
	f.mu.Lock()
	g := f.next
	g.entries = append(g.entries, entry)
	if len(g.entries) == 1 {
		f.arrived.Signal()
	}
	f.mu.Unlock()
	<-g.done
	return g.err
}

func (f *front) commit() {
	defer close(f.stopped)
	last := 0
	f.mu.Lock()
	defer f.mu.Unlock()
	for {
		for len(f.next.entries) == 0 && !f.closed {
			f.arrived.Wait()
		}
		if len(f.next.entries) == 0 {
			return
		}
		f.gather(last)
		g := f.next
		f.next = f.newGroup()
		last = max(len(g.entries), last*3/4)
		f.mu.Unlock()
		g.err = f.batch(g.entries)
		f.mu.Lock()
		f.batches++
		close(g.done)
		f.spare = g.entries
	}
}

// gather gives those who were just woken a moment to come back with their next
// entry. The journal does it too: without it, callers fall into two halves
// that take turns, and the ideal would be none.
func (f *front) gather(last int) {
	for range 8 {
		if last < 2 || len(f.next.entries) >= last {
			return
		}
		f.mu.Unlock()
		runtime.Gosched()
		f.mu.Lock()
	}
}

// Fsyncs counts batches: each store behind a front makes one fsync for each.
func (f *front) Fsyncs() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.batches
}

// Rewind is called while nobody appends.
func (f *front) Rewind() error { return f.store.(rewinder).Rewind() }

func (f *front) Close() error {
	f.mu.Lock()
	f.closed = true
	f.arrived.Signal()
	f.mu.Unlock()
	<-f.stopped
	return f.store.Close()
}
