package vfs_test

import (
	"testing"

	"powercut/vfs"
)

// What was reserved, and cut off before anybody wrote there, costs nothing: a terabyte of it
// leaves as many images as a megabyte.
func TestReservedAndCut(t *testing.T) {
	images := func(t *testing.T, p vfs.Profile, reserved int64) int {
		d := vfs.New(vfs.Options{})
		f, err := d.Create("/f")
		if err != nil {
			t.Fatal(err)
		}
		if err := f.(vfs.RangeAllocator).Fallocate(0, 0, reserved); err != nil {
			t.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt([]byte("content"), 5000); err != nil {
			t.Fatal(err)
		}
		if err := f.Truncate(5007); err != nil {
			t.Fatal(err)
		}
		n := 0
		for im := range d.Images(p) {
			im.Release()
			n++
		}
		return n
	}
	// On posix a file may have any size in between, and on ext4-writeback each page that was
	// cut off may show what another file has in its place.
	for _, p := range []vfs.Profile{vfs.Ext4, vfs.Ext4NoAutoDAAlloc, vfs.XFS, vfs.Btrfs} {
		t.Run(p.String(), func(t *testing.T) {
			if large, small := images(t, p, 1<<40), images(t, p, 1<<20); large != small || small < 2 {
				t.Errorf("%d images with a terabyte reserved, %d with a megabyte", large, small)
			}
		})
	}
}
