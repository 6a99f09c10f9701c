package core

import (
	"bytes"
	"runtime"
	"strconv"
	"sync/atomic"

	"powercut/vfs"
)

// externalGate is for an engine that may start goroutines of its own. Their
// operations are serialised with those of the actors, by the lock of the hook
// that they come through; but which comes first is not ours to decide.
type externalGate struct {
	beat   atomic.Uint64 // counts operations, for whoever suspects a hang
	others atomic.Bool   // an operation came from a goroutine that is no actor
	runs   atomic.Uint64 // the goroutine of the actor that was resumed last
}

func (g *externalGate) before(h *Point, op vfs.Op) {
	g.beat.Add(1)
	if g.expects(h) {
		if h.depth == 0 && len(h.r.sched.actors) > 1 {
			h.r.sched.pause()
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		h.begin(op)
		return
	}
	g.others.Store(true)
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.cut || h.closed || h.r.violation != nil {
		if h.after++; h.after > maxOpsAfterCut {
			runtime.Goexit()
		}
		return
	}
	h.begin(op)
}

func (g *externalGate) after(h *Point, op vfs.Op, res vfs.Result) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.observe(op, res)
	}
}

// expects says whether the calling goroutine is the actor that the hook waits for.
func (g *externalGate) expects(h *Point) bool {
	if h.depth > 0 {
		return h.actor.goroutine == goroutineID()
	}
	return g.isActor()
}

func (g *externalGate) lock(h *Point) { h.mu.Lock() }

func (g *externalGate) unlock(h *Point) { h.mu.Unlock() }

// coroutine gives each actor a goroutine of its own: what an engine left running
// on one must not meet another actor there.
func (g *externalGate) coroutine(a *actor) *coroutine {
	return newCoroutine(a, func(*coroutine) bool { return false })
}

func (g *externalGate) begins(a *actor) {
	a.goroutine = goroutineID()
	if a.id >= 0 {
		g.runs.Store(a.goroutine)
	}
}

func (g *externalGate) resumes(a *actor) { g.runs.Store(a.goroutine) }

func (g *externalGate) isActor() bool { return g.runs.Load() == goroutineID() }

func (g *externalGate) undecided() bool { return g.others.Load() }

func (g *externalGate) end() {}

// ExternalRun is a run of an engine that may start goroutines of its own.
type ExternalRun struct {
	*Run
	gate *externalGate
}

// NewExternalRun returns a run that draws its choices from the streams of a seed,
// keeps its events, and looks call sites up only if a law was violated.
func NewExternalRun(seed Seed, scenario Scenario) *ExternalRun {
	r := &ExternalRun{NewRun(seed, scenario, NewSeededExplorer(seed, scenario.Settings), Probe{Trace: true}), &externalGate{}}
	r.Run.gate, r.siteless = r.gate, true
	return r
}

// Beat counts operations, for whoever suspects a hang. Any goroutine may call it.
func (r *ExternalRun) Beat() uint64 { return r.gate.beat.Load() }

// goroutineID reads the number of the calling goroutine off its stack: the
// runtime tells it in no other way. It takes about a microsecond, which only
// runs of external engines pay.
func goroutineID() uint64 {
	var buf [64]byte
	text := buf[:runtime.Stack(buf[:], false)]
	text = bytes.TrimPrefix(text, []byte("goroutine "))
	end := bytes.IndexByte(text, ' ')
	if end < 0 {
		panic("sim: a stack does not begin with \"goroutine N\"")
	}
	id, err := strconv.ParseUint(string(text[:end]), 10, 64)
	if err != nil {
		panic("sim: " + err.Error())
	}
	return id
}
