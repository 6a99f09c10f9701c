package core

import (
	"bytes"
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

// A seed reads back as it is printed, and in the forms that Go's numbers have.
func TestSeedText(t *testing.T) {
	for text, want := range map[string]Seed{"0": 0, "77": 77, "0x10": 16, "18446744073709551615": 1<<64 - 1, Seed(5).String(): 5} {
		if got, err := ParseSeed(text); got != want || err != nil {
			t.Errorf("%q is read as %s: %v", text, got, err)
		}
	}
	for _, bad := range []string{"", "-1", "many", "18446744073709551616"} {
		if got, err := ParseSeed(bad); err == nil {
			t.Errorf("%q is read as seed %s", bad, got)
		}
	}
}

// What is drawn is within its bounds, and reaches both.
func TestDraws(t *testing.T) {
	src := Seed(1).Stream("draws")
	between, picked := make(map[int]bool), make(map[string]bool)
	for range 200 {
		between[Between(src, 3, 5)] = true
		picked[Pick(src, []string{"a", "b"})] = true
	}
	if len(between) != 3 || !between[3] || !between[5] || len(picked) != 2 {
		t.Errorf("from 3 to 5: %v; of a and b: %v", between, picked)
	}
}

// Reading a stream in pieces of eight bytes gives the same as reading it at once.
func TestStreamRead(t *testing.T) {
	whole, pieces := make([]byte, 24), make([]byte, 24)
	_, _ = Seed(1).Stream("entropy").Read(whole)
	s := Seed(1).Stream("entropy")
	for i := 0; i < 24; i += 8 {
		_, _ = s.Read(pieces[i : i+8])
	}
	if !bytes.Equal(whole, pieces) || bytes.Equal(whole, make([]byte, 24)) {
		t.Errorf("at once %x, in pieces %x", whole, pieces)
	}
}
