package core

import (
	"sync"
	"sync/atomic"
	"time"

	"powercut/vfs"
)

// External is a Workload of an engine that may start goroutines of its own, take
// locks, and end the process when its disk fails.
type External interface {
	// HangAfter is how long, by the real clock, a run may go without an operation
	// until it is reported as a suspected hang.
	HangAfter() time.Duration
	// StepBudget is Settings.StepBudget of a case.
	StepBudget() uint64
}

// Undecided is an External none of whose runs a seed decides, whoever makes the
// operations: other processes do, through an actor.
type Undecided interface{ Undecided() }

// Closer is an External whose clients may be asked to leave no file open when they
// have come to their end, and no fault has struck.
type Closer interface{ ClosesFiles() bool }

// externalGate is for such an engine. Operations of goroutines that are no actors
// are serialised with those of the actors, by the lock of the hook that they come
// through; but which comes first is not ours to decide.
//
// Once the power is off, or a law was violated, whoever comes to the gate is kept
// there: an engine that is told of a dead disk may end the process, in a goroutine
// of its own, before anybody has reported what was found. Actors are let go, to
// run what they deferred, when the run is over; an engine's own goroutines never
// are, since what they deferred may let others go on.
type externalGate struct {
	beat      atomic.Uint64 // counts operations, for whoever suspects a hang
	others    atomic.Bool   // an operation came from a goroutine that is no actor
	left      atomic.Bool   // an actor was kept, or waited for: it may still have a file in its hands
	undecides bool          // the workload is an Undecided
	hangAfter time.Duration
	over      chan struct{} // closed when the run is over
	bell      chan struct{} // rung when an actor arrives
	awaiting  atomic.Int32  // how many wait for an actor, each for one that waits for the next

	turn atomic.Pointer[actor] // whose it is, of those of the epoch

	mu      sync.Mutex
	threads map[uint64]*goroutine // of actors that have begun, by the goroutine's number
	origins map[uintptr]*origin   // by the address of labels
}

func newExternalGate(w External) *externalGate {
	_, undecides := w.(Undecided)
	return &externalGate{undecides: undecides, hangAfter: w.HangAfter(), over: make(chan struct{}), bell: make(chan struct{}, 1), threads: make(map[uint64]*goroutine), origins: make(map[uintptr]*origin)}
}

func (g *externalGate) before(h *Point, op vfs.Op) {
	g.beat.Add(1)
	t := g.caller()
	if t == nil || t.actor.hook != h {
		g.strangerBefore(h, op, t)
		return
	}
	defer t.enters()()
	if h.depth == 0 && (g.turn.Load() != t.actor || len(h.r.sched.actors) > 1) {
		t.actor.pause()
	}
	h.mu.Lock()
	if !h.dead() {
		h.begin(op)
	}
	dead := h.dead()
	h.mu.Unlock()
	if dead {
		g.keep(t)
	}
}

// strangerBefore is before for a goroutine that is no actor of the hook's.
func (g *externalGate) strangerBefore(h *Point, op vfs.Op, t *goroutine) {
	if t != nil && t.actor.hook.depth > h.depth {
		panic("sim: Recover works on the disk of the epoch, which stands still; it has to work on the one that it is given")
	}
	g.others.Store(true)
	h.mu.Lock()
	if !h.dead() {
		h.begin(op)
	}
	dead := h.dead()
	h.mu.Unlock()
	if dead {
		g.keep(t)
	}
}

func (g *externalGate) after(h *Point, op vfs.Op, res vfs.Result) {
	t := g.caller()
	if t != nil {
		defer t.enters()()
	}
	h.mu.Lock()
	dead := h.dead()
	if !dead {
		h.observe(op, res)
	}
	h.mu.Unlock()
	if dead {
		g.keep(t)
	}
}

// parkForGood keeps an engine's own goroutine, whatever it holds.
func parkForGood() { select {} }

// dead says whether nothing that is done here counts any more.
func (h *Point) dead() bool { return h.cut || h.closed || h.died != nil || h.r.violation != nil }

// ack keeps the judges out while f is called. A client gives others a chance first:
// what it had locked is free by now, and who takes it next is to be decided before
// the client itself asks for it again.
func (g *externalGate) ack(r *Run, f func()) {
	t := g.caller()
	if t != nil && t.actor.id >= 0 && (g.turn.Load() != t.actor || len(r.sched.actors) > 1) {
		t.actor.pause()
	}
	var h *Point
	switch {
	case t == nil:
		if h = g.pointOf(r.epochPoint.Load()); h.depth > 0 {
			return // what a recovery's own goroutine is promised, nobody hears
		}
	case t.actor.id < 0:
		panic("sim: Recover calls Ack: what it recovers was promised before, and it must not change what is judged by")
	default:
		h = t.actor.hook
	}
	h.mu.Lock()
	dead := h.dead()
	if !dead {
		defer h.mu.Unlock()
		f()
		return
	}
	h.mu.Unlock()
	g.keep(t)
}

// keep keeps the caller, which runs on that thread, or on none of ours.
func (g *externalGate) keep(t *goroutine) {
	if t == nil {
		parkForGood()
	}
	t.park()
}

func (g *externalGate) died(r *Run, err error) {
	r.takeTurn()
	var h *Point
	t := g.caller()
	if t != nil {
		h = t.actor.hook
	} else {
		h = g.pointOf(r.innermost.Load())
	}
	h.mu.Lock()
	if !h.dead() {
		h.died = err
	}
	h.mu.Unlock()
	g.keep(t)
}

// caller is the thread that the caller runs on, nil if it is no actor's.
func (g *externalGate) caller() *goroutine {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.threads[goroutineID()]
}

func (g *externalGate) lock(h *Point) { h.mu.Lock() }

func (g *externalGate) unlock(h *Point) { h.mu.Unlock() }

func (g *externalGate) run(s *scheduler) error { return s.run() }

// thread gives each actor a goroutine of its own: what an engine left running
// on one must not meet another actor there.
func (g *externalGate) thread(a *actor) thread {
	return &goroutine{gate: g, actor: a, turn: make(chan struct{}), back: make(chan struct{}, 1)}
}

func (g *externalGate) self(*scheduler) *actor {
	if t := g.caller(); t != nil && t.actor.id >= 0 {
		return t.actor
	}
	return nil
}

func (g *externalGate) takeTurn(s *scheduler) {
	if a := g.self(s); a != nil && g.turn.Load() != a {
		a.pause()
	}
}

func (g *externalGate) patience() time.Duration { return g.hangAfter }

// suspend does nothing: a recovery is an actor by its goroutine, and an operation of
// an engine's own may lead to one while the scheduler goes on.
func (g *externalGate) suspend(*scheduler) (goOn func()) { return func() {} }

func (g *externalGate) stopped(h *Point) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dead()
}

func (g *externalGate) undecided() bool { return g.undecides || g.others.Load() }

func (g *externalGate) uses() bool { return g.others.Load() || g.left.Load() }

func (g *externalGate) end() { close(g.over) }

func (g *externalGate) settle(s *scheduler) {
	for _, a := range s.actors {
		if a.stuck {
			a.stuck = !a.on.(*goroutine).comes()
		}
	}
}

func (g *externalGate) arrive(s *scheduler) bool {
	w := g.watch()
	defer w.end()
	for {
		for _, a := range s.actors {
			if a.stuck && len(a.on.(*goroutine).back) > 0 {
				return true
			}
		}
		select {
		case <-g.bell:
		case <-w.look():
			if w.hangs() {
				return false
			}
		}
	}
}
