package oracle

import (
	"fmt"
	"math"
	"sync"

	"powercut/sim"
)

// fate is what is known of a call.
type fate uint8

const (
	inFlight      fate = iota // it has not returned; if its epoch is over, it never did
	accepted                  // it returned nil, and nothing has synced it
	promised                  // it is in every state that may come back
	indeterminate             // it returned an error: it may be in it
	refused                   // it returned an error: it is in none
)

// never is the time at which a call ends that may take effect until its epoch
// does.
const never = math.MaxInt

// call is one call of the engine under test.
type call[E any] struct {
	verb   string // put, delete, batch, append
	number int    // from 1, in the order in which the calls of an oracle began
	effect E
	fate   fate
	epoch  int
	// By the oracle's clock: when it began, and when it was over at the latest.
	began, ended int
	// How many operations the disk had seen when it began, and when its fate
	// was known.
	beganAt, knownAt uint64
	syncedBy         int // the number of the Sync that promised it, 0 for none
	err              error
}

// before says whether a call was over before another one began.
func (c *call[E]) before(d *call[E]) bool {
	return c.epoch < d.epoch || c.epoch == d.epoch && c.ended < d.began
}

// returnedNil says whether the caller was told that it worked.
func (c *call[E]) returnedNil() bool { return c.fate == accepted || c.fate == promised }

// history is what an oracle remembers: the calls, in the order in which they
// began, and what became of them.
//
// Each change is made under the run's lock (Ack), so that none comes between a
// crash image and its judgement, and under mu, which what only reads takes alone:
// a recovery that is being judged is within the run's lock.
type history[E any] struct {
	run     run
	options options
	promise func(c *call[E]) // called for each call that is promised, with mu held; may be nil

	mu      sync.Mutex
	clock   int // counts all that changes
	numbers int
	epoch   int
	open    int      // calls of this epoch that have not returned
	adopted int      // when the engine's state was adopted last, 0 for never
	blamed  *call[E] // with Strict: the first that failed without a cause
	calls   []*call[E]
}

// remember names what is judged by, which the oracle adds to, for a recovery in another
// process.
func (h *history[E]) remember(r *sim.Run, more ...any) {
	sim.Remember(r, append(more, &h.clock, &h.numbers, &h.epoch, &h.open, &h.adopted, &h.blamed, &h.calls)...)
}

// tick moves the clock on, and notices that another epoch has begun.
func (h *history[E]) tick() {
	h.clock++
	if epoch := h.run.Epoch(); epoch != h.epoch {
		h.epoch, h.open = epoch, 0
	}
}

// begin gives a call that is about to be made its number and its time. Remember is
// called with mu held. Without power there is no such call, but nil.
func (h *history[E]) begin(verb string, remember func(*call[E])) *call[E] {
	var c *call[E]
	h.run.Ack(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.tick()
		h.open++
		h.numbers++
		c = &call[E]{verb: verb, number: h.numbers, epoch: h.epoch, began: h.clock, ended: never, beganAt: h.run.operations()}
		remember(c)
	})
	return c
}

// end learns what a call returned. Learn is called with mu held, unless the power
// went before: then nobody heard of it, even if the next epoch has begun.
func (h *history[E]) end(c *call[E], learn func()) {
	h.run.Ack(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.tick()
		if c.epoch != h.epoch {
			return
		}
		h.open--
		c.knownAt = h.run.operations()
		learn()
	})
}

// do makes a call of the engine, and remembers what came of it. What is the rest
// of its name in the trace; remember says what its effect would be.
func (h *history[E]) do(verb, what string, remember func(*call[E]), f func() error) error {
	c := h.begin(verb, func(c *call[E]) {
		remember(c)
		h.calls = append(h.calls, c)
	})
	if c == nil {
		return f()
	}
	h.run.NoteCall(c.name() + what)
	err := f()
	h.end(c, func() { h.learn(c, err) })
	h.noteReturn(err)
	return err
}

// learn gives a call its fate.
func (h *history[E]) learn(c *call[E], err error) {
	if err == nil {
		c.fate, c.ended = accepted, h.clock
		if !h.options.bySync {
			h.keep(c)
		}
		return
	}
	c.err = err
	outcome := h.options.classify(err)
	h.blame(c, outcome, err)
	switch outcome {
	case Refused, Rejected:
		c.fate, c.ended = refused, h.clock
	case Ended:
		c.fate, c.ended = indeterminate, h.clock
	default:
		c.fate = indeterminate
	}
}

// blame takes note of the first error for which there is no cause, if somebody wants to
// know.
func (h *history[E]) blame(c *call[E], outcome Outcome, err error) {
	if !h.options.strict || outcome == Rejected || h.blamed != nil || h.run.Excuses(err) {
		return
	}
	h.blamed, c.err = c, err
	if outcome == Refused {
		c.fate = refused
	}
}

// unexplained is the breach that such an error is. It is called with mu held.
func (h *history[E]) unexplained() error {
	c := h.blamed
	if c == nil {
		return nil
	}
	when := h.when(c.knownAt, c.epoch)
	if c.fate == refused {
		return sim.Breachf(notTooCautious, "%s was refused %s, but nothing that the disk did was a reason: %v", c.name(), when, c.err)
	}
	return sim.Breachf(saysWhatIsSo, "%s failed %s, and nobody is to know what came of it, but nothing that the disk did was a reason: %v", c.name(), when, c.err)
}

// keep promises a call.
func (h *history[E]) keep(c *call[E]) {
	c.fate = promised
	if h.promise != nil {
		h.promise(c)
	}
}

// sync makes a call that promises all that was accepted before it.
func (h *history[E]) sync(f func() error) error {
	var covered []*call[E]
	s := h.begin("sync", func(s *call[E]) { covered = h.accepted(s) })
	if s == nil {
		return f()
	}
	h.run.NoteCall(s.name())
	err := f()
	h.end(s, func() {
		if err != nil {
			h.blame(s, h.options.classify(err), err)
		}
		for _, c := range covered {
			if err == nil && c.fate == accepted {
				c.syncedBy, c.knownAt = s.number, s.knownAt
				h.keep(c)
			}
		}
	})
	h.noteReturn(err)
	return err
}

// accepted lists what is accepted when a call begins, and not promised, in the same
// epoch and since the state was adopted: a crash that came since may have taken it,
// and what was adopted has decided about it.
func (h *history[E]) accepted(s *call[E]) []*call[E] {
	var calls []*call[E]
	for _, c := range h.calls {
		if c.fate == accepted && c.epoch == s.epoch && c.began > h.adopted {
			calls = append(calls, c)
		}
	}
	return calls
}

func (h *history[E]) noteReturn(err error) {
	if err != nil {
		h.run.NoteReturn(err.Error())
		return
	}
	h.run.NoteReturn("nil")
}

// law is what is broken if something promised does not come back.
func (h *history[E]) law() sim.Law {
	if h.options.bySync {
		return asyncPrefix
	}
	return acknowledgedDurable
}

// now is the time, for whoever wants to know later whether anything happened.
func (h *history[E]) now() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.clock
}

// misuse says that an oracle was asked in the midst of calls, so that what it
// was shown and what it remembers belong to different moments.
func misuse(who string) error {
	return fmt.Errorf("oracle: %s while calls of the same oracle were under way: ask when all of them have returned", who)
}

// adopt calls f with mu held, if nothing happened since then and no call is under
// way. Without power nobody would hear of what was recovered.
func (h *history[E]) adopt(since int, f func() error) (err error) {
	h.run.Ack(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.run.Epoch() == h.epoch && h.open > 0 || h.clock != since {
			err = misuse("Adopt")
			return
		}
		h.tick()
		h.adopted = h.clock
		err = f()
	})
	return err
}

// digest sums up what a check judges by.
func (h *history[E]) digest() uint64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return uint64(h.clock) + 1
}
