package properties

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"powercut/sim/core"
)

// A journal whose log goes on beyond 2 and 4 GiB holds, whatever its client does; and a
// case tells it whole.
func TestFarWorkloadsHold(t *testing.T) {
	runs := uint64(12)
	if testing.Short() {
		runs = 3
	}
	judged := uint64(0)
	for n := range runs {
		seed := core.Seed(n)
		src := seed.Stream("far")
		settings := core.Settings{ImagesPerPoint: 2, Depth: int(n % 2)}
		w := Journal.drawFar(src, &settings)
		again, err := Journal.ParseWorkload(w.String())
		if err != nil {
			t.Fatalf("%v in\n%s", err, w)
		}
		if diff := cmp.Diff(core.Workload(w), again, printed); diff != "" {
			t.Errorf("it reads back as another (-drawn +read):\n%s", diff)
		}
		result := core.Execute(seed, core.Scenario{Target: Journal.Name(), Workload: w, Settings: settings}, false)
		if v := result.Violation; v != nil {
			t.Fatalf("%v\n%s\n%s", v, v.Diff, v.Case)
		}
		judged += result.Counts.Images
	}
	if judged < 5*runs {
		t.Errorf("%d runs judged %d images", runs, judged)
	}
}

func TestFarWorkloadErrors(t *testing.T) {
	for _, text := range []string{
		"far 5\nmode sync\nroom 0\nclient sync\n",
		"far 5000\nmode other\nroom 0\nclient sync\n",
		"far 5000\nmode sync\nroom -1\nclient sync\n",
		"far 5000\nmode sync\nroom 0\nclient purge\n",
		"far 5000\nmode sync\nroom 0\n",
		"far 5000\nmode sync\nroom 0\nclient nothing\n",
	} {
		if w, err := Journal.ParseWorkload(text); err == nil || w != nil {
			t.Errorf("%q is read as %v", text, w)
		}
	}
}
