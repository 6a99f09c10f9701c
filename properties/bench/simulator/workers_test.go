package simulator

import (
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"powercut/sim/campaign"
)

// TestWorkersRatio tells what a second worker adds, in turn with one, so that
// what disturbs the machine disturbs both. It promises nothing: two workers are
// no faster than one where another program has the other processor.
func TestWorkersRatio(t *testing.T) {
	if os.Getenv("POWERCUT_BENCH") == "" {
		t.Skip("takes a minute of both processors: set POWERCUT_BENCH=1")
	}
	var processes [2][]*Worker // of all processors, of one
	for procs := range processes {
		for range 2 {
			w, err := StartWorker(procs)
			must(t, w, err)
			defer func() { must(t, 0, w.Stop()) }()
			processes[procs] = append(processes[procs], w)
		}
	}
	before := runtime.GOMAXPROCS(0)
	defer runtime.GOMAXPROCS(before)
	for _, c := range []struct {
		name    string
		runners func(workers int) []campaign.BlockRunner
	}{
		{"goroutines", func(n int) []campaign.BlockRunner {
			runtime.GOMAXPROCS(n)
			return slices.Repeat([]campaign.BlockRunner{RunBlock}, n)
		}},
		{"processes with all processors", func(n int) []campaign.BlockRunner {
			return []campaign.BlockRunner{processes[0][0].Run, processes[0][1].Run}[:n]
		}},
		{"processes with one processor each", func(n int) []campaign.BlockRunner {
			return []campaign.BlockRunner{processes[1][0].Run, processes[1][1].Run}[:n]
		}},
	} {
		var rate [2]float64 // the best of the rounds
		for range 3 {
			for i := range rate {
				runners := c.runners(i + 1)
				start := time.Now()
				sum, err := RunBlocks(runners, drawnBlocks)
				must(t, 0, err)
				rate[i] = max(rate[i], float64(sum.Images)/time.Since(start).Seconds())
			}
		}
		t.Logf("%s: %.0f images/s with one worker, %.0f with two: %.2f times", c.name, rate[0], rate[1], rate[1]/rate[0])
	}
}
