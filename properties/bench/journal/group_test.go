package journal

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// writers is how many append at once.
const writers = 64

// BenchmarkSync64 is many writers, each of which waits until its own entry is
// durable. Its time per operation is that of one acknowledgement.
func BenchmarkSync64(b *testing.B) {
	onPlaces(b, func(b *testing.B, at place) {
		for _, size := range entrySizes {
			for _, c := range groupers {
				b.Run(fmt.Sprintf("entry=%d/of=%s", size, c.name), func(b *testing.B) {
					newSubject(b, c, power, at, size, true).together(b)
				})
			}
		}
	})
}

// together lets the writers append b.N entries.
func (s *subject) together(b *testing.B) {
	before := s.countFsyncs()
	took := make([]time.Duration, b.N)
	b.ReportAllocs()
	b.ResetTimer()
	for rest := took; len(rest) > 0; {
		if s.left == 0 {
			b.StopTimer()
			s.anew()
			b.StartTimer()
		}
		n := min(len(rest), s.left)
		s.wave(rest[:n])
		s.left -= n
		rest = rest[n:]
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "acks/s")
	b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds())/1e3, "p99-us")
	if n := s.fsyncs + s.countFsyncs() - before; n > 0 {
		b.ReportMetric(float64(b.N)/float64(n), "acks/fsync")
	}
}

// wave has as many entries appended as took is long, and says how long each
// waited.
func (s *subject) wave(took []time.Duration) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(took) {
					return
				}
				start := time.Now()
				if err := s.store.Append(s.entries[i%distinctEntries]); err != nil {
					s.tb.Error(err)
					return
				}
				took[i] = time.Since(start)
			}
		})
	}
	wg.Wait()
}
