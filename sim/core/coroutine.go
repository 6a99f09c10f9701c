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
	next  func() (struct{}, bool)
	end   func()
	yield func(struct{}) bool
	actor *actor // that runs, or is about to
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
	c := &coroutine{actor: a}
	c.next, c.end = iter.Pull(func(yield func(struct{}) bool) {
		c.yield = yield
		for again := true; again; again = c.yield(struct{}{}) {
			work(c.actor)
			c.actor = nil
			p.idle = append(p.idle, c)
		}
	})
	return c
}

// end ends the goroutines of those that wait.
func (p *coroutines) end() {
	for _, c := range p.idle {
		c.end()
	}
	p.idle = nil
}

// work runs an actor to its end. One that panics or ends its goroutine takes the
// thread with it.
func work(a *actor) {
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

// catchGoexit is deferred by whoever an actor's end is handed to.
func catchGoexit(a *actor) {
	if p := recover(); p != nil {
		if _, ok := p.(goexit); !ok {
			panic(p)
		}
		a.done = true
	}
}

func (c *coroutine) resume(a *actor) {
	defer catchGoexit(a)
	c.next()
}

// stop ends the goroutine, running its deferred calls.
func (c *coroutine) stop(a *actor) {
	a.abandoned = true
	func() {
		defer catchGoexit(a)
		c.end()
	}()
	a.done = true
}

func (c *coroutine) pause(a *actor) {
	if a.abandoned || !c.yield(struct{}{}) {
		a.abandoned = true
		runtime.Goexit()
	}
}
