package bench

import (
	"bytes"
	"os"
	"slices"
	"testing"
	"time"
)

// rounds is how often each loop is timed, peer by peer in turn, so that what
// disturbs the machine disturbs both.
const rounds = 7

// A disk that is slower than promised, by comparison with pebble's in the same
// run, fails this test.
func TestRatios(t *testing.T) {
	if os.Getenv("POWERCUT_BENCH") == "" {
		t.Skip("takes half a minute of both processors: set POWERCUT_BENCH=1")
	}
	const large = 4 << 20
	record := bytes.Repeat([]byte("r"), 200)
	want := bytes.Repeat(record, cycleRecords)
	buffer := make([]byte, len(want)+1)
	for _, c := range []struct {
		name  string
		times float64 // as fast as pebble, at least
		loop  func(p peer) func(n int)
	}{
		{"append and sync 200 B at 4 MiB", 10, func(p peer) func(int) {
			a := newAppender(p, large, 200)
			return func(n int) {
				for range n {
					a.appendSync()
				}
				a.grown = 0 // the growth is what a round of each peer adds
			}
		}},
		{"crash image at 4 MiB", 10, func(p peer) func(int) {
			i := newImager(p, large)
			return func(n int) {
				for range n {
					i.image()
				}
			}
		}},
		{"cycle of 100 synced appends, crash, reopen, read back", 5, func(p peer) func(int) {
			return func(n int) {
				for range n {
					cycle(p, record, want, buffer)
				}
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ours, theirs := c.loop(peers[0]), c.loop(peers[1])
			n, m := calibrate(ours), calibrate(theirs)
			var a, b []float64
			for range rounds {
				a = append(a, perOperation(ours, n))
				b = append(b, perOperation(theirs, m))
			}
			slices.Sort(a)
			slices.Sort(b)
			mine, other := a[rounds/2], b[rounds/2]
			t.Logf("powercut %s, pebble %s: %.1f times as fast", time.Duration(mine), time.Duration(other), other/mine)
			if other < c.times*mine {
				t.Errorf("%.1f times as fast as pebble, want at least %.0f", other/mine, c.times)
			}
		})
	}
}

// calibrate finds how many operations take a tenth of a second.
func calibrate(loop func(n int)) int {
	for n := 1; ; n *= 2 {
		start := time.Now()
		loop(n)
		if time.Since(start) > 50*time.Millisecond {
			return n
		}
	}
}

func perOperation(loop func(n int), n int) float64 {
	start := time.Now()
	loop(n)
	return float64(time.Since(start)) / float64(n)
}
