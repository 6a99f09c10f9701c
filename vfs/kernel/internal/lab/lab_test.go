//go:build linux

package lab

import (
	"context"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"powercut/vfs"
	"powercut/vfs/internal/recording"
	"powercut/vfs/kernel/internal/block"
	"powercut/vfs/kernel/internal/worker"
)

func TestMain(m *testing.M) {
	worker.Main()
	os.Exit(m.Run())
}

// each runs a test on every filesystem that is here.
func each(t *testing.T, test func(*testing.T, *Rig)) {
	if why := Cannot(); why != "" {
		t.Skipf("skipped: %s", why)
	}
	for _, fs := range Filesystems {
		t.Run(fs.Name, func(t *testing.T) {
			if why := fs.Missing(); why != "" {
				t.Skipf("skipped: %s", why)
			}
			r, err := NewRig(fs)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := r.Close(); err != nil {
					t.Error(err)
				}
			}()
			test(t, r)
		})
	}
}

// TestBarriersArrive: the data of an fsync is on its way before a flush that
// comes before the fsync returns; without one, nothing of it is flushed. If the
// loop device or FUSE swallowed flushes, all else here would prove nothing.
func TestBarriersArrive(t *testing.T) {
	each(t, func(t *testing.T, r *Rig) {
		w := &recording.Workload{Steps: []string{"create f f", "append f n 8192", "fsync f", "create g g", "append g m 8192"}}
		l, err := r.Record(w, nil)
		if err != nil {
			t.Fatal(err)
		}
		moments := l.Moments()
		data, flushed, later := -1, false, false
		for i := range l.Entries {
			e := &l.Entries[i]
			inFsync := moments[i] == block.Moment{Step: 2, Inside: true}
			switch {
			case e.Kind == block.Write && strings.Contains(string(e.Data), strings.Repeat("n", 512)) && inFsync && data < 0:
				data = i
			case e.Kind == block.Flush && data >= 0 && inFsync:
				flushed = true
			case e.Kind == block.Write && strings.Contains(string(e.Data), strings.Repeat("m", 512)):
				later = true
			}
		}
		if data < 0 || !flushed {
			t.Errorf("the fsync's data was written: %v, and flushed: %v, before it returned:\n%v", data >= 0, flushed, entries(l))
		}
		if later {
			t.Errorf("what nobody fsynced was written:\n%v", entries(l))
		}
	})
}

func entries(l *block.Log) string {
	var b strings.Builder
	for i := range l.Entries {
		b.WriteString(l.Entries[i].String() + "\n")
	}
	return b.String()
}

// TestCrashesAreFound: what an fsync promised is in every crash image after it;
// what was not fsynced is lost in one and there in another.
func TestCrashesAreFound(t *testing.T) {
	each(t, func(t *testing.T, r *Rig) {
		w := &recording.Workload{Steps: []string{"create f f", "append f n 5000", "fsync f", "create g g", "append g m 5000"}}
		seen, err := r.Run(w, Plan{5: {"syncfs"}}, rand.New(rand.NewPCG(1, 1)), 60)
		if err != nil {
			t.Fatal(err)
		}
		last := seen.States[block.Moment{Step: 5}]
		with, without := 0, 0
		for state := range last {
			if !strings.Contains(state, "f[5000]={n5000}") {
				t.Errorf("an fsynced file is lost: %s", state)
			}
			if strings.Contains(state, "g[5000]={m5000}") {
				with++
			}
			if !strings.Contains(state, "g[") {
				without++
			}
		}
		if with == 0 || without == 0 {
			t.Errorf("all crash images are alike: %v", last)
		}
		if seen.States[block.Moment{}]["(empty)"] == 0 {
			t.Errorf("before the first step there was %v", seen.States[block.Moment{}])
		}
	})
}

// TestCommitOvertakesData: on ext4 a size is there of which the data is on its way,
// and pages apart from each other are; on xfs no size comes before its data.
func TestCommitOvertakesData(t *testing.T) {
	w := &recording.Workload{Steps: []string{"create f f", "append f n 9000"}}
	want := map[string][]string{"ext4": {"f[9000]={08192 n808}", "f[9000]={09000}"}, "xfs": {"f[9000]={08192 n808}", "f[0]={}"}}
	each(t, func(t *testing.T, r *Rig) {
		if want[r.FS.Name] == nil {
			t.Skip("not asked")
		}
		seen, err := r.Run(w, Plan{0: {"pagewise"}, 2: {"overtake f 8192 4096", "transaction"}}, rand.New(rand.NewPCG(1, 1)), 60)
		if err != nil {
			t.Fatal(err)
		}
		states := seen.States[block.Moment{Step: 2}]
		for _, state := range want[r.FS.Name] {
			if states[state] == 0 {
				t.Errorf("never %s, but %v", state, states)
			}
		}
		if r.FS.Name == "xfs" && states["f[9000]={09000}"] > 0 {
			t.Errorf("a size before its data: %v", states)
		}
	})
}

// TestAimed: a state that no plain run shows is reached by a run that is aimed at
// it.
func TestAimed(t *testing.T) {
	each(t, func(t *testing.T, r *Rig) {
		if r.FS.Name != "ext4" {
			t.Skip("one is enough")
		}
		w := recording.Workload{Name: "aimed", Steps: []string{"create f f", "append f n 9000"}}
		src := rand.New(rand.NewPCG(1, 1))
		seen, found, err := r.Look(context.Background(), &w, src, Effort{Images: 20, Aims: 12})
		if err != nil || found != nil {
			t.Fatal(err, found)
		}
		never, err := r.neverSeen(&w, seen)
		if err != nil {
			t.Fatal(err)
		}
		before, err := r.neverSeen(&w, &Seen{})
		if err != nil {
			t.Fatal(err)
		}
		if 2*len(never) > len(before) {
			t.Errorf("of %d states %d were never seen", len(before), len(never))
		}
	})
}

// TestMinute is the short form of "kernel search": drawn workloads on every
// filesystem, of which no state is refused.
func TestMinute(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: -short")
	}
	each(t, func(t *testing.T, r *Rig) {
		states := 0
		for seed := range uint64(4) {
			src := rand.New(rand.NewPCG(seed, 0))
			w := recording.Draw(source{src})
			seen, found, err := r.Look(context.Background(), &w, src, Effort{Runs: 3, Images: 40})
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range seen.States {
				states += len(s)
			}
			if found != nil {
				t.Error(found)
			}
		}
		t.Logf("%d crash images, %d states, could not be mounted: %v", r.Images, states, r.Unmountable)
		if r.Images < 150 || states < 60 {
			t.Errorf("only %d crash images, and %d states", r.Images, states)
		}
	})
}

// TestFailuresAnswerAsRecorded: the device that fails does so as it did when the
// recordings were made.
func TestFailuresAnswerAsRecorded(t *testing.T) {
	each(t, func(t *testing.T, r *Rig) {
		recorded, err := recording.ReadFailures("../../../testdata/failures/" + r.FS.Type + ".json")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"overwrite", "append", "flusher", "page", "page-append", "osync", "thin", "journal-directory", "flush-overwrite"} {
			same := func(s recording.Scenario) bool { return s.Name == name }
			i, k := slices.IndexFunc(Scenarios, same), slices.IndexFunc(recorded.Scenarios, same)
			if i < 0 || k < 0 {
				t.Fatalf("no scenario %s", name)
			}
			got, err := r.Fail(Scenarios[i], rand.New(rand.NewPCG(1, 1)), 20)
			if err != nil {
				t.Fatal(err)
			}
			want := recorded.Scenarios[k]
			if !slices.Equal(got.Steps, want.Steps) {
				t.Errorf("%s:\ngot  %q\nwant %q", name, got.Steps, want.Steps)
			}
			for _, state := range got.After {
				if name != "flush-overwrite" && !slices.Contains(want.After, state) {
					t.Errorf("%s: a crash left %s, want one of %q", name, state, want.After)
				}
			}
		}
	})
}

type source struct{ *rand.Rand }

func (s source) Uint64n(n uint64) uint64 { return s.Uint64N(n) }

// TestRefusalIsFoundAndShrunk: held against a profile that is too strict, a
// filesystem is caught, and the workload that shows it gets small.
func TestRefusalIsFoundAndShrunk(t *testing.T) {
	if why := Cannot(); why != "" {
		t.Skipf("skipped: %s", why)
	}
	i := slices.IndexFunc(Filesystems, func(fs Filesystem) bool { return fs.Name == "ext4" })
	fs := Filesystems[i]
	if why := fs.Missing(); why != "" {
		t.Skipf("skipped: %s", why)
	}
	fs.Profile = vfs.Btrfs.String() // whose writes don't tear inside a page
	r, err := NewRig(fs)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	w := recording.Workload{Name: "tears",
		Setup: []string{"mkdir d", "create s f", "append s o 8192", "close s"},
		Steps: []string{"create x x", "open h f", "mkdir e", "pwrite h 0 n 8192", "fsync h", "unlink x"}}
	effort := Effort{Runs: 4, Images: 60}
	_, found, err := r.Look(context.Background(), &w, rand.New(rand.NewPCG(1, 1)), effort)
	if err != nil || found == nil {
		t.Fatalf("nothing is refused (%v)", err)
	}
	if err := r.Shrink(context.Background(), found, effort); err != nil {
		t.Fatal(err)
	}
	t.Log(found)
	if len(found.Workload.Steps) > 3 || len(found.Workload.Setup) > 3 || found.Repeats == 0 {
		t.Errorf("it was not shrunk, or doesn't repeat: %v", found)
	}
}
