package core

import (
	"iter"
	"runtime"
	"runtime/debug"
)

// coroutine is a goroutine that runs actors, one after the other, whenever it is
// resumed. A run has thousands of short ones, and each new goroutine would have
// to grow its stack anew: that took a tenth of a campaign's time.
type coroutine struct {
	resume func() (struct{}, bool)
	stop   func()
	yield  func(struct{}) bool
	actor  *actor // that runs, or is about to
}

// coroutines are those that have come to the end of their actor and wait for
// another. The zero value is ready to use.
type coroutines struct{ idle []*coroutine }

// take returns a coroutine that runs an actor when it is resumed.
func (p *coroutines) take(a *actor) *coroutine {
	if len(p.idle) > 0 {
		c := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		c.actor = a
		return c
	}
	return newCoroutine(a, func(c *coroutine) (again bool) {
		p.idle = append(p.idle, c)
		return c.yield(struct{}{})
	})
}

// newCoroutine returns one that runs a, and then what rest finds for it to do.
func newCoroutine(a *actor, rest func(*coroutine) (again bool)) *coroutine {
	c := &coroutine{actor: a}
	c.resume, c.stop = iter.Pull(func(yield func(struct{}) bool) {
		c.yield = yield
		for again := true; again; again = rest(c) {
			c.work(c.actor)
			c.actor = nil
		}
	})
	return c
}

// end ends the goroutines of those that wait.
func (p *coroutines) end() {
	for _, c := range p.idle {
		c.stop()
	}
	p.idle = nil
}

// work runs an actor to its end. One that panics or ends its goroutine takes the
// coroutine with it.
func (c *coroutine) work(a *actor) {
	a.gate.begins(a)
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
	a.err = a.f()
	returned = true
}

// goexit is what a runtime.Goexit in an actor becomes, so that it ends the
// actor alone and not whoever resumed it.
type goexit struct{}

// pause gives up the processor until somebody resumes the coroutine; if it was
// given up instead, pause does not return, but ends the goroutine, running its
// deferred calls.
func (c *coroutine) pause(a *actor) {
	if a.abandoned || !c.yield(struct{}{}) {
		a.abandoned = true
		runtime.Goexit()
	}
}
