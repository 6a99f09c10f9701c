package core

import (
	"runtime"
	"sync/atomic"
	"time"
)

// goroutine is the thread of an actor of an external engine. It can't be a
// coroutine: whoever resumes one of those waits until it pauses, and an actor that
// waits for a lock which another actor holds would never do so.
type goroutine struct {
	gate  *externalGate
	actor *actor
	begun bool
	turn  chan struct{}
	back  chan struct{} // it has paused, or ended
	ref   atomic.Pointer[goroutineRef]
	// Whoever waits inside the harness waits for its turn.
	inside atomic.Int32  // how often it went into the harness and did not come out
	calls  atomic.Uint64 // how often it went in
}

// enters notes that the goroutine is in the harness until the result is called.
func (t *goroutine) enters() (leaves func()) {
	t.calls.Add(1)
	t.inside.Add(1)
	return func() { t.inside.Add(-1) }
}

func (t *goroutine) resume(a *actor) {
	if a.id >= 0 {
		t.gate.turn.Store(a)
	}
	if t.begun {
		t.turn <- struct{}{}
	} else {
		t.begun = true
		go t.run()
	}
	t.await()
}

func (t *goroutine) run() {
	ref := thisGoroutine()
	t.ref.Store(&ref)
	t.gate.mu.Lock()
	t.gate.threads[ref.id] = t
	t.gate.mu.Unlock()
	t.gate.begin(t.actor.hook)
	defer func() {
		_ = recover() // what the actor ended with is known by now
		t.gate.mu.Lock()
		delete(t.gate.threads, ref.id)
		t.gate.mu.Unlock()
		t.arrives()
	}()
	work(t.actor)
}

// arrives tells whoever resumed the actor, or will look for it.
func (t *goroutine) arrives() {
	select {
	case t.back <- struct{}{}:
	default: // it was let go, and nobody looks any more
	}
	select {
	case t.gate.bell <- struct{}{}:
	default:
	}
}

func (t *goroutine) pause(*actor) {
	defer t.enters()()
	t.arrives()
	select {
	case <-t.turn:
	case <-t.gate.over:
		runtime.Goexit()
	}
}

// park is a pause for good.
func (t *goroutine) park() {
	t.gate.left.Store(true)
	t.arrives()
	<-t.gate.over
	runtime.Goexit()
}

// stop leaves the actor where it is. What it deferred may still ask its files for
// something when it is let go.
func (t *goroutine) stop(*actor) { t.gate.left.Store(true) }

// How long it takes until somebody looks what an actor does that does not come
// back: the first time, and at most.
const (
	firstLook   = 20 * time.Microsecond
	longestLook = 20 * time.Millisecond
)

// await waits until the actor has paused or ended. If others are there to go on it
// does so only until the actor waits for one of them.
func (t *goroutine) await() {
	select {
	case <-t.back:
		return
	default:
	}
	w := t.gate.watch()
	defer w.end()
	for {
		select {
		case <-t.back:
			return
		case <-w.look():
		}
		if w.hangs() {
			t.actor.hung = true
			t.gate.left.Store(true)
			return
		}
		if t.gate.stopped(t.actor.hook) && t.waits() {
			t.actor.stuck = true // nobody is left to let it go on
			t.gate.left.Store(true)
			return
		}
		if (t.actor.mayWait || t.actor.hook.timed()) && t.waits() {
			t.actor.stuck = true
			t.gate.left.Store(true)
			return
		}
	}
}

// waits says whether the actor waits for somebody, outside of the harness.
func (t *goroutine) waits() bool {
	calls := t.calls.Load()
	ref := t.ref.Load()
	return ref != nil && ref.waits() && t.inside.Load() == 0 && t.calls.Load() == calls
}

// comes waits until an actor that waited for somebody has arrived, which is true,
// or is seen to be kept waiting still. One that computes for long meanwhile is
// waited for as long as it takes, but not for ever.
func (t *goroutine) comes() bool {
	w := t.gate.watch()
	defer w.end()
	for i := 0; ; i++ {
		select {
		case <-t.back:
			return true
		default:
		}
		if t.waits() {
			select {
			case <-t.back:
				return true // it has come by now, and waits for its turn
			default:
				return false
			}
		}
		if i < yields {
			runtime.Gosched()
			continue
		}
		select {
		case <-t.back:
			return true
		case <-w.look():
		}
		if w.hangs() {
			return false
		}
	}
}

// yields is how often the processor is given up before a clock is looked at.
const yields = 100
