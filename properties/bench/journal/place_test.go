package journal

import (
	"os"
	"testing"
)

// place is a filesystem to measure on.
type place struct {
	name, dir, missing string
}

// places are a disk and a filesystem in memory, whose fsync costs nothing: what
// is left there is what the code itself costs.
func places() []place {
	disk := os.Getenv("POWERCUT_BENCH_DISK")
	if disk == "" {
		disk = os.TempDir()
	}
	memory := os.Getenv("POWERCUT_BENCH_TMPFS")
	if memory == "" {
		memory = "/dev/shm"
	}
	return []place{
		{"disk", disk, "POWERCUT_BENCH_DISK names no directory"},
		{"tmpfs", memory, "no /dev/shm: set POWERCUT_BENCH_TMPFS to a directory in memory"},
	}
}

func (p place) exists() bool {
	info, err := os.Stat(p.dir)
	return err == nil && info.IsDir()
}

// onPlaces runs a benchmark on each filesystem that there is.
func onPlaces(b *testing.B, run func(b *testing.B, p place)) {
	for _, p := range places() {
		b.Run("fs="+p.name, func(b *testing.B) {
			if !p.exists() {
				b.Skip(p.missing)
			}
			run(b, p)
		})
	}
}

// scratch is an empty directory that goes away with its benchmark or test.
func scratch(tb testing.TB, p place) string {
	tb.Helper()
	dir, err := os.MkdirTemp(p.dir, "powercut-bench-")
	must(tb, err)
	tb.Cleanup(func() { must(tb, os.RemoveAll(dir)) })
	return dir
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
