package main

import (
	"fmt"
	"io"
	"time"
)

// steps shows how far something is that is done step by step.
type steps struct {
	*gauge
	what        string // that is counted, in the plural
	done, total uint64
}

// newSteps begins to show how many of what are done.
func newSteps(out io.Writer, what string) *steps {
	s := &steps{what: what}
	s.gauge = newGauge(out, func(spent time.Duration) reading {
		return reading{s.line(spent), s.done, s.total}
	})
	return s
}

// at says that so many of so many are done.
func (s *steps) at(done, total uint64) {
	s.change(func() { s.done, s.total = done, total })
}

// line says what was done, and how long the rest takes if it goes on like this.
func (s *steps) line(spent time.Duration) string {
	text := fmt.Sprintf("%d of %d %s", s.done, s.total, s.what)
	if s.total == 0 {
		text = s.what
	}
	if s.done == 0 {
		return text + ", for " + spent.Round(time.Second).String()
	}
	left := time.Duration(float64(spent) * float64(s.total-min(s.done, s.total)) / float64(s.done))
	return text + fmt.Sprintf(", %s left", left.Round(time.Second))
}
