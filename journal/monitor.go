package journal

import (
	"context"
	"sync"
)

// Monitor is the one lock that a journal holds and the one way in which it
// waits. The default is a mutex and channels; a simulator passes a cooperative
// one, so that it alone decides who runs.
type Monitor interface {
	Lock()
	Unlock()
	// NewWaiter returns a place to sleep at. The monitor is held by the caller.
	NewWaiter() Waiter
}

// Waiter is one sleeper's place. It is an alias of an unnamed interface, so
// that a monitor can be written without importing this package.
type Waiter = interface {
	// Wait is called with the monitor held. It gives it up, sleeps until Wake
	// or until ctx is done, and holds it again when it returns: nil if it was
	// woken, ctx.Err() if not. A Wake that came first is not lost.
	Wait(ctx context.Context) error
	// Wake is called with the monitor held. More than one is as good as one.
	Wake()
}

// NewMonitor returns the default Monitor, for programs that run for real.
func NewMonitor() Monitor { return &mutexMonitor{} }

type mutexMonitor struct{ mu sync.Mutex }

func (m *mutexMonitor) Lock()   { m.mu.Lock() }
func (m *mutexMonitor) Unlock() { m.mu.Unlock() }

func (m *mutexMonitor) NewWaiter() Waiter {
	return &channelWaiter{m: m, woken: make(chan struct{}, 1)}
}

type channelWaiter struct {
	m     *mutexMonitor
	woken chan struct{}
}

func (w *channelWaiter) Wait(ctx context.Context) error {
	defer w.m.mu.Lock()
	return w.sleep(ctx)
}

// sleep is Wait, but does not take the monitor again.
func (w *channelWaiter) sleep(ctx context.Context) error {
	w.m.mu.Unlock()
	if ctx.Done() == nil { // never done: one channel is cheaper to wait for than two
		<-w.woken
		return nil
	}
	select {
	case <-w.woken:
		return nil
	default:
	}
	select {
	case <-w.woken:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *channelWaiter) Wake() {
	select {
	case w.woken <- struct{}{}:
	default:
	}
}
