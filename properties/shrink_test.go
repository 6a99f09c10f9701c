package properties

import (
	"errors"
	"testing"

	"powercut/sim/core"
	"powercut/sim/shrink"
)

// lawsOfOriginal are those that the original breaks often enough for a short
// search.
var lawsOfOriginal = []core.Law{acknowledgedDurable, nothingInvented, asyncPrefix, tailForgiven, archivesKept, badInput}

// maxShrinkSeeds is where a search for a violation to shrink gives up.
const maxShrinkSeeds = 400

func TestOriginalShrinks(t *testing.T) {
	for _, law := range lawsOfOriginal {
		t.Run(string(law), func(t *testing.T) {
			t.Parallel()
			c := firstViolation(t, law)
			shrunk, err := shrink.Shrink(t.Context(), c, 400)
			if err != nil {
				t.Fatalf("%v\n%s", err, c)
			}
			if after := shrunk.After; after.Steps > 6 || after.Faults > 1 {
				t.Errorf("%s: from %s to %s, want at most 6 steps and 1 fault:\n%s", law, shrunk.Before, after, shrunk.Case)
			}
			result := core.Reproduce(shrunk.Case, false)
			if v := result.Violation; v == nil || v.Law != law {
				t.Errorf("the shrunk case gives %v, want a violation of %s:\n%s", v, law, shrunk.Case)
			}
			if result.Digest != shrunk.Case.Digest {
				t.Errorf("the shrunk case gives digest %s, but says %s", result.Digest, shrunk.Case.Digest)
			}
			again, err := shrink.Shrink(t.Context(), c, 400)
			if err != nil || again.Case.String() != shrunk.Case.String() {
				t.Errorf("shrinking again gives another case (%v):\n%s\nand before\n%s", err, again.Case, shrunk.Case)
			}
		})
	}
}

func firstViolation(t *testing.T, law core.Law) *core.Case {
	t.Helper()
	for seed := range core.Seed(maxShrinkSeeds) {
		scenario := Original.Draw(seed.Streams())
		scenario.Settings.Law = law
		if v := core.Execute(seed, scenario, false).Violation; v != nil {
			return v.Case
		}
	}
	t.Fatalf("no violation of %s in %d seeds", law, maxShrinkSeeds)
	return nil
}

func TestShrinkRefusesWhatHolds(t *testing.T) {
	c := firstViolation(t, tailForgiven)
	c.Target = Journal.Name()
	c.Workload.(*workload).driver = Journal.driver
	if _, err := shrink.Shrink(t.Context(), c, 10); !errors.Is(err, shrink.ErrHolds) {
		t.Errorf("shrinking a case that holds: %v, want ErrHolds", err)
	}
}
