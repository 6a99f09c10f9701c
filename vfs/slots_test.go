package vfs_test

import (
	"testing"

	"pgregory.net/rapid"

	"powercut/vfs"
)

// TestFewAndManySlotsAgree: it makes no difference to the names whether so many of them
// are pending that their entries are hashed.
func TestFewAndManySlotsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c"}), 1, 12).Draw(t, "names")
		hidden := rapid.SliceOfN(rapid.Bool(), len(names), len(names)).Draw(t, "hidden")
		if at := vfs.SlotsAgree(names, hidden); at >= 0 {
			t.Fatalf("%v, hidden %v: they differ at %d", names, hidden, at)
		}
	})
}
