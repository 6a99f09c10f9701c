package vfs_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/afero"

	"powercut/vfs"
	"powercut/vfs/internal/recording"
)

// noSpaceFor is what is asked of a full disk: what is done, and how often each filesystem
// lets it be done, of at most so many times. Of ext4, xfs and btrfs that is what Linux 6.18
// answered on filesystems of 64, 320 and 120 MB without a free block.
var noSpaceFor = []struct {
	what                    string
	times                   int
	do                      func(d *vfs.Disk, k int) error
	posix, ext4, xfs, btrfs int
}{
	{"create", 3, func(d *vfs.Disk, k int) error { return created(d, fmt.Sprint("/empty/", k), os.O_CREATE|os.O_EXCL) }, 0, 3, 0, 3},
	{"open what is there", 3, func(d *vfs.Disk, _ int) error { return created(d, "/file", os.O_CREATE) }, 3, 3, 3, 3},
	{"mkdir", 3, func(d *vfs.Disk, k int) error { return d.Mkdir(fmt.Sprint("/empty/", k), 0o755) }, 0, 0, 0, 3},
	{"link in an empty directory", 400, func(d *vfs.Disk, k int) error { return d.Link("/file", fmt.Sprintf("/empty/%03d", k)) }, 0, 338, 16, 400},
	{"link where there are 20", 400, func(d *vfs.Disk, k int) error { return d.Link("/file", fmt.Sprintf("/twenty/%03x", k+20)) }, 0, 318, 145, 400},
	{"rename into an empty directory", 20, func(d *vfs.Disk, k int) error {
		return d.Rename(fmt.Sprintf("/twenty/%03x", k), fmt.Sprintf("/empty/ren%03d", k))
	}, 0, 20, 13, 20},
	{"rename within a directory", 20, func(d *vfs.Disk, k int) error {
		return d.Rename(fmt.Sprintf("/twenty/%03x", k), fmt.Sprintf("/twenty/y%02x", k))
	}, 0, 20, 20, 20},
	{"rename over another", 10, func(d *vfs.Disk, k int) error {
		return d.Rename(fmt.Sprintf("/twenty/%03x", k), fmt.Sprintf("/twenty/%03x", k+10))
	}, 10, 10, 10, 10},
	{"exchange", 3, func(d *vfs.Disk, _ int) error { return d.RenameWith("/twenty/000", "/file", vfs.RenameExchange) }, 3, 3, 3, 3},
	{"symbolic link", 3, func(d *vfs.Disk, k int) error {
		return d.SymlinkIfPossible(strings.Repeat("t", 59), fmt.Sprint("/empty/", k))
	}, 0, 3, 0, 3},
	{"long symbolic link", 3, func(d *vfs.Disk, k int) error {
		return d.SymlinkIfPossible(strings.Repeat("t", 60), fmt.Sprint("/empty/", k))
	}, 0, 0, 0, 3},
	{"attribute", 9, func(d *vfs.Disk, k int) error {
		return d.XattrsAt("/file", true).SetXattr(fmt.Sprint("user.a", k), make([]byte, 8), 0)
	}, 0, 3, 0, 9},
	{"long attribute", 1, func(d *vfs.Disk, _ int) error {
		return d.XattrsAt("/file", true).SetXattr("user.a", make([]byte, 3000), 0)
	}, 0, 0, 0, 1},
	{"attribute over one that is as long", 3, func(d *vfs.Disk, _ int) error {
		return d.XattrsAt("/twenty/000", true).SetXattr("user.is", make([]byte, 8), 0)
	}, 0, 3, 0, 3},
	{"removal of an attribute", 1, func(d *vfs.Disk, _ int) error { return d.XattrsAt("/twenty/000", true).RemoveXattr("user.is") }, 0, 1, 0, 1},
	{"truncate to more", 3, func(d *vfs.Disk, k int) error { return d.Truncate("/file", int64(k+1)<<20) }, 3, 3, 3, 3},
	{"truncate inside a page", 3, func(d *vfs.Disk, k int) error { return d.Truncate("/file", int64(100-k)) }, 3, 3, 3, 3},
	{"chmod", 3, func(d *vfs.Disk, _ int) error { return d.Chmod("/file", 0o600) }, 3, 3, 3, 3},
	{"remove", 3, func(d *vfs.Disk, k int) error { return d.Remove(fmt.Sprintf("/twenty/%03x", k)) }, 3, 3, 3, 3},
}

func created(d *vfs.Disk, name string, flag int) error {
	f, err := d.OpenFile(name, os.O_WRONLY|flag, 0o644)
	if err == nil {
		check(f.Close())
	}
	return err
}

// TestNoSpaceForMetadata: a full disk refuses what needs a block of the filesystem's own as
// the kernel's filesystem does, and as soon as there is space no longer.
func TestNoSpaceForMetadata(t *testing.T) {
	for _, p := range filesystems {
		for _, c := range noSpaceFor {
			t.Run(p.String()+"/"+c.what, func(t *testing.T) {
				d := vfs.New(vfs.Options{Filesystem: p})
				check(d.Mkdir("/empty", 0o755))
				check(d.Mkdir("/twenty", 0o755))
				for k := range 20 {
					check(created(d, fmt.Sprintf("/twenty/%03x", k), os.O_CREATE))
				}
				check(d.XattrsAt("/twenty/000", true).SetXattr("user.is", make([]byte, 8), 0))
				check(afero.WriteFile(d, "/file", make([]byte, 100), 0o644))
				d.SetCapacity(block)
				want := c.ext4
				if other, ok := map[vfs.Profile]int{vfs.POSIX: c.posix, vfs.XFS: c.xfs, vfs.Btrfs: c.btrfs}[p]; ok {
					want = other
				}
				tree := fmt.Sprint(d.Tree())
				for k := range c.times {
					err := c.do(d, k)
					if k < want && err != nil || k == want && kind(err) != syscall.ENOSPC {
						t.Fatalf("after %d times: %v, want %d times and then ENOSPC", k, err, want)
					}
					if k == want {
						if want == 0 {
							expect(t, "what a refusal leaves", fmt.Sprint(d.Tree()), tree)
						}
						d.LiftCapacity()
						is(t, "with space", c.do(d, k), nil)
						break
					}
				}
			})
		}
	}
}

// A file without a name needs an inode, which xfs has to make, and its name may need a block.
func TestNoSpaceForTemporary(t *testing.T) {
	for p, want := range map[vfs.Profile][]string{vfs.POSIX: {"", "ENOSPC"}, vfs.Ext4: {"", ""}, vfs.XFS: {"ENOSPC"}, vfs.Btrfs: {"", ""}} {
		s := &failingScript{recording.Script{Disk: vfs.New(vfs.Options{Filesystem: p}), Handles: map[string]afero.File{}}}
		check(afero.WriteFile(s.Disk, "/file", make([]byte, 100), 0o644))
		s.Disk.SetCapacity(block)
		for i, step := range []string{"tmpfile h", "linkto h name"}[:len(want)] {
			expect(t, p.String()+", "+step, must(s.run(step)), want[i])
		}
	}
}
