package journal_test

import (
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/wire"
)

// nothing is a machine that costs nothing.
type nothing struct{}

func (nothing) Apply(journal.Entry) error { return nil }

func (nothing) Snapshot() ([]byte, error) { return wire.Encode(wire.Int(0)), nil }

func (nothing) Restore([]byte) (int, error) { return 0, nil }

func benchOpen(b *testing.B, mode journal.Mode) (*journal.Journal, string) {
	b.Helper()
	base := b.TempDir() + "/j"
	j, _, err := journal.Open(afero.NewOsFs(), base, nothing{}, journal.Options{Mode: mode})
	must(b, err)
	return j, base
}

func benchEntry() journal.Entry {
	return journal.Entry{Payload: wire.Encode(wire.Bytes(make([]byte, 190)))}
}

// BenchmarkBareWrite is what BenchmarkAsyncAppend is to be compared with.
func BenchmarkBareWrite(b *testing.B) {
	f, err := os.Create(b.TempDir() + "/f")
	must(b, err)
	defer f.Close()
	buf := make([]byte, 216)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Write(buf); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAsyncAppend(b *testing.B) {
	j, _ := benchOpen(b, journal.Async)
	e := benchEntry()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := j.Append(bg, e); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	must(b, j.Close())
}

func BenchmarkGroupCommit64(b *testing.B) {
	j, _ := benchOpen(b, journal.Sync)
	e := benchEntry()
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for left.Add(-1) >= 0 {
				if _, err := j.Append(bg, e); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "acks/s")
	b.ReportMetric(float64(b.N)/float64(j.Stats().Fsyncs), "acks/fsync")
	must(b, j.Close())
}

func BenchmarkValidate(b *testing.B) {
	j, base := benchOpen(b, journal.Async)
	e := benchEntry()
	for range 200_000 {
		if _, err := j.Append(bg, e); err != nil {
			b.Fatal(err)
		}
	}
	must(b, j.Close())
	info, err := os.Stat(base + ".log")
	must(b, err)
	b.SetBytes(info.Size())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := journal.Validate(afero.NewOsFs(), base+".log"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	j, base := benchOpen(b, journal.Async)
	e := benchEntry()
	for range 1000 {
		if _, err := j.Append(bg, e); err != nil {
			b.Fatal(err)
		}
	}
	must(b, j.Close())
	b.ReportAllocs()
	for b.Loop() {
		j, _, err := journal.Open(afero.NewOsFs(), base, nothing{}, journal.Options{})
		must(b, err)
		must(b, j.Close())
	}
}
