package core

import (
	"context"
	"runtime"
	"runtime/pprof"
	"sync"
	"unsafe"
)

// A goroutine that an engine starts inherits the profiler labels of whoever started
// it, and so do those that it starts in turn. So each epoch, and each recovery, has
// labels of its own, which tell where a goroutine comes from that is no actor. An
// engine that labels its goroutines itself hides that.

// origin is where goroutines come from.
type origin struct {
	labels context.Context // which keeps the address of the labels from being used again
	point  *Point          // nil: it has ended
}

// begin gives the calling goroutine, an actor's, the labels of where it belongs.
func (g *externalGate) begin(h *Point) {
	if labelsOffset() == 0 {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if h.origin == nil {
		h.origin = &origin{newLabels(), h}
	}
	pprof.SetGoroutineLabels(h.origin.labels)
	g.origins[labelsOf(getg(), labelsOffset())] = h.origin
}

// origin is where the calling goroutine, which is no actor, comes from; nil if that is
// not known, or another run.
func (g *externalGate) origin() *origin {
	if labelsOffset() == 0 {
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.origins[labelsOf(getg(), labelsOffset())]
}

// closes takes note that nobody who comes from there is part of the run any more.
func (g *externalGate) closes(h *Point) {
	h.ended.Store(true)
	g.mu.Lock()
	defer g.mu.Unlock()
	if h.origin != nil {
		h.origin.point = nil
	}
}

// stays keeps the caller for good if it belongs to an epoch, or a recovery, that has
// ended: what it has to say, or asks, is of a disk that is gone.
func (g *externalGate) stays() {
	t := g.caller()
	if t != nil {
		if t.actor.hook.ended.Load() {
			t.park()
		}
		return
	}
	if o := g.origin(); o != nil && g.ended(o) {
		parkForGood()
	}
}

func (g *externalGate) ended(o *origin) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return o.point == nil
}

// pointOf is where a goroutine that is no actor speaks: where it comes from, or, if
// nobody knows, otherwise.
func (g *externalGate) pointOf(otherwise *Point) *Point {
	o := g.origin()
	if o == nil {
		return otherwise
	}
	g.mu.Lock()
	h := o.point
	g.mu.Unlock()
	if h == nil {
		parkForGood()
	}
	return h
}

func newLabels() context.Context {
	return pprof.WithLabels(context.Background(), pprof.Labels("powercut", "run"))
}

// labelsOf is the address of a goroutine's labels. What the runtime keeps of a goroutine
// may end before the last word that is looked at to find them: there is other memory
// of the heap behind it.
//
//go:nocheckptr
func labelsOf(g, offset uintptr) uintptr {
	at := *(*unsafe.Pointer)(unsafe.Pointer(&g))
	return *(*uintptr)(unsafe.Add(at, offset))
}

// labelsOffset is where in what getg returns the address of the labels is, 0 if that
// is not known. It is the one word that changes as labels do, and comes back with them.
var labelsOffset = sync.OnceValue(func() uintptr {
	const word, words = unsafe.Sizeof(uintptr(0)), 64
	found := make(chan uintptr)
	go func() { // whose labels are nobody's
		runtime.LockOSThread() // and ends with it, so that nobody goes on with them
		one, other := newLabels(), newLabels()
		look := func(labels context.Context) (seen [words]uintptr) {
			pprof.SetGoroutineLabels(labels)
			for i := range seen {
				seen[i] = labelsOf(getg(), uintptr(i)*word)
			}
			return seen
		}
		if getg() == 0 {
			found <- 0
			return
		}
		a, b, again, none := look(one), look(other), look(one), look(context.Background())
		offset, n := uintptr(0), 0
		for i := range a {
			if a[i] == again[i] && a[i] != b[i] && a[i] != 0 && b[i] != 0 && none[i] == 0 {
				offset, n = uintptr(i)*word, n+1
			}
		}
		if n != 1 {
			offset = 0
		}
		runtime.KeepAlive(other)
		found <- offset
	}()
	return <-found
})
