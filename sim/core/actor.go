package core

import (
	"errors"
	"fmt"
)

// maxOpsAfterCut bounds the operations that an actor may still try after the
// power went. One that goes on is abandoned: its goroutine is ended.
const maxOpsAfterCut = 64

// actor is one of those that take turns in a run: a client, or a recovery.
type actor struct {
	id   int
	name string
	gate gate
	f    func() error
	on   thread
	hook *Point // of the epoch or the recovery that it belongs to

	ready     func() bool // nil: ready; otherwise asked before the actor may go on
	stuck     bool        // it waits for a lock, or the like, of the code under test
	mayWait   bool        // others are there that could let it go on
	hung      bool        // it does nothing any more, and is not waited for
	done      bool
	judged    bool // what it returned was
	exited    bool // by a Goexit or a panic
	opsAfter  int  // operations tried after the power cut
	abandoned bool // ended by the scheduler

	err   error
	panic *PanicError
}

// thread is what an actor runs on.
type thread interface {
	// resume lets the actor go on until it pauses or ends, or, on a thread of the
	// external gate, until it waits for somebody else.
	resume(a *actor)
	// pause gives up the processor until resume; if the actor is given up instead,
	// it does not return.
	pause(a *actor)
	// stop gives the actor up.
	stop(a *actor)
}

// errGoexit is what an actor returned that ended its own goroutine, as
// t.FailNow does.
var errGoexit = errors.New("ended its goroutine (runtime.Goexit, or a t.FailNow)")

// outcome is what the actor returned, one way or another.
func (a *actor) outcome() error {
	switch {
	case a.panic != nil:
		return a.panic
	case a.exited && !a.abandoned:
		return fmt.Errorf("the %s %w", a.name, errGoexit)
	}
	return a.err
}

// PanicError is a panic in the code under test.
type PanicError struct {
	Value any
	Stack []byte
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("sim: the code under test panicked: %v", e.Value)
}

// newActor makes an actor that runs f when it is first resumed, on a thread of
// the gate's.
func newActor(id int, name string, gate gate, hook *Point, f func() error) *actor {
	a := &actor{id: id, name: name, gate: gate, hook: hook, f: f}
	a.on = gate.thread(a)
	return a
}

// pause gives up the processor until the scheduler resumes the actor. If the
// scheduler has given it up instead, pause does not return.
func (a *actor) pause() { a.on.pause(a) }

// run resumes the actor until it pauses or ends.
func (a *actor) run() { a.on.resume(a) }
