package vfs_test

import (
	"slices"
	"testing"

	"powercut/vfs/internal/recording"

	"pgregory.net/rapid"
)

// TestReferenceAgreesWithItself: what the reference lists it accepts, and what
// a milder profile allows posix does too, but for reused blocks.
func TestReferenceAgreesWithItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := recording.Draw(rapidSource{t}, rangeSteps...)
		ref := refAfter(w, len(w.Steps))
		ref.unit = 4096
		if ref.atLeast("posix") > mostImages {
			return
		}
		posix := ref.images("posix")
		for _, p := range allProfiles {
			for _, s := range ref.images(p) {
				tree, err := parseRecordedTree(s)
				if err != nil {
					t.Fatal(err)
				}
				if err := ref.accepts(p, tree); err != nil {
					t.Fatalf("%s refuses its own %s: %v\n%v\n%v", p, s, err, w.Setup, w.Steps)
				}
				if _, ok := slices.BinarySearch(posix, s); !ok && p != "ext4-writeback" {
					t.Fatalf("%s allows %s, posix does not\n%v\n%v", p, s, w.Setup, w.Steps)
				}
			}
		}
	})
}
