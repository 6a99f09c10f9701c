package vfs

import (
	"errors"
	"os"
	"syscall"
	"testing"
)

// A symbolic link is on the device of its directory, wherever it leads.
func TestLinkToAnotherDevice(t *testing.T) {
	d := twoDevices(Options{})
	defer d.Release()
	log, err := d.Create("/log/a")
	if err != nil || d.SymlinkIfPossible("/log/a", "/wal") != nil || d.SymlinkIfPossible("/log/a", "/old") != nil {
		t.Fatal(err)
	}
	d.SetInjector(offlineAt{d.Ops() + 1})
	if _, err := log.WriteString("x"); !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	if err := errors.Join(d.Rename("/wal", "/journal"), d.Link("/journal", "/other"), d.Remove("/old")); err != nil {
		t.Errorf("links on the other device: %v", err)
	}
	if _, err := d.Stat("/journal"); !errors.Is(err, syscall.EIO) {
		t.Errorf("what the link leads to: %v", err)
	}
}

// A freed block is given to files of its device, and of no other.
func TestFreedBlocksStayOnTheirDevice(t *testing.T) {
	d := twoDevices(Options{})
	defer d.Release()
	write := func(name, content string) {
		f, err := d.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o644)
		if err == nil {
			_, err = f.WriteString(content)
		}
		if err != nil || f.Sync() != nil || f.Close() != nil {
			t.Fatal(err)
		}
	}
	write("/f", "ours")
	if err := syncRoot(d); err != nil {
		t.Fatal(err)
	}
	if err := d.Remove("/f"); err != nil {
		t.Fatal(err)
	}
	write("/log/g", "theirs")
	back := false
	for im := range d.Images(Ext4Writeback) {
		content, there := im.Tree()["/f"]
		if back = back || there; there && string(content) != "ours" {
			t.Errorf("the removed file is back with %q", content)
		}
		im.Release()
	}
	if !back {
		t.Error("no image has the removed file")
	}
}

func syncRoot(d *Disk) error {
	dir, err := d.Open("/")
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
