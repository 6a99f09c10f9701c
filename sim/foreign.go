package sim

import (
	"bytes"
	"runtime"
	"strconv"
	"sync/atomic"

	"powercut/vfs"
)

// foreignGuard keeps a run together whose code under test may start goroutines
// of its own. Their operations are serialised with those of the actors, by the
// lock of the hook that they come through; but which comes first is not ours to
// decide.
type foreignGuard struct {
	beat   atomic.Uint64 // counts operations, for whoever suspects a hang
	others atomic.Bool   // an operation came from a goroutine that is no actor
	runs   atomic.Uint64 // the goroutine of the actor that was resumed last
}

// before is Hook.Before for a foreign engine.
func (g *foreignGuard) before(h *hook, op vfs.Op) {
	g.beat.Add(1)
	if h.mine() {
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

// after is Hook.After for a foreign engine.
func (g *foreignGuard) after(h *hook, op vfs.Op, res vfs.Result) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.told(op, res)
	}
}

// mine says whether the calling goroutine is the actor that the hook waits for.
func (h *hook) mine() bool {
	if h.depth > 0 {
		return h.actor.goroutine == goroutineID()
	}
	return h.r.foreign.runs.Load() == goroutineID()
}

// goroutineID reads the number of the calling goroutine off its stack: the
// runtime tells it in no other way. It takes about a microsecond, which only
// runs of foreign engines pay.
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
