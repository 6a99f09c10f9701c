package core

import (
	"runtime"
	"time"

	"powercut/sim/internal/lineage"
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

	// run lets the actors of an epoch go on until all have ended, or none can.
	run(s *scheduler) error
	thread(a *actor) thread // for an actor that is about to be resumed for the first time
	// self is the actor of an epoch that the calling goroutine is, nil if it is none.
	self(s *scheduler) *actor
	// takeTurn is the beginning of each method by which an actor speaks to its run:
	// one that a lock of the engine's had kept waiting does so in its turn.
	takeTurn(s *scheduler)
	// stays keeps a caller for good that belongs to an epoch which has ended.
	stays()
	// closes takes note that an epoch, or a recovery, has ended.
	closes(h *Point)
	// suspend takes the turn from the actor that has it, while something is recovered
	// that is no part of the schedule, and returns what gives it back.
	suspend(s *scheduler) (goOn func())
	// settle waits until each actor that is stuck has arrived, or is still kept
	// waiting; arrive waits until one of them has, and is false if none does.
	settle(s *scheduler)
	arrive(s *scheduler) bool
	patience() time.Duration // how long a run may go without an operation
	// stopped says whether nobody is to be resumed any more.
	stopped(h *Point) bool

	// ack and died are what Run.Ack and Run.Died do.
	ack(r *Run, f func())
	died(r *Run, err error)

	// undecided says whether an operation came from a goroutine that the seed
	// does not schedule.
	undecided() bool
	// uses says whether anybody may still use a disk of the run when it has ended.
	uses() bool
	// end is called once, at the run's end.
	end()
}

// gateOf returns the gate for a workload.
func gateOf(w Workload) gate {
	if e, ok := w.(External); ok && lineage.Native() {
		return newNativeGate(e)
	} else if ok {
		return newExternalGate(e)
	}
	return &cooperativeGate{}
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

func (g *cooperativeGate) run(s *scheduler) error { return s.run() }

func (g *cooperativeGate) thread(a *actor) thread { return g.pool.take(a) }

func (g *cooperativeGate) self(s *scheduler) *actor { return s.current }

func (g *cooperativeGate) takeTurn(*scheduler) {}

func (g *cooperativeGate) stays() {}

func (g *cooperativeGate) closes(*Point) {}

func (g *cooperativeGate) suspend(s *scheduler) (goOn func()) {
	suspended := s.current
	s.current = nil
	return func() { s.current = suspended }
}

func (g *cooperativeGate) settle(*scheduler) {}

func (g *cooperativeGate) arrive(*scheduler) bool { return false }

func (g *cooperativeGate) patience() time.Duration { return 0 }

func (g *cooperativeGate) stopped(h *Point) bool { return h.died != nil }

func (g *cooperativeGate) ack(r *Run, f func()) {
	if !r.hook.cut {
		f()
	}
}

// died ends the actor.
func (g *cooperativeGate) died(r *Run, err error) {
	a := r.sched.current
	if a == nil {
		a = r.judging.hook.actor
	}
	a.hook.died = err
	runtime.Goexit()
}

func (g *cooperativeGate) undecided() bool { return false }

func (g *cooperativeGate) uses() bool { return false }

func (g *cooperativeGate) end() { g.pool.end() }
