//go:build powercut

package native

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"testing"

	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/vfs"
)

// TestSmall are runs for the tests below. What differs between the three of an engine
// is how many crash images are judged, and nothing else. Under these profiles nothing is
// found in them, which would be made smaller for minutes.
func TestSmall(t *testing.T) {
	for _, engine := range small {
		for _, points := range []int{1, 5, 50} {
			t.Run(fmt.Sprintf("%s/%d", engine.name, points), func(t *testing.T) {
				sim.Test(t, sim.Config{Runs: 1, Points: points, Profiles: silent, Corpus: "none", Promises: sim.Nothing}, engine.plan.Run(engine.open))
			})
		}
	}
}

var silent = []vfs.Profile{vfs.Ext4, vfs.XFS, vfs.Btrfs}

var small = []struct {
	name   string
	open   unmodified.Open
	plan   unmodified.Plan
	varies bool // who comes first shows in what is done on the disk
}{
	{"bbolt", openBolt, unmodified.Plan{Clients: 3, Puts: 8}, false},     // maps its file
	{"goleveldb", openLevel, unmodified.Plan{Clients: 3, Puts: 8}, true}, // has goroutines of its own, and timers
	{"jetstream", openNATS, unmodified.Plan{Clients: 3, Puts: 5}, true},  // is a server with a client: pipes, deadlines, timers
}

var digestLine = regexp.MustCompile(`seed \d+: digest (\w+), workload (\w+), \d+ operations, (\d+) images`)

// digests runs a seed of TestSmall in a new process, and returns what it was.
func digests(t *testing.T, engine string, points int, seed uint64) (run, workload string) {
	t.Helper()
	out, err := exec.Command(os.Args[0], "-test.v", fmt.Sprintf("-test.run=^TestSmall$/^%s$/^%d$", engine, points),
		"-powercut.digests", fmt.Sprintf("-powercut.seed=%d", seed)).CombinedOutput()
	found := digestLine.FindStringSubmatch(string(out))
	if found == nil {
		t.Fatalf("%s, seed %d: %v\n%s", engine, seed, err, out)
	}
	return found[1] + " of " + found[3] + " images", found[2]
}

// Each seed gives one run in every process, at rest and beside load, and 20 seeds give
// 20 different ones. (The clients of bbolt write one after the other, all the same.) In
// a soak each of the 20 seeds has 20 processes at rest, and 20 beside load; with
// -test.short there are a third of the seeds, and of the processes.
func TestSeedDecides(t *testing.T) {
	soak := os.Getenv("POWERCUT_SOAK") != ""
	seeds := uint64(unmodified.Few(20))
	for _, engine := range small {
		t.Run(engine.name, func(t *testing.T) {
			workloads := make(map[string]uint64)
			for seed := range seeds {
				_, workload := digests(t, engine.name, 1, seed)
				if other, ok := workloads[workload]; ok && engine.varies {
					t.Errorf("seeds %d and %d gave one run", other, seed)
				}
				workloads[workload] = seed
				switch {
				case soak:
					repeat(t, engine.name, seed, 20, 20)
				case seed == 3:
					repeat(t, engine.name, seed, unmodified.Few(15), unmodified.Few(5))
				}
			}
			t.Logf("%d seeds, %d workloads", seeds, len(workloads))
		})
	}
}

// repeat runs a seed in so many processes at rest, and so many beside load.
func repeat(t *testing.T, engine string, seed uint64, rest, loaded int) {
	t.Helper()
	want, _ := digests(t, engine, 5, seed)
	again := func(times int, how string) {
		for range times {
			if got, _ := digests(t, engine, 5, seed); got != want {
				t.Errorf("%s, seed %d, %s: %s, and %s before", engine, seed, how, got, want)
			}
		}
	}
	again(rest, "at rest")
	defer load()()
	again(loaded, "beside load")
}

// load keeps every processor busy until it is told to stop.
func load() (stop func()) {
	over := make(chan struct{})
	for range 2 * runtime.NumCPU() {
		go func() {
			for {
				select {
				case <-over:
					return
				default:
				}
			}
		}()
	}
	return func() { close(over) }
}

// What a workload does is the same, however much is judged meanwhile.
func TestJudgingChangesNothing(t *testing.T) {
	for _, engine := range small {
		for seed := range uint64(unmodified.Few(4)) {
			few, want := digests(t, engine.name, 1, seed)
			for _, points := range []int{5, 50} {
				more, got := digests(t, engine.name, points, seed)
				if got != want {
					t.Errorf("%s, seed %d: %s with %s, and %s with %s", engine.name, seed, want, few, got, more)
				}
				if more == few {
					t.Errorf("%s, seed %d: %d points judged no more than one", engine.name, seed, points)
				}
			}
		}
	}
}
