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
	on   *coroutine

	ready     func() bool // nil: ready; otherwise asked before the actor may go on
	goroutine uint64      // its number, where the gate asks for it
	done      bool
	exited    bool // by a Goexit or a panic
	opsAfter  int  // operations tried after the power cut
	abandoned bool // ended by the scheduler

	err   error
	panic *PanicError
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

// newActor makes an actor that runs f when it is first resumed, on a coroutine
// of the gate's.
func newActor(id int, name string, gate gate, f func() error) *actor {
	a := &actor{id: id, name: name, gate: gate, f: f}
	a.on = gate.coroutine(a)
	return a
}

// pause gives up the processor until the scheduler resumes the actor. If the
// scheduler has given it up instead, pause does not return.
func (a *actor) pause() { a.on.pause(a) }

// run resumes the actor until it pauses or ends.
func (a *actor) run() {
	defer a.catchGoexit()
	a.on.resume()
}

// abandon ends an actor that has not ended by itself.
func (a *actor) abandon() {
	if a.done {
		return
	}
	a.abandoned = true
	defer a.catchGoexit()
	a.on.stop()
	a.done = true
}

func (a *actor) catchGoexit() {
	if p := recover(); p != nil {
		if _, ok := p.(goexit); !ok {
			panic(p)
		}
		a.done = true
	}
}
