package faults

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"syscall"
	"testing"
	"time"

	"powercut/vfs"
)

type drawn struct{ *rand.Rand }

func (d drawn) Uint64n(n uint64) uint64 { return d.Uint64N(n) }

// The kinds of the environment are drawn if they are asked for, and never otherwise;
// what is drawn is valid, and reads back.
func TestEnvironmentIsAskedFor(t *testing.T) {
	seen := make(map[Kind]int)
	asked := Mix{Kinds: EnvironmentKinds(), QuietOneIn: 1 << 60}
	for seed := range uint64(400) {
		for _, r := range (Mix{}).Plan(drawn{rand.New(rand.NewPCG(seed, 1))}).Rules {
			if r.Kind > firstEnvironment {
				t.Fatalf("%s was drawn, and nobody asked", r.Kind)
			}
		}
		plan := asked.Plan(drawn{rand.New(rand.NewPCG(seed, 1))})
		for _, r := range plan.Rules {
			seen[r.Kind]++
		}
		again, err := Parse(plan.String())
		if err != nil || again.String() != plan.String() {
			t.Fatalf("a plan does not read back (%v):\n%s", err, plan)
		}
	}
	for _, k := range EnvironmentKinds() {
		if seen[k] < 20 {
			t.Errorf("%s was drawn %d times", k, seen[k])
		}
	}
}

// environment is a disk under a plan, and what it told of its clock.
func environment(t *testing.T, text string) (*vfs.Disk, *vfs.Beside) {
	t.Helper()
	plan, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	told := new(vfs.Beside)
	return vfs.New(vfs.Options{Injector: NewInjector(plan, nil), Clock: func(b vfs.Beside) { *told = told.With(b) }}), told
}

func TestHandlesRunOut(t *testing.T) {
	d, _ := environment(t, "too-many-open n=2\n")
	first, err := d.Create("/a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Open("/a"); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Open("/a"); !errors.Is(err, syscall.EMFILE) || !errors.Is(err, vfs.ErrInjected) {
		t.Errorf("the third open: %v", err)
	}
	if _, err := d.Create("/b"); !errors.Is(err, syscall.EMFILE) {
		t.Errorf("a file that is new: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Open("/a"); err != nil {
		t.Errorf("after a close: %v", err)
	}
}

func TestModesBind(t *testing.T) {
	d, _ := environment(t, "enforce-modes\n")
	for _, step := range []struct {
		what  string
		do    func() error
		binds bool
	}{
		{"make a directory", func() error { return d.Mkdir("/d", 0o700) }, false},
		{"make a file", func() error { return touch(d, "/d/f", os.O_WRONLY|os.O_CREATE, 0o400) }, false},
		{"read it", func() error { return touch(d, "/d/f", os.O_RDONLY, 0) }, false},
		{"write to it", func() error { return touch(d, "/d/f", os.O_WRONLY, 0) }, true},
		{"make it short", func() error { return touch(d, "/d/f", os.O_RDONLY|os.O_TRUNC, 0) }, true},
		{"let nobody change the directory", func() error { return d.Chmod("/d", 0o500) }, false},
		{"add to it", func() error { return touch(d, "/d/g", os.O_WRONLY|os.O_CREATE, 0o600) }, true},
		{"make one in it", func() error { return d.Mkdir("/d/e", 0o700) }, true},
		{"rename in it", func() error { return d.Rename("/d/f", "/f") }, true},
		{"remove from it", func() error { return d.Remove("/d/f") }, true},
		{"link out of it", func() error { return d.Link("/d/f", "/h") }, false},
		{"let nobody through", func() error { return d.Chmod("/d", 0o600) }, false},
		{"read what is in it", func() error { return touch(d, "/d/f", os.O_RDONLY, 0) }, true},
		{"what isn't there", func() error {
			if err := touch(d, "/no", os.O_RDONLY, 0); !errors.Is(err, fs.ErrNotExist) {
				return err
			}
			return nil
		}, false},
	} {
		err := step.do()
		if step.binds != errors.Is(err, fs.ErrPermission) || !step.binds && err != nil {
			t.Errorf("%s: %v", step.what, err)
		}
		if errors.Is(err, vfs.ErrInjected) {
			t.Errorf("%s: the error is taken for a fault's doing", step.what)
		}
	}
}

func touch(d *vfs.Disk, name string, flag int, perm fs.FileMode) error {
	f, err := d.OpenFile(name, flag, perm)
	if err != nil {
		return err
	}
	return f.Close()
}

// A directory that can't be synced keeps its names pending; the next one is the same.
func TestNoDirSync(t *testing.T) {
	d, _ := environment(t, "no-dir-sync\n")
	if err := touch(d, "/f", os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
		t.Fatal(err)
	}
	root, err := d.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := root.Sync(); !errors.Is(err, syscall.EINVAL) {
			t.Errorf("the sync: %v", err)
		}
	}
	if len(d.Pending()) != 1 {
		t.Errorf("pending: %v", d.Pending())
	}
}

// What happens to the clock is told before the operation, and adds up.
func TestClocksAreTold(t *testing.T) {
	d, told := environment(t, "clock-back on create delay=1s\nclock-stands on create delay=2s\nstall on create delay=3s\nstall on create delay=4s\n")
	if err := touch(d, "/f", os.O_CREATE|os.O_WRONLY, 0o600); err != nil {
		t.Fatal(err)
	}
	if want := (vfs.Beside{ClockBack: time.Second, ClockStands: 2 * time.Second, Stall: 7 * time.Second}); *told != want {
		t.Errorf("told %+v, want %+v", *told, want)
	}
}
