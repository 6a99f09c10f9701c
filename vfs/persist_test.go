package vfs_test

import (
	"errors"
	"io/fs"
	"slices"
	"syscall"
	"testing"

	"powercut/vfs"
)

// Persist keeps what an fsync would have kept, and is no operation.
func TestPersist(t *testing.T) {
	seen := 0
	d := vfs.New(vfs.Options{Injector: countingInjector(func() { seen++ })})
	f := must(d.Create("/f"))
	must(f.Write([]byte("data")))
	before := seen
	check(d.Persist("/f"))
	if got := d.Pending(); len(got) != 1 || got[0].Kind != vfs.OpCreate {
		t.Errorf("after Persist of the file, pending is %v, want its name alone", got)
	}
	check(d.Persist("/"))
	if got := d.Pending(); len(got) != 0 {
		t.Errorf("after Persist of the directory, pending is %v", got)
	}
	if seen != before {
		t.Errorf("the injector saw %d operations", seen-before)
	}
	if err := d.Persist("/g"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such file: %v", err)
	}
	d.PowerCut()
	if err := d.Persist("/f"); !errors.Is(err, vfs.ErrPowerCut) {
		t.Errorf("without power: %v", err)
	}
}

type countingInjector func()

func (f countingInjector) Inject(vfs.Op) vfs.Outcome {
	f()
	return vfs.Outcome{}
}

// A choice that is not lawful any more is followed as far as it is.
func TestChooseNearest(t *testing.T) {
	d := vfs.New(vfs.Options{})
	must(d.Create("/a"))    // 1
	must(d.Create("/b"))    // 2
	check(d.Mkdir("/c", 0)) // 3
	choice, err := vfs.ParseChoice("power-cut posix lost=1,2,99")
	check(err)
	if _, err := d.Choose(choice); !errors.Is(err, vfs.ErrUnlawful) {
		t.Fatalf("Choose: %v, want ErrUnlawful", err)
	}
	tree := d.ChooseNearest(choice).Tree()
	if _, there := tree["/c/"]; !there || len(tree) != 1 {
		t.Errorf("got %v, want /c alone", tree)
	}
}

// A filesystem whose journal failed makes nothing durable any more, by itself either.
func TestPersistOnAFailedFilesystem(t *testing.T) {
	for _, p := range filesystems {
		d := vfs.New(vfs.Options{Filesystem: p})
		f := must(d.Create("/f"))
		must(f.Write([]byte(old)))
		d.SyncAll()
		must(f.WriteAt([]byte(young), 0))
		d.SetInjector(once(vfs.OpSync, vfs.Outcome{Sync: vfs.SyncJournalFails}))
		is(t, "fsync", f.Sync(), syscall.EIO)
		is(t, "persist", d.Persist("/f"), nil)
		if left := contents(d, p, "/f"); !slices.Contains(left, old) {
			t.Errorf("%v: a power cut leaves %q, want that it may leave what was there", p, left)
		}
	}
}
