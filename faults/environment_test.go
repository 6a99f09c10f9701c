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

// What struck is told as a plan that leaves nothing open, and that strikes again.
func TestEnvironmentFiresAgain(t *testing.T) {
	for _, k := range EnvironmentKinds() {
		plan := Plan{Rules: []Rule{{Kind: k, FirstSeq: 2}}}
		run := func(plan Plan) Plan {
			in := NewInjector(plan, drawn{rand.New(rand.NewPCG(1, 1))})
			d := vfs.New(vfs.Options{Injector: in, Mounts: []vfs.Mount{{Name: "log"}}})
			for _, name := range []string{"/a", "/b", "/log/c"} {
				f, err := d.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
				if err != nil {
					continue
				}
				_, _ = f.Write(make([]byte, 100_000))
				_, _ = f.Sync(), f.Close()
			}
			if dir, err := d.Open("/"); err == nil {
				_ = dir.Sync()
			}
			return in.Fired()
		}
		fired := run(plan)
		if err := fired.Validate(); err != nil || len(fired.Rules) == 0 {
			t.Fatalf("%s: %v in\n%s", k, err, fired)
		}
		parsed, err := Parse(fired.String())
		if err != nil {
			t.Fatal(err)
		}
		if again := run(parsed); again.String() != fired.String() {
			t.Errorf("%s: fired\n%s, and again\n%s", k, fired, again)
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

// A quota is of what lies below a directory: what goes beyond fails, in part at the block
// that there is no room for, and what is removed makes room.
func TestQuotaOfADirectory(t *testing.T) {
	d, _ := environment(t, "quota of /db/** n=8192\n")
	write := func(name string, bytes int) (int, error) {
		f, err := d.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		return f.Write(make([]byte, bytes))
	}
	for _, dir := range []string{"/db", "/db/sub", "/other"} {
		if err := d.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		name        string
		bytes, want int
	}{
		{"/db/a", 100, 100}, {"/other/x", 50000, 50000}, {"/db/sub/b", 5000, 4096}, {"/db/a", 3996, 3996}, {"/db/a", 1, 0}, {"/other/x", 50000, 50000},
	} {
		n, err := write(step.name, step.bytes)
		full := step.want < step.bytes
		if n != step.want || full != errors.Is(err, syscall.EDQUOT) || full != errors.Is(err, vfs.ErrInjected) || !full && err != nil {
			t.Errorf("%d bytes to %s: %d, %v; want %d", step.bytes, step.name, n, err, step.want)
		}
	}
	f, err := d.OpenFile("/db/a", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.(vfs.Allocator).Allocate(8192); !errors.Is(err, syscall.EDQUOT) {
		t.Errorf("reserving beyond it: %v", err)
	}
	if err := d.Rename("/db/sub/b", "/other/b"); err != nil { // it counts where it is
		t.Fatal(err)
	}
	if n, err := write("/db/a", 4096); n != 4096 || err != nil {
		t.Errorf("after something left: %d, %v", n, err)
	}
	if _, err := Parse("quota of *.log\n"); err == nil {
		t.Error("a quota of files by their names is taken")
	}
}

// Where there are several devices, a quota without a directory is of each by itself.
func TestQuotaOfADevice(t *testing.T) {
	plan, err := Parse("quota n=4096\n")
	if err != nil {
		t.Fatal(err)
	}
	d := vfs.New(vfs.Options{Injector: NewInjector(plan, nil), Mounts: []vfs.Mount{{Name: "log"}}})
	for _, name := range []string{"/a", "/log/a"} {
		f, err := d.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := f.Write(make([]byte, 5000)); n != 4096 || !errors.Is(err, syscall.EDQUOT) {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
}

// A filesystem that turned read-only takes no change, and makes nothing durable that was
// pending; fsync says so, and reading goes on.
func TestReadOnlyAfterAnError(t *testing.T) {
	for _, p := range []vfs.Profile{vfs.POSIX, vfs.Ext4, vfs.Btrfs, vfs.XFS} {
		plan, err := Parse("read-only on rename\n")
		if err != nil {
			t.Fatal(err)
		}
		d := vfs.New(vfs.Options{Injector: NewInjector(plan, nil), Filesystem: p})
		f, err := d.Create("/f")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte("text")); err != nil {
			t.Fatal(err)
		}
		want := syscall.EROFS
		if p == vfs.XFS {
			want = syscall.EIO
		}
		refused := func(what string, err error) {
			t.Helper()
			if !errors.Is(err, want) || !errors.Is(err, vfs.ErrInjected) {
				t.Errorf("%s: %s: %v", p, what, err)
			}
		}
		refused("the rename that found the error", d.Rename("/f", "/g"))
		_, err = f.Write([]byte("more"))
		refused("write", err)
		refused("fsync", f.Sync())
		refused("fsync again", f.Sync())
		refused("truncate", f.Truncate(0))
		refused("create", touch(d, "/h", os.O_WRONLY|os.O_CREATE, 0o644))
		refused("remove", d.Remove("/f"))
		refused("rename", d.Rename("/f", "/g"))
		refused("chmod", d.Chmod("/f", 0o600))
		_, err = f.ReadAt(make([]byte, 4), 0)
		if (p == vfs.XFS) != (err != nil) {
			t.Errorf("%s: reading: %v", p, err)
		}
		if len(d.Pending()) < 2 {
			t.Errorf("%s: something became durable: pending is %v", p, d.Pending())
		}
		if !d.Failed() {
			t.Errorf("%s: a process that starts again would find it well", p)
		}
		if err := touch(d.ProcessCrash().Mount(vfs.Options{Filesystem: p}), "/h", os.O_WRONLY|os.O_CREATE, 0o644); !errors.Is(err, want) {
			t.Errorf("%s: after a process crash: %v", p, err)
		}
		im, err := d.Choose(vfs.Choice{Kind: vfs.PowerCut, Profile: p})
		if err != nil {
			t.Fatal(err)
		}
		after := im.Mount(vfs.Options{})
		if err := touch(after, "/h", os.O_WRONLY|os.O_CREATE, 0o644); err != nil {
			t.Errorf("%s: after the machine started again: %v", p, err)
		}
	}
}

// A device that is away and back: what was done meanwhile in the cache is synced later;
// an fsync of data alone loses that, and one of more the filesystem.
func TestDeviceAwayAndBack(t *testing.T) {
	plan, err := Parse("away on sync seq=4..8\n")
	if err != nil {
		t.Fatal(err)
	}
	d := vfs.New(vfs.Options{Injector: NewInjector(plan, nil), Filesystem: vfs.Ext4})
	f, err := d.Create("/f")
	if err != nil {
		t.Fatal(err)
	}
	steps := func(do ...func() error) (told []error) {
		for _, step := range do {
			told = append(told, step())
		}
		return told
	}
	write := func(b byte) func() error {
		return func() error { _, err := f.WriteAt([]byte{b}, 0); return err }
	}
	datasync := f.(vfs.DataSyncer).Datasync
	told := steps(write('a'), f.Sync, write('b'), datasync, datasync, write('c'), datasync, datasync, write('d'), datasync, f.Sync)
	for i, want := range []bool{true, true, true, false, false, true, false, true, true, true, true} {
		if (told[i] == nil) != want || !want && !errors.Is(told[i], syscall.EIO) {
			t.Errorf("step %d: %v", i+2, told[i])
		}
	}
	if d.Failed() {
		t.Error("the filesystem failed, although only data could not be written")
	}
	plan, err = Parse("away on syncdir nth=1\n")
	if err != nil {
		t.Fatal(err)
	}
	d.SetInjector(NewInjector(plan, nil))
	if err := touch(d, "/g", os.O_WRONLY|os.O_CREATE, 0o644); err != nil {
		t.Fatal(err)
	}
	dir, err := d.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Sync(); !errors.Is(err, syscall.EIO) || !d.Failed() {
		t.Errorf("an fsync that has names to write: %v", err)
	}
	if err := touch(d, "/h", os.O_WRONLY|os.O_CREATE, 0o644); !errors.Is(err, syscall.EROFS) {
		t.Errorf("a change after that: %v", err)
	}
}
