package main

import (
	"fmt"
	"io"
	"time"
)

// progress shows how far a campaign is.
type progress struct {
	*gauge
	seeds uint64        // 0: nobody knows how many
	until time.Duration // 0: no end is set

	done, runs, images, violations uint64 // done are seeds of this session
}

func newProgress(out io.Writer, seeds uint64, until time.Duration) *progress {
	p := &progress{seeds: seeds, until: until}
	p.gauge = newGauge(out, func(spent time.Duration) reading {
		r := reading{p.line(spent), p.done, p.seeds}
		if p.seeds == 0 {
			r.done, r.total = uint64(spent/time.Second), uint64(p.until/time.Second)
		}
		return r
	})
	return p
}

// add counts a block that was finished.
func (p *progress) add(seeds, runs, images, violations uint64) {
	p.change(func() {
		p.done += seeds
		p.runs += runs
		p.images += images
		p.violations += violations
	})
}

// line says what is left, and what was done: a narrow terminal shows the beginning.
func (p *progress) line(spent time.Duration) string {
	var left time.Duration
	switch {
	case p.seeds == 0:
		left = p.until - spent
	case p.done == 0:
		return fmt.Sprintf("0 of %s, for %s", count(p.seeds, "seed"), spent.Round(time.Second))
	default:
		left = time.Duration(float64(spent) * float64(p.seeds-min(p.done, p.seeds)) / float64(p.done))
	}
	seconds := spent.Seconds()
	return fmt.Sprintf("%s left, %s, %s, %.0f runs/s, %.0f images/s", max(left, 0).Round(time.Second), count(p.violations, "violation"),
		count(p.runs, "run"), float64(p.runs)/seconds, float64(p.images)/seconds)
}
