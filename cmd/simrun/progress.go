package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress shows how far a campaign is: on a terminal as a bar, elsewhere as a
// line a minute.
type progress struct {
	out   io.Writer
	bar   *progressbar.ProgressBar // nil: not a terminal
	seeds uint64                   // 0: nobody knows how many
	until time.Duration            // 0: no end is set
	start time.Time
	next  time.Time

	done, runs, images, operations, violations uint64 // done are seeds, of this session or before
}

func newProgress(out io.Writer, seeds uint64, until time.Duration) *progress {
	now := time.Now()
	p := &progress{out: out, seeds: seeds, until: until, start: now, next: now.Add(time.Minute)}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		limit := int64(seeds)
		if seeds == 0 {
			limit = int64(until / time.Second)
		}
		p.bar = progressbar.NewOptions64(limit, progressbar.OptionSetWriter(out), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetPredictTime(false), progressbar.OptionThrottle(200*time.Millisecond))
	}
	return p
}

// add counts a block that was finished.
func (p *progress) add(seeds, runs, images, operations, violations uint64) {
	p.done += seeds
	p.runs += runs
	p.images += images
	p.operations += operations
	p.violations += violations
	now := time.Now()
	if p.bar != nil {
		p.bar.Describe(p.line(now))
		at := int64(p.done)
		if p.seeds == 0 {
			at = int64(now.Sub(p.start) / time.Second)
		}
		_ = p.bar.Set64(at) // a bar that can't be drawn is no reason to stop
		return
	}
	if now.After(p.next) {
		p.next = now.Add(time.Minute)
		fmt.Fprintf(p.out, "simrun: %s: %s\n", now.Sub(p.start).Round(time.Second), p.line(now))
	}
}

// line says what was done and what is left.
func (p *progress) line(now time.Time) string {
	spent := now.Sub(p.start).Seconds()
	text := fmt.Sprintf("%d runs, %.0f runs/s, %.0f images/s, %d violations", p.runs, float64(p.runs)/spent, float64(p.images)/spent, p.violations)
	var left time.Duration
	switch {
	case p.seeds > 0 && p.done > 0:
		left = time.Duration(spent * float64(p.seeds-min(p.done, p.seeds)) / float64(p.done) * float64(time.Second))
	case p.seeds == 0:
		left = p.until - now.Sub(p.start)
	}
	return text + fmt.Sprintf(", %s left", max(left, 0).Round(time.Second))
}

func (p *progress) finish() {
	if p.bar != nil {
		_ = p.bar.Finish() // likewise
	}
}
