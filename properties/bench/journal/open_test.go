package journal

import (
	"os"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

// BenchmarkOpen1GiB recovers a journal with 1 GiB of entries and reports how
// far the heap grew meanwhile: it may not grow with the log.
func BenchmarkOpen1GiB(b *testing.B) {
	if os.Getenv("POWERCUT_BENCH") == "" {
		b.Skip("writes 1 GiB: set POWERCUT_BENCH=1")
	}
	const size, total = 1024, 1 << 30
	onPlaces(b, func(b *testing.B, at place) {
		dir := scratch(b, at)
		ring := newEntries(distinctEntries, size)
		fill(b, openPowercut, dir, 4096, func(i int) []byte { return ring[i%distinctEntries] }, total/size)
		run := func(name string, open func() error) {
			b.Run("entry=1024/of="+name, func(b *testing.B) {
				runtime.GC()
				before := heapBytes()
				b.SetBytes(total)
				stop := watchHeap()
				for b.Loop() {
					must(b, open())
				}
				b.ReportMetric(float64(max(stop(), before)-before)/(1<<20), "peak-MiB")
			})
		}
		buf := make([]byte, scanBufferBytes)
		run("read+crc32c", func() error {
			_, err := scanRead(powercutBase(dir)+".log", buf)
			return err
		})
		run("powercut", func() error {
			s, err := openPowercut(dir, process)
			if err != nil {
				return err
			}
			return s.Close()
		})
	})
}

// heapBytes is what the heap holds, garbage that was not swept included.
func heapBytes() uint64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// watchHeap looks at the heap every millisecond, without stopping the world,
// until stop is called, which returns the most that was there.
func watchHeap() (stop func() uint64) {
	done, result := make(chan struct{}), make(chan uint64)
	go func() {
		most := heapBytes()
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				result <- max(most, heapBytes())
				return
			case <-tick.C:
				most = max(most, heapBytes())
			}
		}
	}()
	return func() uint64 {
		close(done)
		return <-result
	}
}
