package core

import (
	"context"
)

// Monitor is a cooperative lock and condition: one per run, of the shape that
// the journal takes in its options. Whoever waits pauses its actor, and the
// run's schedule decides who goes on.
type Monitor struct {
	s    *scheduler
	held bool
}

// Waiter is a place to sleep at, see Monitor.NewWaiter. It is an alias of an
// unnamed interface, so that an engine can declare the same without importing
// this package.
type Waiter = interface {
	Wait(ctx context.Context) error
	Wake()
}

// Lock waits until nobody holds the monitor and takes it.
func (m *Monitor) Lock() {
	m.s.gate.takeTurn(m.s)
	if m.held {
		m.s.block(func() bool { return !m.held })
	}
	m.held = true
}

// Unlock gives the monitor up.
func (m *Monitor) Unlock() {
	m.s.gate.takeTurn(m.s)
	m.held = false
}

// NewWaiter returns a place to sleep at.
func (m *Monitor) NewWaiter() Waiter { return &waiter{m: m} }

type waiter struct {
	m     *Monitor
	woken bool
}

// Wait gives up the monitor, sleeps until Wake or until ctx is done, and takes
// the monitor again.
func (w *waiter) Wait(ctx context.Context) error {
	w.m.s.gate.takeTurn(w.m.s)
	w.m.held = false
	if !w.woken {
		w.m.s.block(func() bool { return (w.woken || ctx.Err() != nil) && !w.m.held })
	} else if w.m.held {
		w.m.s.block(func() bool { return !w.m.held })
	}
	w.m.held = true
	if w.woken {
		w.woken = false
		return nil
	}
	return ctx.Err()
}

// Wake wakes the sleeper, or the next one to sleep here.
func (w *waiter) Wake() { w.woken = true }
