package main

import (
	"strings"
	"testing"
	"time"
)

// A bar fits the terminal, whatever its width: what does not fit is left out, the bar
// first.
func TestReadingFits(t *testing.T) {
	half := reading{"3m0s left, 2 violations, 300 runs", 1, 2}
	for _, c := range []struct {
		name    string
		r       reading
		columns int
		want    string
	}{
		{"a wide terminal", half, 200, " 50% [████████████████████                    ] 3m0s left, 2 violations, 300 runs"},
		{"room for a short bar", half, 51, " 50% [█████     ] 3m0s left, 2 violations, 300 runs"},
		{"no room for a bar", half, 40, "3m0s left, 2 violations, 300 runs"},
		{"no room for the text", half, 21, "3m0s left, 2 violatio"},
		{"no room at all", half, 0, ""},
		{"more than was to be done", reading{"x", 3, 2}, 29, "100% [████████████████████] x"},
		{"nobody knows how much", reading{"building the tests, for 4s", 0, 0}, 80, "building the tests, for 4s"},
	} {
		got := c.r.line(c.columns)
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		if n := len([]rune(got)); n > c.columns {
			t.Errorf("%s: %d columns of %d", c.name, n, c.columns)
		}
	}
}

// On a terminal nothing is shown of what is over at once; then a line is drawn over, and
// taken away for what is printed above it, and at the end.
func TestGaugeOnATerminal(t *testing.T) {
	var out strings.Builder
	g := newGauge(&out, func(spent time.Duration) reading { return reading{text: "for " + spent.String()} })
	g.change(func() { g.width = func() int { return 9 } })
	g.show(g.start.Add(time.Second))
	g.show(g.start.Add(3 * time.Second))
	g.say("one is done")
	g.show(g.start.Add(20 * time.Second))
	g.finish()
	g.finish()
	if got, want := out.String(), "\rfor 3s\x1b[K"+"\r\x1b[K"+"simrun: one is done\n"+"\rfor 20s\x1b[K"+"\r\x1b[K"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// A log gets a line a minute, and none from what is done within one.
func TestGaugeOffATerminal(t *testing.T) {
	var log strings.Builder
	s := newSteps(&log, "cases")
	s.at(1, 41)
	s.show(s.start.Add(50 * time.Second))
	if log.Len() > 0 {
		t.Errorf("within a minute: %q", log.String())
	}
	s.at(15, 41)
	s.show(s.start.Add(90 * time.Second))
	s.at(16, 41)
	s.show(s.start.Add(91 * time.Second))
	s.finish()
	if got, want := log.String(), "simrun: 1m30s: 15 of 41 cases, 2m36s left\n"; !strings.HasPrefix(got, "simrun: 1m30s: 15 of 41 cases, ") || strings.Count(got, "\n") != 1 {
		t.Errorf("after a minute and a half: got %q, want %q", got, want)
	}
}

// What nobody knows the length of says for how long it goes on already.
func TestWaiting(t *testing.T) {
	var log strings.Builder
	done := waiting(&log, "building the tests of ./store")
	done()
	if log.Len() > 0 {
		t.Errorf("at once: %q", log.String())
	}
}
