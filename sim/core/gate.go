package core

import (
	"powercut/vfs"
)

// gate is what stands between a run and the code under test: each operation on
// a disk passes it on its way in and out. What differs between a program whose
// goroutines are all actors, and an engine that may start its own, is here and
// nowhere else.
type gate interface {
	// before and after are what a hook does around an operation of its disk.
	before(h *Point, op vfs.Op)
	after(h *Point, op vfs.Op, res vfs.Result)
	// lock keeps goroutines that are no actors out while the run looks at what
	// they change.
	lock(h *Point)
	unlock(h *Point)

	coroutine(a *actor) *coroutine // for an actor that is about to be resumed for the first time
	begins(a *actor)               // on the actor's goroutine, before anything else
	resumes(a *actor)              // by the scheduler, each time
	isActor() bool                 // whether the caller's goroutine is that of the actor whose turn it is
	// undecided says whether an operation came from a goroutine that the seed
	// does not schedule. Such a goroutine may still use the disk when the run
	// has ended.
	undecided() bool
	end()
}

// cooperativeGate is for a Program: all that uses the disk are the run's actors,
// of which one at a time goes on.
type cooperativeGate struct{ pool coroutines }

func (g *cooperativeGate) before(h *Point, op vfs.Op) {
	if h.depth == 0 && !h.cut {
		h.r.sched.pause()
	}
	h.begin(op)
}

func (g *cooperativeGate) after(h *Point, op vfs.Op, res vfs.Result) { h.observe(op, res) }

func (g *cooperativeGate) lock(*Point) {}

func (g *cooperativeGate) unlock(*Point) {}

func (g *cooperativeGate) coroutine(a *actor) *coroutine { return g.pool.take(a) }

func (g *cooperativeGate) begins(*actor) {}

func (g *cooperativeGate) resumes(*actor) {}

func (g *cooperativeGate) isActor() bool { return true }

func (g *cooperativeGate) undecided() bool { return false }

func (g *cooperativeGate) end() { g.pool.end() }
