package hash

import (
	"hash/fnv"
	"testing"
)

// Add is FNV-1a, as the standard library has it.
func TestAdd(t *testing.T) {
	for _, s := range []string{"", "a", "/data/j.log", "\x00\xff"} {
		std := fnv.New64a()
		_, _ = std.Write([]byte(s))
		if got := Add(Offset, s); got != std.Sum64() {
			t.Errorf("%q: got %#x, want %#x", s, got, std.Sum64())
		}
		if got := Add(Offset, []byte(s)); got != std.Sum64() {
			t.Errorf("%q as bytes: got %#x, want %#x", s, got, std.Sum64())
		}
	}
}

// Mix64 is the finaliser of splitmix64: the published outputs of seed 1234567.
func TestMix64(t *testing.T) {
	state := uint64(1234567)
	for _, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423} {
		state += Golden
		if got := Mix64(state); got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	}
}
