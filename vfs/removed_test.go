package vfs_test

import (
	"testing"

	"github.com/spf13/afero"

	"powercut/vfs"
)

// TestRemovedDirectories: what was pending in a directory that is durably gone
// is neither shown nor asked for any more.
func TestRemovedDirectories(t *testing.T) {
	syncDir := func(d *vfs.Disk, name string) {
		dir := must(d.Open(name))
		check(dir.Sync())
		check(dir.Close())
	}
	for _, c := range []struct {
		name string
		do   func(d *vfs.Disk)
	}{
		{"with a file in it", func(d *vfs.Disk) {
			check(d.MkdirAll("/db/tmp", 0o755))
			check(afero.WriteFile(d, "/db/tmp/part", []byte("part"), 0o644))
			check(d.RemoveAll("/db/tmp"))
		}},
		{"with directories in it", func(d *vfs.Disk) {
			check(d.MkdirAll("/db/tmp/a/b", 0o755))
			check(afero.WriteFile(d, "/db/tmp/a/b/part", []byte("part"), 0o644))
			check(d.RemoveAll("/db/tmp"))
			check(d.MkdirAll("/db/tmp/a", 0o755))
			check(d.RemoveAll("/db/tmp"))
		}},
		{"with open handles", func(d *vfs.Disk) {
			check(d.MkdirAll("/db/tmp", 0o755))
			dir := must(d.Open("/db/tmp"))
			f := must(d.Create("/db/tmp/part"))
			must(f.Write([]byte("part")))
			check(d.RemoveAll("/db/tmp"))
			syncDir(d, "/db")
			check(dir.Close())
			check(f.Close())
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := vfs.New(vfs.Options{})
			check(d.Mkdir("/db", 0o755))
			d.SyncAll()
			c.do(d)
			syncDir(d, "/db")
			for _, p := range vfs.Profiles() {
				for _, im := range []*vfs.Image{d.Crash(p, &fixedSource{}), d.ProcessCrash()} {
					if got := im.Tree(); len(got) != 1 {
						t.Errorf("%v: %v left %s", p, im.Kind(), got)
					}
				}
				if ok, why := d.Accepts(p, vfs.Tree{"/db/": nil}); !ok {
					t.Errorf("%v: %s", p, why)
				}
				if ok, _ := d.Accepts(p, vfs.Tree{"/db/": nil, "/db/tmp/": nil}); ok {
					t.Errorf("%v: the removed directory may be there", p)
				}
			}
			if len(d.Pending()) > 0 {
				t.Errorf("pending: %v", d.Pending())
			}
		})
	}
}
