package simulator

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"testing"
	"time"

	"github.com/spf13/afero"

	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/vfs"
)

func TestMain(m *testing.M) {
	if os.Getenv(workerVariable) != "" {
		if err := Work(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// report tells rates by the clock, and of images also by the time of processors
// since cpu.
func report(b *testing.B, c Counts, cpu time.Duration) {
	b.Helper()
	if cpu > 0 {
		b.ReportMetric(float64(c.Images)/(CPUTime()-cpu).Seconds(), "images/cpu-s")
	}
	s := b.Elapsed().Seconds()
	b.ReportMetric(float64(c.Images)/s, "images/s")
	b.ReportMetric(float64(c.ImagesSkipped)/s, "repeats/s")
	b.ReportMetric(float64(c.Operations)/s, "ops/s")
	b.ReportMetric(float64(c.Runs)/s, "runs/s")
}

// oneCore leaves one processor to the benchmark, garbage collection included.
func oneCore(b *testing.B) {
	before := runtime.GOMAXPROCS(1)
	b.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// asWorker has garbage collected as seldom as in the workers of simrun.
func asWorker(b *testing.B) {
	oneCore(b)
	before := debug.SetGCPercent(400)
	b.Cleanup(func() { debug.SetGCPercent(before) })
}

// BenchmarkStandard runs the standard workload on one core; an op is a run.
func BenchmarkStandard(b *testing.B) {
	for depth := range 3 {
		b.Run(fmt.Sprintf("of=depth-%d", depth), func(b *testing.B) {
			asWorker(b)
			scenario := Scenario(depth)
			var sum Counts
			cpu := CPUTime()
			b.ReportAllocs()
			for b.Loop() {
				sum.Add(RunStandard(scenario, sum.Runs))
			}
			report(b, sum, cpu)
		})
	}
}

// BenchmarkStandardWithout runs the standard workload and crashes it nowhere:
// what is left of a run's cost if images cost nothing. An op is two runs: a
// case that holds is run for its own law and then for all.
func BenchmarkStandardWithout(b *testing.B) {
	asWorker(b)
	c := Uncrashed(Standard)
	operations := uint64(0)
	b.ReportAllocs()
	for b.Loop() {
		operations += reproductions * core.Reproduce(c, false).Operations
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/reproductions, "ns/run")
	b.ReportMetric(float64(operations)/b.Elapsed().Seconds(), "ops/s")
}

// BenchmarkDrawn runs blocks of a campaign, with what each seed draws; an op is
// a run.
func BenchmarkDrawn(b *testing.B) {
	goroutines := func(n int) []campaign.BlockRunner {
		all := make([]campaign.BlockRunner, n)
		for i := range all {
			all[i] = RunBlock
		}
		return all
	}
	for workers := 1; workers <= 2; workers++ {
		b.Run(fmt.Sprintf("of=%d-goroutines", workers), func(b *testing.B) {
			before := runtime.GOMAXPROCS(workers)
			defer runtime.GOMAXPROCS(before)
			drawn(b, goroutines(workers))
		})
	}
	// As simrun does it: with one processor each, since what a second one could
	// do for a worker is to take it from another.
	for workers := 1; workers <= 2; workers++ {
		b.Run(fmt.Sprintf("of=%d-processes", workers), func(b *testing.B) {
			var runners []campaign.BlockRunner
			for range workers {
				w, err := StartWorker(1)
				if err != nil {
					b.Fatal(err)
				}
				defer func() {
					if err := w.Stop(); err != nil {
						b.Error(err)
					}
				}()
				runners = append(runners, w.Run)
			}
			drawn(b, runners)
		})
	}
}

// drawnBlocks is how many blocks are run and then run again: so many that two
// workers come to their ends at nearly the same time.
const drawnBlocks = 4

func drawn(b *testing.B, runners []campaign.BlockRunner) {
	if _, err := RunBlocks(runners, uint64(len(runners))); err != nil { // warm
		b.Fatal(err)
	}
	var sum Counts
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	cpu := CPUTime()
	b.ResetTimer()
	for range b.N {
		c, err := RunBlocks(runners, drawnBlocks)
		if err != nil {
			b.Fatal(err)
		}
		sum.Add(c)
	}
	b.StopTimer()
	runtime.ReadMemStats(&after)
	if after.TotalAlloc-before.TotalAlloc < 1<<10*sum.Runs { // in other processes
		report(b, sum, 0)
	} else {
		report(b, sum, cpu)
		b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/float64(sum.Runs), "B/run")
		b.ReportMetric(float64(after.Mallocs-before.Mallocs)/float64(sum.Runs), "allocs/run")
	}
}

// BenchmarkFloor are what no simulator of this journal gets below.
func BenchmarkFloor(b *testing.B) {
	h, err := Hold()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("of=switch", func(b *testing.B) {
		oneCore(b)
		next, stop := Switcher()
		defer stop()
		for b.Loop() {
			next()
		}
	})
	b.Run("of=copy", func(b *testing.B) {
		oneCore(b)
		b.SetBytes(int64(h.Bytes))
		c := h.Copier()
		for b.Loop() {
			c()
		}
	})
	b.Run("of=recovery", func(b *testing.B) {
		oneCore(b)
		fs, err := h.InMemory()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := Recover(fs); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "images/s")
	})
	b.Run("of=recovery-on-disk", func(b *testing.B) {
		oneCore(b)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := h.RecoverOnDisk(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "images/s")
	})
}

// BenchmarkCycle is the journal's life from nothing to a recovery, on powercut's
// disk and on pebble's.
func BenchmarkCycle(b *testing.B) {
	for _, entries := range cycleEntries {
		for _, p := range Peers {
			b.Run(fmt.Sprintf("entries=%d/of=%s", entries, p.Name), func(b *testing.B) {
				oneCore(b)
				b.ReportAllocs()
				for b.Loop() {
					if _, err := Cycle(p, entries); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkEngine runs an engine as users have one, a put and a sync at a time: on
// filesystems that know no crash, and in a run of sim.Test. An op is all puts of a run.
func BenchmarkEngine(b *testing.B) {
	puts := func(b *testing.B, cpu time.Duration) {
		b.ReportMetric(float64(b.N)*EnginePuts/b.Elapsed().Seconds(), "puts/s")
		b.ReportMetric(float64(b.N)*EnginePuts/(CPUTime()-cpu).Seconds(), "puts/cpu-s")
	}
	plain := func(of string, fresh func(b *testing.B) afero.Fs) {
		b.Run("of="+of, func(b *testing.B) {
			oneCore(b)
			fsys, cpu := fresh(b), CPUTime()
			for b.Loop() {
				if err := RunEngine(fsys, "/", EnginePuts, func() {}); err != nil {
					b.Fatal(err)
				}
				if err := fsys.Remove("/lines"); err != nil {
					b.Fatal(err)
				}
			}
			puts(b, cpu)
		})
	}
	plain("memmapfs", func(*testing.B) afero.Fs { return afero.NewMemMapFs() })
	plain("tmpfs", func(b *testing.B) afero.Fs { return afero.NewBasePathFs(afero.NewOsFs(), inMemory(b)) })
	plain("powercut-disk", func(*testing.B) afero.Fs { return vfs.New(vfs.Options{}) })
	for _, points := range EnginePoints {
		b.Run(fmt.Sprintf("of=powercut-test-%d-points", points), func(b *testing.B) {
			oneCore(b)
			judged, seed, cpu := 0, uint64(0), CPUTime()
			for b.Loop() {
				judged += ExploreEngine(b, seed, points, EnginePuts)
				seed++
			}
			puts(b, cpu)
			b.ReportMetric(float64(judged)/b.Elapsed().Seconds(), "images/s")
		})
	}
	// The same on package os, as simrun test runs it: each run in a process of its own.
	for _, points := range EnginePoints {
		b.Run(fmt.Sprintf("of=simrun-test-%d-points", points), func(b *testing.B) {
			built := os.Getenv("POWERCUT_BENCH_UNMODIFIED")
			if built == "" {
				b.Skip("POWERCUT_BENCH_UNMODIFIED does not name the tests that simrun built")
			}
			run := exec.Command(built, "-test.v", fmt.Sprintf("-test.run=^TestEngine$/^%d-points$", points),
				"-powercut.require-native", "-powercut.workers=1", "-powercut.seed=0", fmt.Sprint("-powercut.runs=", b.N))
			out, err := run.CombinedOutput()
			said := judgedImages.FindSubmatch(out)
			if err != nil || said == nil {
				b.Fatalf("%v: %s", err, out)
			}
			judged, err := strconv.ParseFloat(string(said[1]), 64)
			if err != nil {
				b.Fatal(err)
			}
			cpu := run.ProcessState.UserTime() + run.ProcessState.SystemTime()
			b.ReportMetric(float64(b.N)*EnginePuts/b.Elapsed().Seconds(), "puts/s")
			b.ReportMetric(float64(b.N)*EnginePuts/cpu.Seconds(), "puts/cpu-s")
			b.ReportMetric(judged/b.Elapsed().Seconds(), "images/s")
		})
	}
}

// judgedImages is what a test says of itself.
var judgedImages = regexp.MustCompile(`(\d+) crash images judged`)

// inMemory is an empty directory of a filesystem in memory.
func inMemory(b *testing.B) string {
	in := cmp.Or(os.Getenv("POWERCUT_BENCH_TMPFS"), "/dev/shm")
	dir, err := os.MkdirTemp(in, "powercut-bench-")
	if err != nil {
		b.Skipf("no filesystem in memory: %v", err)
	}
	b.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			b.Error(err)
		}
	})
	return dir
}
