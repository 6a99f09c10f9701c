package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"
)

// gauge shows how far something is, each second: on a terminal as a line that is drawn
// over, elsewhere as a line a minute. So whoever waits sees that it goes on, also where
// one step of it takes long.
type gauge struct {
	out   io.Writer
	width func() int // of the terminal, in columns; nil: not a terminal
	start time.Time

	mu    sync.Mutex
	read  func(spent time.Duration) reading
	next  time.Time // when the next line is due
	drawn bool      // there is something to be drawn over

	stopped chan struct{}
	ended   sync.WaitGroup
}

// reading is what a gauge shows.
type reading struct {
	text        string
	done, total uint64 // total 0: nobody knows how much there is
}

// beforeBar is how long something takes before a bar is worth the while.
const beforeBar = 2 * time.Second

// newGauge begins to show what read returns, which is called under the gauge's lock.
func newGauge(out io.Writer, read func(spent time.Duration) reading) *gauge {
	now := time.Now()
	g := &gauge{out: out, start: now, read: read, next: now.Add(time.Minute), stopped: make(chan struct{})}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		g.width = func() int { return screenOf(f).columns }
	}
	g.ended.Go(g.run)
	return g
}

func (g *gauge) run() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-g.stopped:
			return
		case now := <-tick.C:
			g.show(now)
		}
	}
}

// change changes what read tells of.
func (g *gauge) change(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f()
}

// show draws the bar, or prints a line if one is due.
func (g *gauge) show(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch spent := now.Sub(g.start); {
	case g.width != nil && spent >= beforeBar:
		g.drawn = true
		fmt.Fprintf(g.out, "\r%s\x1b[K", g.read(spent).line(g.width()-1)) // behind the last column some terminals begin a line
	case g.width == nil && now.After(g.next):
		g.next = now.Add(time.Minute)
		fmt.Fprintf(g.out, "simrun: %s: %s\n", spent.Round(time.Second), g.read(spent).text)
	}
}

// clear takes the bar away, for something else to be printed. The caller has the lock.
func (g *gauge) clear() {
	if g.drawn {
		g.drawn = false
		fmt.Fprint(g.out, "\r\x1b[K")
	}
}

// say prints a line above the bar.
func (g *gauge) say(format string, args ...any) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.clear()
	fmt.Fprintf(g.out, "simrun: "+format+"\n", args...)
}

// finish ends the showing. To end it twice does nothing more.
func (g *gauge) finish() {
	select {
	case <-g.stopped:
		return
	default:
	}
	close(g.stopped)
	g.ended.Wait()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.clear()
}

// The bar is no wider than that, and left out where less than the least is free.
const (
	widestBar = 40
	leastBar  = 10
)

// line is the reading in so many columns: a bar, if there is room for one, and the text,
// cut off where it does not fit.
func (r reading) line(columns int) string {
	text := []rune(r.text)
	if len(text) > columns {
		return string(text[:max(columns, 0)])
	}
	free := columns - utf8.RuneCountInString(r.text) - len("100% [] ")
	if r.total == 0 || free < leastBar {
		return r.text
	}
	share := float64(min(r.done, r.total)) / float64(r.total)
	width := min(free, widestBar)
	full := int(share * float64(width))
	return fmt.Sprintf("%3.0f%% [%s%s] %s", share*100, strings.Repeat("█", full), strings.Repeat(" ", width-full), r.text)
}

// waiting shows what is being done, and for how long already, where nobody knows how much
// there is of it. It is called once that is done.
func waiting(out io.Writer, what string) (done func()) {
	return newGauge(out, func(spent time.Duration) reading {
		return reading{text: fmt.Sprintf("%s, for %s", what, spent.Round(time.Second))}
	}).finish
}
