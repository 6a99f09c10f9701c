package core

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"powercut/sim/internal/lineage"
	"powercut/vfs"
)

// startOfTime is when every run's clock begins. The value means nothing.
var startOfTime = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// clock is a run's. What has passed never goes back, and timers go by it; what the
// clock shows may.
type clock struct {
	elapsed  atomic.Int64 // nanoseconds that have passed
	shift    atomic.Int64 // nanoseconds by which it was set back
	standing atomic.Int64 // nanoseconds for which it still stands
	frozen   atomic.Int64 // what it shows meanwhile

	mu     sync.Mutex
	next   atomic.Int64 // when the first timer is due, 0: there is none
	timers []*timer     // in the order in which they were started
}

// timer is due when so much has passed.
type timer struct {
	at   int64
	fire func() // nil: whoever waits looks by himself
}

// Now is the run's clock. Every reading moves it on by a microsecond, and a fault of
// latency by more. It stands still, or goes back, only where a fault makes it.
func (r *Run) Now() time.Time {
	if lineage.Native() {
		return time.Now().UTC() // which is simulated, too
	}
	c := &r.clock
	c.advance(time.Microsecond)
	if left := c.standing.Load(); left > 0 {
		c.standing.Store(max(0, left-int64(time.Microsecond)))
		return startOfTime.Add(time.Duration(c.frozen.Load()))
	}
	return startOfTime.Add(time.Duration(c.elapsed.Load() - c.shift.Load()))
}

// besideClock is what a fault does to the clock before an operation.
func (r *Run) besideClock(b vfs.Beside) {
	if lineage.Native() {
		r.besideNativeClock(b)
		return
	}
	r.clock.shift.Add(int64(b.ClockBack))
	if b.ClockStands > 0 {
		r.clock.frozen.Store(r.clock.elapsed.Load() - r.clock.shift.Load())
		r.clock.standing.Store(int64(b.ClockStands))
	}
	if b.Stall > 0 {
		r.Sleep(b.Stall)
	}
}

// besideNativeClock is that of a program that asks the system for the time. What strikes
// a recovery ends with it: the workload can't tell that it was there.
func (r *Run) besideNativeClock(b vfs.Beside) {
	day := lineage.Day()
	day.Back += b.ClockBack
	if b.ClockStands > 0 {
		day.Frozen, day.Stands = lineage.Now().Add(-day.Back).UnixNano(), b.ClockStands
	}
	lineage.SetDay(day)
	if r.innermost.Load().depth == 0 {
		r.clock.shift.Store(int64(day.Back)) // in the next epoch, too
	}
	if b.Stall > 0 {
		r.Sleep(b.Stall)
	}
}

// Sleep has time pass for the caller, and lets the other actors go on meanwhile.
func (r *Run) Sleep(d time.Duration) {
	a := r.gate.self(r.sched)
	if a == nil || lineage.Native() || a.hook != r.hook || a.hook.depth > 0 {
		r.clock.advance(d) // nobody's turn
		return
	}
	until := r.clock.elapsed.Load() + int64(d)
	t := r.clock.start(until, nil)
	defer r.clock.stop(t)
	r.sched.block(func() bool { return r.clock.elapsed.Load() >= until })
}

// advance has time pass, and fires what is due by then.
func (c *clock) advance(d time.Duration) {
	if lineage.Native() {
		lineage.Advance(d)
	}
	now := c.elapsed.Add(int64(d))
	if next := c.next.Load(); next == 0 || now < next {
		return
	}
	c.mu.Lock()
	var due []*timer
	for _, t := range c.timers {
		if t.at <= now && t.fire != nil {
			due = append(due, t)
		}
	}
	for _, t := range due {
		c.remove(t)
	}
	c.mu.Unlock()
	slices.SortStableFunc(due, func(a, b *timer) int { return cmp.Compare(a.at, b.at) })
	for _, t := range due {
		t.fire()
	}
}

// timed says whether somebody waits for time to pass.
func (h *Point) timed() bool { return h.r.clock.next.Load() != 0 }

// advanceToTimer has time pass until the first timer is due. It is false if there is
// none.
func (c *clock) advanceToTimer() bool {
	c.mu.Lock()
	first := int64(0)
	for _, t := range c.timers {
		if t.at > c.elapsed.Load() && (first == 0 || t.at < first) {
			first = t.at
		}
	}
	c.mu.Unlock()
	if first == 0 {
		return false
	}
	c.advance(time.Duration(first - c.elapsed.Load()))
	return true
}

func (c *clock) start(at int64, fire func()) *timer {
	t := &timer{at, fire}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.timers = append(c.timers, t)
	c.setNext()
	return t
}

func (c *clock) stop(t *timer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(t)
}

func (c *clock) remove(t *timer) {
	c.timers = slices.DeleteFunc(c.timers, func(other *timer) bool { return other == t })
	c.setNext()
}

// setNext notes when somebody is to look again.
func (c *clock) setNext() {
	first := int64(0)
	for _, t := range c.timers {
		if t.fire != nil && (first == 0 || t.at < first) {
			first = t.at
		}
	}
	c.next.Store(first)
}

// WithTimeout is context.WithTimeout by the run's clock.
func (r *Run) WithTimeout(parent context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	c := &clockContext{Context: ctx, deadline: startOfTime.Add(time.Duration(r.clock.elapsed.Load()) + d)}
	t := r.clock.start(r.clock.elapsed.Load()+int64(d), func() { c.expired.Store(true); cancel() })
	return c, func() { r.clock.stop(t); cancel() }
}

// clockContext expires by a run's clock.
type clockContext struct {
	context.Context
	deadline time.Time
	expired  atomic.Bool
}

// Deadline implements context.Context, by a clock that was never set back.
func (c *clockContext) Deadline() (time.Time, bool) { return c.deadline, true }

// Err implements context.Context.
func (c *clockContext) Err() error {
	err := c.Context.Err()
	if err != nil && c.expired.Load() {
		return context.DeadlineExceeded
	}
	return err
}
