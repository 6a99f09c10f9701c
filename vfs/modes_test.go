package vfs_test

import (
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/spf13/afero"

	"powercut/vfs"
)

// TestModesBindAUser: what each operation needs of the directories that it changes or
// goes through, and of the file, where modes bind.
func TestModesBindAUser(t *testing.T) {
	open := func(flag int) func(d *vfs.Disk) error {
		return func(d *vfs.Disk) error {
			f, err := d.OpenFile("/d/f", flag, 0o644)
			if err == nil {
				err = f.Close()
			}
			return err
		}
	}
	for _, c := range []struct {
		name string
		do   func(d *vfs.Disk) error
		// What must not be lacking: of the directory /d, of the directory /e, of the file.
		dir, other, file os.FileMode
	}{
		{"read", open(os.O_RDONLY), 0o100, 0, 0o400},
		{"write", open(os.O_WRONLY), 0o100, 0, 0o200},
		{"truncate at open", open(os.O_RDONLY | os.O_TRUNC), 0o100, 0, 0o600},
		{"create", func(d *vfs.Disk) error { return afero.WriteFile(d, "/d/new", nil, 0o644) }, 0o300, 0, 0},
		{"mkdir", func(d *vfs.Disk) error { return d.Mkdir("/d/new", 0o755) }, 0o300, 0, 0},
		{"remove", func(d *vfs.Disk) error { return d.Remove("/d/f") }, 0o300, 0, 0},
		{"unlink", func(d *vfs.Disk) error { return d.Unlink("/d/f") }, 0o300, 0, 0},
		{"rename out of it", func(d *vfs.Disk) error { return d.Rename("/d/f", "/e/f") }, 0o300, 0o300, 0},
		{"link", func(d *vfs.Disk) error { return d.Link("/d/f", "/e/f") }, 0, 0o300, 0},
		{"symlink", func(d *vfs.Disk) error { return d.SymlinkIfPossible("f", "/d/new") }, 0o300, 0, 0},
	} {
		for _, bit := range []os.FileMode{0o400, 0o200, 0o100} {
			for _, at := range []struct {
				path  string
				needs os.FileMode
			}{{"/d", c.dir}, {"/e", c.other}, {"/d/f", c.file}} {
				d := vfs.New(vfs.Options{})
				check(d.Mkdir("/d", 0o700))
				check(d.Mkdir("/e", 0o700))
				check(afero.WriteFile(d, "/d/f", []byte("f"), 0o600))
				info := must(d.Stat(at.path))
				check(d.Chmod(at.path, info.Mode().Perm()&^bit))
				d.SetInjector(injectorFunc(func(op vfs.Op) vfs.Outcome {
					return vfs.Outcome{Beside: vfs.Beside{Modes: !slices.Contains([]vfs.OpKind{vfs.OpStat}, op.Kind)}}
				}))
				var want error
				if at.needs&bit != 0 {
					want = syscall.EACCES
				}
				is(t, c.name+" without "+bit.String()+" of "+at.path, c.do(d), want)
			}
		}
	}
}
