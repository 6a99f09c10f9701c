//go:build linux

package vfs_test

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/spf13/afero"

	"powercut/vfs"
)

// remove removes a name by a system call, or by what package os makes of two.
func (p *pair) remove(what, name, real string) {
	switch say := what + " " + name; what {
	case "rmdir":
		p.sameKind(say, nil, nil, p.disk.Rmdir(name), syscall.Rmdir(real))
	case "unlink":
		p.sameKind(say, nil, nil, p.disk.Unlink(name), syscall.Unlink(real))
	default:
		p.Same(say, nil, nil, p.disk.Remove(name), p.real.Remove(real))
	}
}

// TestRemovals: each way to remove a name does to each thing that may have one what it
// does on the system that this runs on.
func TestRemovals(t *testing.T) {
	for what, remove := range map[string]struct {
		disk func(*vfs.Disk, string) error
		real func(string) error
	}{
		"remove": {(*vfs.Disk).Remove, os.Remove}, "unlink": {(*vfs.Disk).Unlink, syscall.Unlink}, "rmdir": {(*vfs.Disk).Rmdir, syscall.Rmdir},
	} {
		for _, name := range []string{"file", "empty", "full", "link", "nothing", "file/", "empty/", "full/", "link/", "empty/.", "full/..", "full/file", "file/x"} {
			disk, dir := vfs.New(vfs.Options{}), t.TempDir()
			for _, made := range []string{"empty", "full"} {
				check(disk.Mkdir("/"+made, 0o755))
				check(os.Mkdir(filepath.Join(dir, made), 0o755))
			}
			for _, made := range []string{"file", "full/file"} {
				check(afero.WriteFile(disk, "/"+made, nil, 0o644))
				check(os.WriteFile(filepath.Join(dir, made), nil, 0o644))
			}
			check(disk.SymlinkIfPossible("full", "/link"))
			check(os.Symlink("full", filepath.Join(dir, "link")))
			got, want := remove.disk(disk, "/"+name), remove.real(dir+"/"+name)
			if kindOf(got) != kindOf(want) {
				t.Errorf("%s %s: the disk says %q, a real directory %q", what, name, kindOf(got), kindOf(want))
			}
		}
	}
}

// TestChainsOfLinks: so long a chain of symbolic links leads somewhere as on the system
// that this runs on, and no longer.
func TestChainsOfLinks(t *testing.T) {
	disk, dir := vfs.New(vfs.Options{}), t.TempDir()
	check(disk.Mkdir("/0", 0o755))
	check(os.Mkdir(filepath.Join(dir, "0"), 0o755))
	ends := false
	for n := 1; n <= 50; n++ {
		name, target := fmt.Sprint(n), fmt.Sprint(n-1)
		check(disk.SymlinkIfPossible(target, "/"+name))
		check(os.Symlink(target, filepath.Join(dir, name)))
		_, got := disk.Stat("/" + name)
		want := statPatiently(filepath.Join(dir, name))
		if kindOf(got) != kindOf(want) {
			t.Errorf("%d links: the disk says %q, a real directory %q", n, kindOf(got), kindOf(want))
		}
		ends = ends || want != nil
	}
	if !ends {
		t.Error("fifty links are not too many here: this test shows nothing")
	}
}

// statPatiently asks the system again where there seem to be too many links: Linux
// walks a path without locks first, and begins anew if anything was mounted meanwhile,
// with the links counted that it had followed by then.
func statPatiently(name string) (err error) {
	for range 100 {
		if _, err = os.Stat(name); kindOf(err) != kindOf(syscall.ELOOP) {
			break
		}
	}
	return err
}
