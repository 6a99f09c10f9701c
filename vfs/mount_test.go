package vfs_test

import (
	"bytes"
	"testing"

	"powercut/vfs"
)

// TestMountKeepsTheDevice: a disk that is mounted from an image is the same device: it
// tears as finely, holds as much, and has the filesystem that it had.
func TestMountKeepsTheDevice(t *testing.T) {
	for _, sector := range []int{512, 4096} {
		for _, p := range filesystems {
			d := vfs.New(vfs.Options{SectorBytes: sector, CapacityBytes: 3 * block, Filesystem: p})
			f := must(d.Create("/f"))
			must(f.Write(bytes.Repeat([]byte("o"), block)))
			d.SyncAll()
			for _, im := range []*vfs.Image{d.Crash(vfs.POSIX, &fixedSource{}), d.ProcessCrash()} {
				m := im.Mount(vfs.Options{})
				g := must(m.OpenFile("/f", 2, 0))
				must(g.WriteAt(bytes.Repeat([]byte("n"), 1024), 0))
				seen := map[string]bool{}
				for image := range m.Images(vfs.POSIX) {
					seen[string(image.Tree()["/f"])] = true
					image.Release()
				}
				want := 1 << (1024 / sector)
				if sector > 1024 {
					want = 2
				}
				expect(t, "contents after a write of 1024 bytes", len(seen), want)
				expect(t, "room", room(m), 2)
				full := must(m.Create("/g"))
				_, err := full.Write(make([]byte, 3*block))
				if err == nil {
					t.Errorf("%v: three blocks go where two are left", p)
				}
				_, err = m.Create("/h")
				if (err != nil) != (p == vfs.XFS || p == vfs.POSIX) { // see TestNoSpaceForMetadata
					t.Errorf("%v: a file on a full disk: %v", p, err)
				}
			}
		}
	}
}
