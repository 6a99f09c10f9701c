package vfs

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
	"syscall"
	"testing"
)

// twoDevices is a disk with a device at /log.
func twoDevices(options Options) *Disk {
	options.Mounts = append(options.Mounts, Mount{Name: "log"})
	return New(options)
}

// deviceStep is an operation below a directory.
type deviceStep func(d *Disk, root string) error

// drawStep draws one of a few operations on few names, so that they meet.
func drawStep(rng *rand.Rand, i int) deviceStep {
	name := func() string { return fmt.Sprint("/f", rng.IntN(2)) }
	a, b, text := name(), name(), strings.Repeat(fmt.Sprint(i), 100+rng.IntN(300))
	onFile := func(root string, flag int, d *Disk, f func(*handle) error) error {
		file, err := d.OpenFile(root+a, flag, 0o644)
		if err != nil {
			return err
		}
		return errors.Join(f(file.(*handle)), file.Close())
	}
	switch rng.IntN(8) {
	case 0, 1:
		return func(d *Disk, root string) error {
			return onFile(root, os.O_RDWR|os.O_CREATE, d, func(f *handle) error { _, err := f.WriteString(text); return err })
		}
	case 2:
		return func(d *Disk, root string) error { return d.Rename(root+a, root+b) }
	case 3:
		return func(d *Disk, root string) error { return d.Remove(root + a) }
	case 4:
		return func(d *Disk, root string) error { return d.Link(root+a, root+b) }
	case 5:
		return func(d *Disk, root string) error { return onFile(root, os.O_RDWR, d, (*handle).Sync) }
	case 6:
		return func(d *Disk, root string) error {
			return onFile(root, os.O_RDWR, d, func(f *handle) error { return f.Truncate(50) })
		}
	}
	return func(d *Disk, root string) error {
		dir, err := d.Open(root + "/")
		if err != nil {
			return err
		}
		return errors.Join(dir.Sync(), dir.Close())
	}
}

// imagesOf lists what a power cut may leave, as trees in text; false if that is a lot.
func imagesOf(d *Disk, p Profile) (map[string]bool, bool) {
	all := make(map[string]bool)
	for im := range d.Images(p) {
		all[treeText(im.Tree())] = true
		im.Release()
		if len(all) > 400 {
			return nil, false
		}
	}
	return all, true
}

func treeText(t Tree) string {
	text := t.String()
	for _, line := range strings.Split(text, "\n") {
		path, _, _ := strings.Cut(line, " ")
		text += fmt.Sprintf("%q\n", t[path])
	}
	return text
}

// withLog is the tree of both devices.
func withLog(main, log Tree) Tree {
	t := Tree{"/log/": nil}
	for path, content := range main {
		t[path] = content
	}
	for path, content := range log {
		t["/log"+path] = content
	}
	return t
}

// What a power cut may leave of two devices is what it may leave of each by itself, in
// all combinations, whatever the order in which they were worked on.
func TestDevicesAreIndependent(t *testing.T) {
	compared := 0
	for seed := range uint64(120) {
		rng := rand.New(rand.NewPCG(seed, 7))
		both, main, log := twoDevices(Options{}), New(Options{}), New(Options{})
		for i := range 9 {
			step := drawStep(rng, i)
			root, alone := "", main
			if rng.IntN(2) == 0 {
				root, alone = "/log", log
			}
			got, want := step(both, root), step(alone, "")
			if (got == nil) != (want == nil) {
				t.Fatalf("seed %d, step %d: %v, on a disk of its own %v", seed, i, got, want)
			}
		}
		for _, p := range Profiles() {
			want := make(map[string]bool)
			for m := range main.Images(p) {
				for l := range log.Images(p) {
					want[treeText(withLog(m.Tree(), l.Tree()))] = true
					l.Release()
					if len(want) > 400 {
						break
					}
				}
				m.Release()
			}
			got, few := imagesOf(both, p)
			if len(want) > 400 || !few {
				continue
			}
			compared++
			for tree := range want {
				if !got[tree] {
					t.Fatalf("seed %d, %s: the devices can leave, and the disk can't:\n%s", seed, p, tree)
				}
			}
			if len(got) != len(want) {
				t.Fatalf("seed %d, %s: %d images, want %d", seed, p, len(got), len(want))
			}
		}
		both.Release()
		main.Release()
		log.Release()
	}
	if compared < 300 {
		t.Errorf("%d lists of images compared", compared)
	}
}

// What is drawn is lawful, and is named by a choice that reads back; each device loses
// nothing, at times, while the other one loses all.
func TestChoicesOfTwoDevices(t *testing.T) {
	alone := make(map[string]int)
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 8))
		d := twoDevices(Options{})
		for i := range 14 {
			_ = drawStep(rng, i)(d, [2]string{"", "/log"}[rng.IntN(2)])
		}
		for _, p := range Profiles() {
			check := func(im *Image) {
				t.Helper()
				if ok, why := d.Accepts(p, im.Tree()); !ok {
					t.Fatalf("seed %d, %s, %q %s: %s", seed, p, im.Name(), im.Choice(), why)
				}
				c, err := ParseChoice(im.Choice().String())
				if err != nil {
					t.Fatal(err)
				}
				again, err := d.Choose(c)
				if err != nil || again.Digest() != im.Digest() {
					t.Fatalf("seed %d: %s: %v", seed, c, err)
				}
				again.Release()
				lost := make(map[string]bool)
				for _, l := range im.Lost() {
					lost[l.Device] = true
				}
				if len(lost) == 1 {
					for name := range lost {
						alone[name]++
					}
				}
				im.Release()
			}
			for range 5 {
				check(d.Crash(p, bulkSource{rng}))
			}
			for im := range d.Specials(p) {
				check(im)
			}
		}
		d.Release()
	}
	if alone[MainDevice] == 0 || alone["log"] == 0 {
		t.Errorf("only one device lost something: %v", alone)
	}
}

type bulkSource struct{ *rand.Rand }

func (s bulkSource) Uint64n(n uint64) uint64 { return s.Uint64N(n) }

func TestBetweenDevices(t *testing.T) {
	d := twoDevices(Options{})
	defer d.Release()
	for _, name := range []string{"/f", "/log/g"} {
		if f, err := d.Create(name); err != nil || f.Close() != nil {
			t.Fatal(err)
		}
	}
	for what, step := range map[string]struct {
		err  error
		want error
	}{
		"rename to the log":       {d.Rename("/f", "/log/f"), syscall.EXDEV},
		"rename from the log":     {d.Rename("/log/g", "/g"), syscall.EXDEV},
		"rename over one there":   {d.Rename("/f", "/log/g"), syscall.EXDEV},
		"exchange":                {d.RenameWith("/f", "/log/g", RenameExchange), syscall.EXDEV},
		"link to the log":         {d.Link("/f", "/log/f"), syscall.EXDEV},
		"remove the mount point":  {d.Remove("/log"), syscall.EBUSY},
		"rename the mount point":  {d.Rename("/log", "/wal"), syscall.EBUSY},
		"make one in its place":   {d.Mkdir("/log", 0o755), fs.ErrExist},
		"rmdir of it":             {d.Rmdir("/log"), syscall.EBUSY},
		"rename within the log":   {d.Rename("/log/g", "/log/h"), nil},
		"through a symbolic link": {d.SymlinkIfPossible("/log", "/wal"), nil},
		"open through it":         {touchAt(d, "/wal/i"), nil},
	} {
		if !errors.Is(step.err, step.want) {
			t.Errorf("%s: %v, want %v", what, step.err, step.want)
		}
	}
	if got := d.DeviceOf("/wal/i"); got != "log" {
		t.Errorf("/wal/i is on %q", got)
	}
}

func touchAt(d *Disk, name string) error {
	f, err := d.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}

// Each device has a capacity of its own, which images keep.
func TestCapacityOfADevice(t *testing.T) {
	d := New(Options{Mounts: []Mount{{Name: "log", CapacityBytes: 4096}}})
	fill := func(d *Disk, name string) error {
		f, err := d.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
		if err != nil {
			return err
		}
		_, err = f.Write(make([]byte, 3000))
		return errors.Join(err, f.Close())
	}
	for _, name := range []string{"/log/a", "/a", "/a", "/a"} {
		if err := fill(d, name); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for range 2 { // the second time after a crash
		if err := fill(d, "/log/a"); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("the log has room: %v", err)
		}
		if err := fill(d, "/a"); err != nil {
			t.Fatal(err)
		}
		if capacity, free, ok := d.SpaceAt("/log/a"); capacity != 4096 || free != 0 || !ok {
			t.Errorf("the log: capacity %d, free %d, %v", capacity, free, ok)
		}
		if _, _, ok := d.Space(); ok {
			t.Error("the main device has a bound")
		}
		im := d.ProcessCrash()
		d = im.Mount(Options{})
		im.Release()
	}
	d.LiftCapacity()
	if err := fill(d, "/log/a"); err != nil {
		t.Error(err)
	}
}

// offlineAt has the device of one operation lose its power.
type offlineAt struct{ seq uint64 }

func (o offlineAt) Inject(op Op) (out Outcome) {
	if op.Seq == o.seq {
		out.Offline, out.Err = true, syscall.EIO
	}
	return out
}

// A device that lost its power fails, and has lost what was not synced, while the
// other one goes on. With the machine it comes back.
func TestDeviceLosesItsPower(t *testing.T) {
	d := twoDevices(Options{})
	log, err := d.Create("/log/a")
	if err != nil {
		t.Fatal(err)
	}
	d.SetInjector(offlineAt{d.Ops() + 1})
	if _, err := log.WriteString("x"); !errors.Is(err, syscall.EIO) || !errors.Is(err, ErrInjected) {
		t.Fatalf("the write: %v", err)
	}
	_, statErr := d.Stat("/log")
	for what, err := range map[string]error{"sync": log.Sync(), "create": touchAt(d, "/log/b"), "stat": statErr, "remove": d.Remove("/log/a"),
		"through a link": errors.Join(d.SymlinkIfPossible("/log", "/wal"), touchAt(d, "/wal/b"))} {
		if !errors.Is(err, syscall.EIO) || !errors.Is(err, ErrInjected) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if err := errors.Join(log.Close(), touchAt(d, "/f"), d.Rename("/f", "/g"), d.Remove("/wal")); err != nil {
		t.Error(err)
	}
	if !d.Failed() {
		t.Error("a process that starts again would find it well")
	}
	if touchAt(d.ProcessCrash().Mount(Options{}), "/log/b") == nil {
		t.Error("it is back with the process")
	}
	im, err := d.Choose(Choice{Kind: PowerCut, Profile: POSIX})
	if err != nil {
		t.Fatal(err)
	}
	back := im.Mount(Options{})
	if _, err := back.Stat("/log/a"); err != nil || touchAt(back, "/log/b") != nil || back.Failed() {
		t.Errorf("after the machine started again: %v", err)
	}
}

// syncfs is of one device, sync of all.
func TestSyncOfOneDevice(t *testing.T) {
	d := twoDevices(Options{})
	if err := errors.Join(touchAt(d, "/f"), touchAt(d, "/log/g")); err != nil {
		t.Fatal(err)
	}
	f, err := d.Open("/log")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.(FileSystemSyncer).SyncFS(); err != nil {
		t.Fatal(err)
	}
	if pending := d.Pending(); len(pending) != 1 || pending[0].Device != MainDevice {
		t.Errorf("pending: %v", pending)
	}
	if err := d.SyncFS(); err != nil || len(d.Pending()) != 0 {
		t.Errorf("pending: %v, %v", d.Pending(), err)
	}
}
