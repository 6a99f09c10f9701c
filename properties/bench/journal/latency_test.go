package journal

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"
)

// fsyncTakes are the latencies of BenchmarkLatency64: a fast disk of today, a
// common one, one behind a network, and one that turns.
var fsyncTakes = []time.Duration{50 * time.Microsecond, 150 * time.Microsecond, time.Millisecond, 10 * time.Millisecond}

// BenchmarkLatency64 is BenchmarkSync64 on a slow disk, see slow.go.
func BenchmarkLatency64(b *testing.B) {
	at := quickPlace()
	for _, takes := range fsyncTakes {
		b.Run(fmt.Sprintf("fsync=%v", takes), func(b *testing.B) {
			for _, size := range []int{100, 16384} {
				for _, c := range slowGroupers(func() { sleepInKernel(takes) }) {
					b.Run(fmt.Sprintf("entry=%d/of=%s", size, c.name), func(b *testing.B) {
						newSubject(b, c, power, at, size, true).together(b)
					})
				}
			}
		})
	}
}

// Nobody's append returns before an fsync of a slow disk that was delayed.
func TestSlowDisksDelay(t *testing.T) {
	delays := new(atomic.Int64)
	for _, c := range slowGroupers(func() { delays.Add(1) }) {
		t.Run(c.name, func(t *testing.T) {
			s, err := c.open(scratch(t, quickPlace()), power)
			must(t, err)
			defer func() { must(t, s.Close()) }()
			entry := c.shape(newEntries(1, 100), false)[0]
			for i := range 20 {
				before := delays.Load()
				must(t, s.Append(entry))
				if delays.Load() == before {
					t.Fatalf("append %d returned without a delayed fsync", i)
				}
			}
		})
	}
}
