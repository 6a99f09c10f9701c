package vfs_test

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/spf13/afero"

	"powercut/vfs"
)

// injectorFunc is a vfs.Injector.
type injectorFunc func(vfs.Op) vfs.Outcome

func (f injectorFunc) Inject(op vfs.Op) vfs.Outcome { return f(op) }

// once returns the outcome for the first operation of a kind, and makes no
// faults after it.
func once(kind vfs.OpKind, out vfs.Outcome) vfs.Injector {
	done := false
	return injectorFunc(func(op vfs.Op) vfs.Outcome {
		if done || op.Kind != kind {
			return vfs.Outcome{}
		}
		done = true
		return out
	})
}

func content(t *testing.T, f afero.File) string {
	t.Helper()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, info.Size())
	if _, err := f.ReadAt(b, 0); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// contents lists what a file may hold after a power cut, "-" for no file.
func contents(d *vfs.Disk, p vfs.Profile, name string) []string {
	var out []string
	for im := range d.Images(p) {
		b, ok := im.Tree()[name]
		if !ok {
			b = []byte("-")
		}
		out = append(out, string(b))
		im.Release()
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func expect(t *testing.T, what string, got, want any) {
	t.Helper()
	if g, w := got, want; !equal(g, w) {
		t.Errorf("%s: got %q, want %q", what, g, w)
	}
}

func equal(a, b any) bool {
	if x, ok := a.([]string); ok {
		return slices.Equal(x, b.([]string))
	}
	return a == b
}

func is(t *testing.T, what string, err, target error) {
	t.Helper()
	if target == nil && err != nil || target != nil && !errors.Is(err, target) {
		t.Errorf("%s: got %v, want %v", what, err, target)
	}
}

const old, young = "old old old", "young young"

// overwritten is a disk with a durable file that was overwritten, unsynced.
func overwritten(t *testing.T, options vfs.Options) (*vfs.Disk, afero.File) {
	t.Helper()
	d := vfs.New(options)
	f := must(d.OpenFile("/f", os.O_RDWR|os.O_CREATE, 0o644))
	must(f.Write([]byte(old)))
	d.SyncAll()
	must(f.WriteAt([]byte(young), 0))
	return d, f
}

func TestSyncDropClean(t *testing.T) {
	for _, errno := range []syscall.Errno{0, syscall.ENOSPC} { // a thin device that is full says so at fsync
		d, f := overwritten(t, vfs.Options{})
		want, out := syscall.EIO, vfs.Outcome{Sync: vfs.SyncDropClean}
		if errno != 0 {
			want, out.Err = errno, errno
		}
		d.SetInjector(once(vfs.OpSync, out))
		err := f.Sync()
		is(t, "first fsync", err, want)
		is(t, "first fsync", err, vfs.ErrInjected)
		is(t, "second fsync", f.Sync(), nil)
		expect(t, "cache", content(t, f), young)
		expect(t, "after a crash", contents(d, vfs.POSIX, "/f"), []string{old})
		crashed := d.ProcessCrash().Mount(vfs.Options{})
		expect(t, "cache after a process crash", content(t, must(crashed.Open("/f"))), young)
		expect(t, "then after a power cut", contents(crashed, vfs.POSIX, "/f"), []string{old})
		d.Evict()
		expect(t, "after eviction", content(t, f), old)
		must(f.WriteAt([]byte(young), 0))
		is(t, "third fsync", f.Sync(), nil)
		expect(t, "written again", contents(d, vfs.POSIX, "/f"), []string{young})
	}
}

func TestSyncDropCleanOfAnAppend(t *testing.T) {
	d, f := overwritten(t, vfs.Options{})
	is(t, "fsync", f.Sync(), nil)
	must(f.WriteAt([]byte("more"), int64(len(young))))
	d.SetInjector(once(vfs.OpSync, vfs.Outcome{Sync: vfs.SyncDropClean}))
	is(t, "fsync", f.Sync(), syscall.EIO)
	expect(t, "before the size is durable", contents(d, vfs.Ext4, "/f"), []string{young, young + "\x00\x00\x00\x00"})
	is(t, "fsync again", f.Sync(), nil)
	expect(t, "the new size over zeros", contents(d, vfs.Ext4, "/f"), []string{young + "\x00\x00\x00\x00"})
	expect(t, "the new size with the inode", contents(d, vfs.Btrfs, "/f"), []string{young, young + "\x00\x00\x00\x00"})
	expect(t, "the old size", contents(d, vfs.XFS, "/f"), []string{young})
	expect(t, "either", contents(d, vfs.POSIX, "/f"), []string{young, young + "\x00\x00\x00\x00"})
	// A write elsewhere in the page has the whole page written.
	must(f.WriteAt([]byte("Y"), 0))
	is(t, "fsync of another byte", f.Sync(), nil)
	expect(t, "the page is whole again", contents(d, vfs.POSIX, "/f"), []string{"Young youngmore"})
}

func TestSyncKeepDirty(t *testing.T) {
	d, f := overwritten(t, vfs.Options{})
	d.SetInjector(once(vfs.OpSync, vfs.Outcome{Sync: vfs.SyncKeepDirty}))
	is(t, "first fsync", f.Sync(), syscall.EIO)
	expect(t, "still pending", contents(d, vfs.POSIX, "/f"), []string{old, young})
	is(t, "second fsync", f.Sync(), nil)
	expect(t, "durable", contents(d, vfs.POSIX, "/f"), []string{young})
}

func TestSyncRevert(t *testing.T) {
	d, f := overwritten(t, vfs.Options{})
	d.SetInjector(once(vfs.OpSync, vfs.Outcome{Sync: vfs.SyncRevert}))
	is(t, "first fsync", f.Sync(), syscall.EIO)
	expect(t, "cache", content(t, f), old)
	is(t, "second fsync", f.Sync(), nil)
	expect(t, "medium", contents(d, vfs.POSIX, "/f"), []string{old})
}

func TestSyncNextFails(t *testing.T) {
	d, f := overwritten(t, vfs.Options{})
	d.SetInjector(once(vfs.OpSync, vfs.Outcome{Sync: vfs.SyncNextFails}))
	is(t, "first fsync", f.Sync(), nil)
	expect(t, "not durable", contents(d, vfs.POSIX, "/f"), []string{old, young})
	is(t, "second fsync", f.Sync(), syscall.EIO)
	is(t, "third fsync", f.Sync(), nil)
	expect(t, "dropped", contents(d, vfs.POSIX, "/f"), []string{old})
}

func TestSyncLies(t *testing.T) {
	d, f := overwritten(t, vfs.Options{})
	d.SetInjector(once(vfs.OpSync, vfs.Outcome{Sync: vfs.SyncLies}))
	is(t, "fsync", f.Sync(), nil)
	expect(t, "not durable", contents(d, vfs.POSIX, "/f"), []string{old, young})
}

func TestSyncJournalFails(t *testing.T) {
	for _, p := range []vfs.Profile{vfs.POSIX, vfs.Ext4, vfs.XFS, vfs.Btrfs} {
		d, f := overwritten(t, vfs.Options{Filesystem: p})
		d.SetInjector(once(vfs.OpSync, vfs.Outcome{Sync: vfs.SyncJournalFails}))
		is(t, "first fsync", f.Sync(), syscall.EIO)
		_, writeErr := f.WriteAt([]byte("x"), 0)
		_, statErr := d.Stat("/f")
		if p == vfs.XFS {
			is(t, "second fsync", f.Sync(), syscall.EIO)
			is(t, "write", writeErr, syscall.EIO)
			is(t, "stat", statErr, syscall.EIO)
		} else {
			is(t, "second fsync", f.Sync(), nil)
			is(t, "write", writeErr, syscall.EROFS)
			is(t, "mkdir", d.Mkdir("/d", 0o755), syscall.EROFS)
			is(t, "stat", statErr, nil)
			expect(t, "cache", content(t, f), young)
		}
		if slices.Equal(contents(d, vfs.POSIX, "/f"), []string{young}) {
			t.Errorf("%v: an fsync after the journal failed made something durable", p)
		}
		mounted := d.Crash(vfs.POSIX, &fixedSource{}).Mount(vfs.Options{})
		is(t, "write after a power cut", afero.WriteFile(mounted, "/g", nil, 0o644), nil)
	}
}

// TestFailureIsToldOnce: to each descriptor open at the time, and to one opened
// later if nobody was told before.
func TestFailureIsToldOnce(t *testing.T) {
	d, f := overwritten(t, vfs.Options{})
	g := must(d.OpenFile("/f", os.O_RDWR, 0))
	d.SetInjector(once(vfs.OpSync, vfs.Outcome{Sync: vfs.SyncDropClean}))
	is(t, "f", f.Sync(), syscall.EIO)
	late := must(d.OpenFile("/f", os.O_RDWR, 0))
	is(t, "f again", f.Sync(), nil)
	is(t, "g", g.Sync(), syscall.EIO)
	is(t, "g again", g.Sync(), nil)
	is(t, "opened after f was told", late.Sync(), nil)
}

func TestOpenSync(t *testing.T) {
	d := vfs.New(vfs.Options{})
	f := must(d.OpenFile("/f", os.O_RDWR|os.O_CREATE|os.O_SYNC, 0o644))
	check(must(d.Open("/")).Sync())
	data := bytes.Repeat([]byte("x"), 5000)
	must(f.Write(data))
	expect(t, "durable at once", contents(d, vfs.POSIX, "/f"), []string{string(data)})
}

// What a syncfs is told of a failure is no news to a file: whoever has it open, or opens
// it later, is told by the file's own fsync.
func TestSyncFSTellsForNoFile(t *testing.T) {
	d, f := overwritten(t, vfs.Options{})
	d.SetInjector(once(vfs.OpSync, vfs.Outcome{Sync: vfs.SyncDropClean}))
	is(t, "syncfs", d.SyncFS(), syscall.EIO)
	is(t, "syncfs again", d.SyncFS(), nil)
	later := must(d.Open("/f"))
	is(t, "opened later", later.Sync(), syscall.EIO)
	is(t, "opened before", f.Sync(), syscall.EIO)
	is(t, "opened later, again", later.Sync(), nil)
}
