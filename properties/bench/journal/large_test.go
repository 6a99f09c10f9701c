package journal

import (
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"
)

// BenchmarkLarge recovers, validates and reads logs of 64 MiB and 1 GiB of entries,
// and of 8 GiB on the disk if POWERCUT_BENCH_LARGE is set. It reports how far the heap
// grew meanwhile: neither that nor the bytes per second may depend on the size.
func BenchmarkLarge(b *testing.B) {
	if os.Getenv("POWERCUT_BENCH") == "" {
		b.Skip("writes 1 GiB: set POWERCUT_BENCH=1")
	}
	onPlaces(b, func(b *testing.B, at place) {
		for _, mib := range []int{64, 1 << 10, 8 << 10} {
			if mib > 1<<10 && (os.Getenv("POWERCUT_BENCH_LARGE") == "" || at.name != "disk") {
				continue
			}
			b.Run(fmt.Sprintf("entry=1024/MiB=%d", mib), func(b *testing.B) { large(b, at, mib<<20) })
		}
	})
}

func large(b *testing.B, at place, total int) {
	const size = 1024
	dir := scratch(b, at)
	ring := newEntries(distinctEntries, size)
	fill(b, openPowercut, dir, 4096, func(i int) []byte { return ring[i%distinctEntries] }, total/size)
	run := func(name string, do func() error) {
		b.Run("of="+name, func(b *testing.B) {
			runtime.GC()
			before := heapBytes()
			b.SetBytes(int64(total))
			stop := watchHeap()
			for b.Loop() {
				must(b, do())
			}
			b.ReportMetric(float64((max(stop(), before)-before)>>10), "peak-KiB")
		})
	}
	buf := make([]byte, scanBufferBytes)
	run("read+crc32c", func() error {
		_, err := scanRead(powercutBase(dir)+".log", buf)
		return err
	})
	run("powercut-open", func() error {
		s, err := openPowercut(dir, process)
		if err != nil {
			return err
		}
		return s.Close()
	})
	run("powercut-validate", func() error { return validatePowercut(dir) })
	s, err := openPowercut(dir, process)
	must(b, err)
	defer func() { must(b, s.Close()) }()
	run("powercut-read", func() error {
		n := 0
		err := readOpenPowercut(s.(powercutStore).j, func([]byte) error { n++; return nil })
		if err == nil && n != total/size {
			err = fmt.Errorf("read %d entries, want %d", n, total/size)
		}
		return err
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
