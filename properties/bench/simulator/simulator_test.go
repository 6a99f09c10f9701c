package simulator

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/afero"

	"powercut/sim"
	"powercut/sim/campaign"
	"powercut/sim/core"
)

func must[T any](t *testing.T, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestStandardIsWhatItSays(t *testing.T) {
	appends := regexp.MustCompile(`\b(push|expression|count|hash|set|big|opaque)\b`)
	for what, want := range map[*regexp.Regexp]int{
		appends: standardEntries, regexp.MustCompile(`\bclient\b`): 3, regexp.MustCompile(`\bsnapshot\b`): 1, regexp.MustCompile(`\broll\b`): 1,
	} {
		if got := len(what.FindAllString(Standard, -1)); got != want {
			t.Errorf("%s: %d steps, want %d", what, got, want)
		}
	}
}

func TestStandardJudgesImages(t *testing.T) {
	c := RunStandard(Scenario(1), 3)
	if c.Images < 50 || c.Operations < 100 {
		t.Errorf("got %+v, want images at every operation", c)
	}
	if again := RunStandard(Scenario(1), 3); again != c {
		t.Errorf("the second time %+v, want %+v", again, c)
	}
}

// The simulator must notice what it is there for, or its rate means nothing.
func TestStandardNoticesAnFsyncThatDoesNothing(t *testing.T) {
	s := Scenario(0)
	c := campaign.Campaign{Target: journalCampaign.Target, Seeds: 1, Adjust: func(d *core.Scenario) { *d = s }}
	if _, err := c.Canary(); err != nil {
		t.Error(err)
	}
}

func TestUncrashedJudgesNothing(t *testing.T) {
	r := core.Reproduce(Uncrashed(Standard), false)
	if r.Images != 0 || r.Operations < 50 || r.Violation != nil {
		t.Errorf("got %d images, %d operations, %v", r.Images, r.Operations, r.Violation)
	}
}

func TestBlocksAreTheSameInAProcess(t *testing.T) {
	here, err := RunBlocks([]campaign.BlockRunner{RunBlock}, 1)
	must(t, 0, err)
	w, err := StartWorker(1)
	must(t, w, err)
	there, err := RunBlocks([]campaign.BlockRunner{w.Run}, 1)
	must(t, 0, err)
	must(t, 0, w.Stop())
	if here != there || here.Images == 0 || here.ImagesSkipped == 0 || here.Runs != campaign.BlockSeeds {
		t.Errorf("%+v here, %+v in a process", here, there)
	}
}

func TestFloorsRecoverEverything(t *testing.T) {
	h, err := Hold()
	must(t, h, err)
	if len(h.Files) != 3 {
		t.Errorf("an image of %d files, want log, snapshot and archive", len(h.Files))
	}
	if n := h.Copier()(); n != h.Bytes || n == 0 {
		t.Errorf("copies %d bytes of %d", n, h.Bytes)
	}
	fs, err := h.InMemory()
	must(t, fs, err)
	for range 2 { // the first recovery must not make the second one easier
		lsn, err := Recover(fs)
		if must(t, lsn, err) != floorEntries {
			t.Errorf("recovers %d entries in memory, want %d", lsn, floorEntries)
		}
		if lsn, err = h.RecoverOnDisk(); must(t, lsn, err) != floorEntries {
			t.Errorf("recovers %d entries on the disk, want %d", lsn, floorEntries)
		}
	}
	next, stop := Switcher()
	defer stop()
	if first, _ := next(); first != 0 {
		t.Errorf("the coroutine begins with %d", first)
	}
	if second, _ := next(); second != 1 {
		t.Errorf("the coroutine goes on with %d", second)
	}
}

// cycleEntries are the lengths of a cycle.
var cycleEntries = []int{100, 1000, 10000}

func TestCycleBringsEverythingBack(t *testing.T) {
	for _, p := range Peers {
		if got, err := Cycle(p, 100); must(t, got, err) != 100 {
			t.Errorf("%s: %d of 100 entries came back", p.Name, got)
		}
	}
}

// An fsync that does nothing is not what makes either disk fast: what was not
// synced is lost on both.
func TestCrashesLose(t *testing.T) {
	for _, p := range Peers {
		d := p.New()
		must(t, 0, makeDir(d))
		f, err := d.Create("/data/f")
		must(t, f, err)
		lost := false
		for range 64 { // which crash loses what is drawn
			crashed := d.Crashed()
			_, err = crashed.Stat("/data/f")
			lost = lost || os.IsNotExist(err)
			crashed.Release()
		}
		d.Release()
		if !lost {
			t.Errorf("%s: 64 crashes lost nothing", p.Name)
		}
	}
}

// TestCycleRatio holds the disk to what is promised of it beside pebble's, under
// the same journal in the same run. Of the shortest cycle nothing is promised:
// the journal itself, which costs the same on both, is more than half of it on
// powercut's disk.
func TestCycleRatio(t *testing.T) {
	if os.Getenv("POWERCUT_BENCH") == "" {
		t.Skip("takes half a minute: set POWERCUT_BENCH=1")
	}
	const rounds, atLeast, promisedFrom = 7, 5, 1000
	for _, entries := range cycleEntries {
		var times [2][]time.Duration
		n := max(1, 3000/entries)
		for range rounds {
			for i, p := range Peers {
				start := time.Now()
				for range n {
					_, err := Cycle(p, entries)
					must(t, 0, err)
				}
				times[i] = append(times[i], time.Since(start)/time.Duration(n))
			}
		}
		slices.Sort(times[0])
		slices.Sort(times[1])
		ours, theirs := times[0][rounds/2], times[1][rounds/2]
		ratio := float64(theirs) / float64(ours)
		t.Logf("%d entries: powercut %s, pebble %s: %.1f times as fast", entries, ours, theirs, ratio)
		if entries >= promisedFrom && ratio < atLeast {
			t.Errorf("%d entries: %.1f times as fast as pebble, want at least %d", entries, ratio, atLeast)
		}
	}
}

var _ campaign.BlockRunner = RunBlock

func TestRunBlockEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := RunBlock(ctx, 0); err == nil {
		t.Error("a block whose context had ended came to its end")
	}
}

// heard is a sim.TB that keeps what it is told.
type heard struct{ message string }

func (h *heard) Helper()      {}
func (h *heard) Name() string { return "TestEngine" }
func (h *heard) Fatalf(format string, args ...any) {
	h.message = fmt.Sprintf(format, args...)
	runtime.Goexit()
}

// The engine that is measured must be one that is tested: it holds, it is crashed, and
// where lines are lost that is seen.
func TestEngineIsTested(t *testing.T) {
	if judged := ExploreEngine(t, 1, 64, 20); judged < 50 {
		t.Errorf("%d images were judged, want at least 50", judged)
	}
	told := &heard{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		sim.Test(told, sim.Config{Runs: 1, Workers: 1, Corpus: "none"}, func(r *sim.Run) {
			acked := 0
			r.Workload(func(fsys afero.Fs) error { return RunEngine(unsynced{fsys}, "/", 20, func() { acked++ }) })
			r.Recover(func(fsys afero.Fs) error {
				l, err := openLines(fsys, "/")
				if err == nil && l.held < acked {
					err = fmt.Errorf("%d lines of %d came back", l.held, acked)
				}
				return err
			})
		})
	}()
	<-done
	if !strings.Contains(told.message, "came back") {
		t.Errorf("an engine that does not sync: %q, want that lines are lost", told.message)
	}
}

// unsynced is a filesystem whose files are not synced.
type unsynced struct{ afero.Fs }

func (u unsynced) OpenFile(name string, flag int, perm os.FileMode) (afero.File, error) {
	f, err := u.Fs.OpenFile(name, flag, perm)
	return unsyncedFile{f}, err
}

type unsyncedFile struct{ afero.File }

func (unsyncedFile) Sync() error { return nil }
