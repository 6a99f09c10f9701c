package core

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"powercut/sim/internal/hash"
	"powercut/sim/internal/lineage"
	"powercut/vfs"
)

// nativeGate is for an engine in a process whose schedule the seed decides, see
// package lineage: its goroutines, and the clients, go on as they like. The workload
// of an epoch is in a lineage, and so is each recovery, so that neither can tell what
// the run does besides. What the run itself does, in a goroutine that came to the
// disk, is kept aside from the program's random numbers and its clock.
type nativeGate struct {
	limit    time.Duration // without an operation, by the clock of a lineage
	threads  []*native     // that have begun and not ended, a handful
	bell     chan struct{} // of the innermost lineage: look again
	begun    bool          // the epoch's actors are going
	ended    time.Time     // when the last epoch was over
	workload uint64        // digest of what the workloads did, and when

	elsewhere Elsewhere     // where recoveries may go on, nil for nowhere
	alone     bool          // the workload never ran in this process
	dead      chan struct{} // of the epoch: closed when whoever was kept may go on, on a disk that is dead
}

// nativePatience is how much longer than by the real clock a lineage may go on
// without an operation: its clock jumps from timer to timer.
const nativePatience = 10

// processTakes is how long it takes, by the run's clock, until a process begins.
const processTakes = time.Second

func newNativeGate(w External) *nativeGate {
	g := &nativeGate{limit: nativePatience * w.HangAfter(), ended: startOfTime, dead: make(chan struct{})}
	if s, ok := w.(Separable); ok {
		g.elsewhere = s.Elsewhere()
	}
	return g
}

// native is the thread of an actor: a goroutine, which nobody resumes.
type native struct {
	gate  *nativeGate
	actor *actor
	id    uint64 // of the goroutine
	begun bool
}

func (g *nativeGate) before(h *Point, op vfs.Op) {
	if g.kept(h) {
		g.keep()
		return
	}
	lineage.Beat(g.limit)
	lineage.Aside(h.asideSeed(), func() { h.begin(op) })
	if h.dead() {
		g.keep()
	}
}

func (g *nativeGate) after(h *Point, op vfs.Op, res vfs.Result) {
	if g.kept(h) {
		g.keep()
		return
	}
	if h.depth == 0 {
		g.workload = hash.Mix64(g.workload ^ uint64(lineage.Now().UnixNano()))
	}
	lineage.Aside(h.asideSeed(), func() {
		if h.depth == 0 {
			g.workload = hash.Add(g.workload, fmt.Sprint(op.Kind, op.Path, op.NewPath, op.Offset, op.Len, res.N, res.Err))
		}
		h.observe(op, res)
	})
}

// kept says whether whoever comes to a disk does not go on.
func (g *nativeGate) kept(h *Point) bool {
	if h.r.innermost.Load() != h && !h.dead() {
		panic("sim: Recover works on the disk of the epoch, which stands still; it has to work on the one that it is given")
	}
	return h.dead()
}

// keep keeps the caller, and tells who waits for the lineage's end. It returns only if
// what is done from now on is to fail, see letGo.
func (g *nativeGate) keep() {
	g.ring()
	<-g.dead
}

func (g *nativeGate) ring() {
	select {
	case g.bell <- struct{}{}:
	default:
	}
}

// asideSeed is what the run draws by at a point, where maps are concerned.
func (h *Point) asideSeed() uint64 { return hash.Mix64(h.step ^ uint64(h.depth)<<56) }

// lineageSeed is what a lineage draws by: an epoch, or the recovery of an image.
func (h *Point) lineageSeed() uint64 {
	seed := h.r.seed.Sub(uint64(h.epoch))
	for c := h.crash; c != nil; c = c.Before {
		digest := c.image.Digest()
		seed = seed.Sub(c.Step).Sub(hash.Add(hash.Offset, digest[:]))
	}
	return uint64(seed)
}

// run implements gate: the actors of an epoch are in a lineage, which ends when they
// have, or when nothing that they do counts any more.
func (g *nativeGate) run(s *scheduler) (err error) {
	end, now, left := g.lineage(s.hook, g.ended.Add(processTakes), func() {
		lineage.SetDay(lineage.Wall{Back: time.Duration(s.hook.r.clock.shift.Load())}) // the machine was set back before this process
		g.begun = true
		defer func() { g.begun = false }()
		for _, a := range s.actors {
			a.on.resume(a)
		}
		for !g.stopped(s.hook) && !s.judgeEnded() {
			if left, _ := s.findReady(); !left {
				return
			}
			<-g.bell
		}
		if g.apart() && s.hook.dead() && s.hook.r.goesOn() {
			g.letGo(s)
		}
	})
	g.ended = now
	// What is judged behind the end of an epoch is on the same machine.
	defer lineage.SetDay(lineage.Wall{Back: time.Duration(s.hook.r.clock.shift.Load())})
	return g.endOf(s.hook, end, left)
}

// now is the time of the epoch: of its lineage, or, when that has ended, of its end.
func (g *nativeGate) now() time.Time {
	if now := lineage.Now(); now.After(g.ended) {
		return now
	}
	return g.ended
}

// lineage runs f as another process, which works on the disk of a point.
func (g *nativeGate) lineage(h *Point, from time.Time, f func()) (lineage.End, time.Time, []lineage.Waiting) {
	outer, begun := g.bell, g.begun
	g.bell = make(chan struct{}, 1)
	defer func() { g.bell, g.begun = outer, begun }()
	return lineage.Run(h.lineageSeed(), from, g.limit, f)
}

// endOf says what is wrong with how a lineage ended.
func (g *nativeGate) endOf(h *Point, end lineage.End, left []lineage.Waiting) error {
	if end == lineage.Done || h.dead() {
		return nil
	}
	if (h.depth > 0 || h.epoch > 0) && !g.alone && g.elsewhere != nil && !g.apart() {
		g.elsewhere.Blocked()
	}
	what := CrashPlace{Epoch: h.epoch, Epochs: h.r.settings.Epochs, Depth: h.depth}.Level()
	var b strings.Builder
	if end == lineage.Blocked {
		fmt.Fprintf(&b, "%s is blocked: none of its goroutines can go on", what)
		if g.alone {
			b.WriteString(" (it is in a process of its own, in which the workload never ran)")
		}
	} else {
		fmt.Fprintf(&b, "%s does nothing any more: no operation for %s by its clock", what, g.limit)
	}
	for _, w := range left {
		fmt.Fprintf(&b, "\na goroutine waits (%s), started by %s", w.Reason, w.Started)
	}
	return &Breach{Law: Progress, What: b.String()}
}

// thread implements gate. An actor of an epoch that is under way begins at once.
func (g *nativeGate) thread(a *actor) thread {
	t := &native{gate: g, actor: a}
	if a.id >= 0 && g.begun {
		t.start()
	}
	return t
}

// resume implements thread: an actor of an epoch begins. A recovery is run to its end.
func (t *native) resume(a *actor) {
	if a.id >= 0 {
		t.start()
		return
	}
	g := t.gate
	end, _, left := g.lineage(a.hook, g.now(), func() {
		t.start()
		for !a.done && !a.hook.dead() {
			<-g.bell
		}
	})
	if err := g.endOf(a.hook, end, left); err != nil {
		a.err, a.done = err, true
	}
	g.forget(t)
}

func (t *native) start() {
	if t.begun {
		return
	}
	t.begun = true
	go func() {
		t.id = goroutineID()
		// A file that is shorter than what is mapped of it is the engine's fault, and
		// told as one: by itself it would end the process.
		debug.SetPanicOnFault(true)
		t.gate.threads = append(t.gate.threads, t)
		defer func() {
			_ = recover() // what the actor ended with is known by now
			t.gate.forget(t)
			t.gate.ring()
		}()
		work(t.actor)
	}()
}

func (g *nativeGate) forget(t *native) {
	for i, other := range g.threads {
		if other == t {
			g.threads = append(g.threads[:i], g.threads[i+1:]...)
			return
		}
	}
}

// pollEvery is how often an actor that waits at the run's monitor looks whether it can
// go on, by its clock.
const pollEvery = time.Millisecond

// pause implements thread: others go on, and it does when it is ready.
func (t *native) pause(a *actor) {
	if a.ready == nil {
		lineage.Yield()
		return
	}
	for !a.ready() {
		time.Sleep(pollEvery)
	}
	a.ready = nil
}

// stop implements thread: the lineage has ended, and the goroutine with it.
func (t *native) stop(*actor) { t.gate.forget(t) }

// caller is the thread that the caller runs on, nil if it is no actor's.
func (g *nativeGate) caller() *native {
	id := goroutineID()
	for _, t := range g.threads {
		if t.id == id {
			return t
		}
	}
	return nil
}

func (g *nativeGate) self(*scheduler) *actor {
	if t := g.caller(); t != nil && t.actor.id >= 0 {
		return t.actor
	}
	return nil
}

func (g *nativeGate) lock(*Point) {}

func (g *nativeGate) unlock(*Point) {}

func (g *nativeGate) takeTurn(*scheduler) {}

func (g *nativeGate) suspend(*scheduler) (goOn func()) { return func() {} }

func (g *nativeGate) settle(*scheduler) {}

func (g *nativeGate) arrive(*scheduler) bool { return false }

func (g *nativeGate) stopped(h *Point) bool { return h.dead() }

func (g *nativeGate) ack(r *Run, f func()) {
	h := r.innermost.Load()
	if h.depth > 0 {
		panic("sim: Recover calls Ack: what it recovers was promised before, and it must not change what is judged by")
	}
	if h.dead() {
		g.keep()
		return
	}
	f()
}

func (g *nativeGate) died(r *Run, err error) {
	h := r.innermost.Load()
	if !h.dead() {
		h.died = err
	}
	g.keep()
	runtime.Goexit()
}

func (g *nativeGate) patience() time.Duration { return g.limit }

func (g *nativeGate) undecided() bool { return false }

func (g *nativeGate) uses() bool { return false }

func (g *nativeGate) end() {}

// closes and stays have nothing to do: the goroutines of a lineage that has ended never
// go on.
func (g *nativeGate) closes(*Point) {}

func (g *nativeGate) stays() {}
