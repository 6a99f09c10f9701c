package wire

import (
	"testing"

	"pgregory.net/rapid"
)

// The CRC of pieces that were summed up apart is that of all of them at once.
func TestJoinedChecksums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.Uint32().Draw(t, "before")
		first := rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "first")
		second := rapid.SliceOfN(rapid.Byte(), 0, 70_000).Draw(t, "second")
		got := ShiftOf(len(second)).Join(Checksum(before, first), Checksum(0, second))
		if want := Checksum(before, append(first, second...)); got != want {
			t.Fatalf("got %#08x, want %#08x", got, want)
		}
	})
}
