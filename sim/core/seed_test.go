package core

import (
	"testing"
)

// What a seed means never changes: old cases and old campaigns depend on it.
func TestStreamsAreFixed(t *testing.T) {
	for _, test := range []struct {
		seed   Seed
		stream string
		want   [2]uint64
	}{
		{0, "workload", [2]uint64{0x5c59f909ccae3256, 0x816de9e74437c3c9}},
		{1, "workload", [2]uint64{0x9a0c6d92256c0988, 0x28839ec8f95380df}},
		{1, "crash", [2]uint64{0x006709e35e360782, 0x3001ff1d9cea6bf2}},
	} {
		s := test.seed.Stream(test.stream)
		if got := [2]uint64{s.Uint64(), s.Uint64()}; got != test.want {
			t.Errorf("seed %s, stream %q: got %#x, want %#x", test.seed, test.stream, got, test.want)
		}
	}
}

// Drawing more from one stream doesn't shift another.
func TestStreamsAreIndependent(t *testing.T) {
	seed := Seed(7)
	a, b := seed.Stream("a"), seed.Stream("b")
	want := b.Uint64()
	for range 100 {
		a.Uint64()
	}
	if got := seed.Stream("b").Uint64(); got != want {
		t.Errorf("stream b gave %#x, want %#x", got, want)
	}
}

func TestUint64nIsFair(t *testing.T) {
	s := Seed(3).Stream("fair")
	var counts [7]int
	const draws = 70_000
	for range draws {
		counts[s.Uint64n(7)]++
	}
	for i, n := range counts {
		if n < draws/7*9/10 || n > draws/7*11/10 {
			t.Errorf("%d came up %d times of %d", i, n, draws)
		}
	}
}
