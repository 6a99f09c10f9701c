package sim

import (
	"errors"
	"fmt"
	"iter"
	"runtime"
	"runtime/debug"
)

// maxOpsAfterCut bounds the operations that an actor may still try after the
// power went. One that goes on is abandoned: its goroutine is ended.
const maxOpsAfterCut = 64

// actor is one coroutine of a run: a client, or a foreign engine.
type actor struct {
	id   int
	name string

	resume func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool

	ready     func() bool // nil: ready; otherwise asked before the actor may go on
	goroutine uint64      // its number, where foreign engines run
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

// goexit is what a runtime.Goexit in an actor becomes, so that it ends the
// actor alone and not whoever resumed it.
type goexit struct{}

// newActor makes a coroutine that runs f when it is first resumed. Guard is nil
// if no foreign engine runs.
func newActor(id int, name string, guard *foreignGuard, f func() error) *actor {
	a := &actor{id: id, name: name}
	a.resume, a.stop = iter.Pull(func(yield func(struct{}) bool) {
		a.yield = yield
		if guard != nil {
			a.goroutine = goroutineID()
			if id >= 0 {
				guard.runs.Store(a.goroutine)
			}
		}
		returned := false
		defer func() {
			a.done = true
			if p := recover(); p != nil {
				a.panic = &PanicError{Value: p, Stack: debug.Stack()}
			}
			if !returned {
				a.exited = true
				// A Goexit can't be stopped, but a panic raised on its way
				// out is what iter.Pull hands to whoever resumed.
				panic(goexit{})
			}
		}()
		a.err = f()
		returned = true
	})
	return a
}

// pause gives up the processor until the scheduler resumes the actor. If the
// scheduler has given it up instead, pause does not return: it ends the
// goroutine, running its deferred calls.
func (a *actor) pause() {
	if a.abandoned || !a.yield(struct{}{}) {
		a.abandoned = true
		runtime.Goexit()
	}
}

// run resumes the actor until it pauses or ends.
func (a *actor) run() {
	defer a.catchGoexit()
	a.resume()
}

// abandon ends an actor that has not ended by itself.
func (a *actor) abandon() {
	if a.done {
		return
	}
	a.abandoned = true
	defer a.catchGoexit()
	a.stop()
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
