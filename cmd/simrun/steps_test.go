package main

import (
	"strings"
	"testing"
	"time"
)

func TestStepsSayWhatIsLeft(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := steps{what: "mutants", start: start}
	for _, c := range []struct {
		after       time.Duration
		done, total uint64
		want        string
	}{
		{time.Minute, 0, 139, "0 of 139 mutants"},
		{time.Minute, 10, 40, "10 of 40 mutants, 3m0s left"},
		{time.Minute, 40, 40, "40 of 40 mutants, 0s left"},
		{time.Minute, 41, 40, "41 of 40 mutants, 0s left"}, // it went on beyond its budget
	} {
		if got := s.line(start.Add(c.after), c.done, c.total); got != c.want {
			t.Errorf("%d of %d after %s: got %q, want %q", c.done, c.total, c.after, got, c.want)
		}
	}
}

// A log gets a line a minute, and none from what is done within one.
func TestStepsOffATerminal(t *testing.T) {
	var log strings.Builder
	s := newSteps(&log, "cases")
	s.at(1, 41)
	if log.Len() > 0 {
		t.Errorf("at once: %q", log.String())
	}
	s.start, s.next = s.start.Add(-90*time.Second), s.next.Add(-90*time.Second)
	s.at(15, 41)
	s.at(16, 41)
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.HasPrefix(got, "simrun: 1m30s: 15 of 41 cases, ") {
		t.Errorf("after a minute and a half, one line wanted: %q", got)
	}
	s.finish()
}
