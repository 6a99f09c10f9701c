package wire

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The CRC of pieces that were summed up apart is that of all of them at once.
func TestJoinedChecksums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.Uint32().Draw(t, "before")
		first := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "first")
		second := rapid.SliceOfN(rapid.Byte(), 0, 70_000).Draw(t, "second")
		got := ShiftOf(int64(len(second))).Join(Checksum(before, first), Checksum(0, second))
		if want := Checksum(before, append(first, second...)); got != want {
			t.Fatalf("got %#08x, want %#08x", got, want)
		}
	})
}

// The CRC over zeros that nobody reads is that of zeros.
func TestChecksumOfZeros(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.Uint32().Draw(t, "before")
		n := rapid.IntRange(0, 70_000).Draw(t, "zeros")
		if got, want := ShiftOf(int64(n)).Zeros(before), Checksum(before, make([]byte, n)); got != want {
			t.Fatalf("got %#08x, want %#08x", got, want)
		}
	})
	// Of more bytes than an int of 32 bits counts: in two steps as in one.
	const half = 3 << 30
	if got, want := ShiftOf(2*half).Zeros(1), ShiftOf(half).Zeros(ShiftOf(half).Zeros(1)); got != want || got == ShiftOf((2*half)&math.MaxUint32).Zeros(1) {
		t.Fatalf("of %d zeros: got %#08x, want %#08x", int64(2*half), got, want)
	}
}
