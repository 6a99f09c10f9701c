package core

import "time"

// watch looks whether anything happens while somebody waits.
type watch struct {
	gate  *externalGate
	level int32
	beat  uint64
	since time.Time
	timer *time.Timer
	next  time.Duration
}

func (g *externalGate) watch() *watch {
	return &watch{gate: g, level: g.awaiting.Add(1), beat: g.beat.Load(), since: time.Now(), next: firstLook}
}

func (w *watch) end() {
	w.gate.awaiting.Add(-1)
	if w.timer != nil {
		w.timer.Stop()
	}
}

// look returns what says that it is time to look, each time later.
func (w *watch) look() <-chan time.Time {
	next := w.next
	w.next = min(2*w.next, longestLook)
	if w.timer == nil {
		w.timer = time.NewTimer(next)
	} else {
		w.timer.Reset(next)
	}
	return w.timer.C
}

// hangs says whether nothing has happened for too long. Of several that wait, each
// for the next, the last one says so.
func (w *watch) hangs() bool {
	if beat := w.gate.beat.Load(); beat != w.beat || w.gate.awaiting.Load() != w.level {
		w.beat, w.since = beat, time.Now()
		return false
	}
	return time.Since(w.since) >= w.gate.hangAfter
}
