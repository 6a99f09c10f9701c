package main

import (
	"testing"
	"time"
)

func TestStepsSayWhatIsLeft(t *testing.T) {
	for _, c := range []struct {
		after       time.Duration
		done, total uint64
		want        string
	}{
		{time.Minute, 0, 0, "mutants, for 1m0s"}, // it looks for how many there are
		{time.Minute, 0, 139, "0 of 139 mutants, for 1m0s"},
		{time.Minute, 10, 40, "10 of 40 mutants, 3m0s left"},
		{time.Minute, 40, 40, "40 of 40 mutants, 0s left"},
		{time.Minute, 41, 40, "41 of 40 mutants, 0s left"}, // it went on beyond its budget
	} {
		s := steps{what: "mutants", done: c.done, total: c.total}
		if got := s.line(c.after); got != c.want {
			t.Errorf("%d of %d after %s: got %q, want %q", c.done, c.total, c.after, got, c.want)
		}
	}
}
