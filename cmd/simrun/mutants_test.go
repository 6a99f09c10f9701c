package main

import "testing"

// What a mutant is judged by is the median of what its first seeds took; one that survives
// from most of them is a survivor.
func TestMedianOfStarts(t *testing.T) {
	for _, tt := range []struct {
		byStart []uint64
		median  uint64
	}{
		{[]uint64{7}, 7},
		{[]uint64{0}, 0},
		{[]uint64{900, 1, 30}, 30},
		{[]uint64{0, 5, 3}, 5},
		{[]uint64{0, 5, 0}, 0},
		{[]uint64{4, 2}, 4},
		{[]uint64{0, 2}, 0},
	} {
		m := mutantJSON{ByStart: tt.byStart}
		if m.judge(); m.Median != tt.median || m.Killed != (tt.median > 0) {
			t.Errorf("%v: got a median of %d (killed: %v), want %d", tt.byStart, m.Median, m.Killed, tt.median)
		}
	}
}
