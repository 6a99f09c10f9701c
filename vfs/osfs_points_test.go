//go:build linux

package vfs_test

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/afero"

	"powercut/vfs"
)

// What is done at a point, on a disk or on a real directory. What is no error is
// told as one: a text.

func openAt(f afero.Fs, name string, flag int) error {
	h, err := f.OpenFile(name, flag, 0o644)
	if err == nil {
		err = h.Close()
	}
	return err
}

func linkAt(f afero.Fs, base, from, to string) error {
	if d, ok := f.(*vfs.Disk); ok {
		return d.Link(base+from, base+to)
	}
	return os.Link(base+from, base+to)
}

func modeAt(f afero.Fs, name string) error {
	info, err := f.Stat(name)
	if err == nil {
		err = fmt.Errorf("%v", info.Mode())
	}
	return err
}

func readRemoved(f afero.Fs, name string, count int) error {
	dir, err := f.Open(name)
	if err == nil {
		err = f.Remove(name)
	}
	if err == nil {
		_, err = dir.Readdirnames(count)
	}
	return err
}

// chownAfter gives a file a mode, and then no other owner.
func chownAfter(f afero.Fs, name string, mode fs.FileMode) error {
	err := f.Chmod(name, mode)
	if err == nil {
		err = f.Chown(name, -1, -1)
	}
	if err == nil {
		err = modeAt(f, name)
	}
	return err
}

func mkdirIn(f afero.Fs, name string) error {
	err := f.Mkdir(name, 0o755)
	if err == nil {
		err = modeAt(f, name)
	}
	return err
}

func nameAt(f afero.Fs, name string) error {
	info, err := f.Stat(name)
	if err == nil {
		err = fmt.Errorf("%s", info.Name())
	}
	return err
}

// setNoTime gives a file a time of access alone.
func setNoTime(f afero.Fs, name string) error {
	before, err := f.Stat(name)
	if err == nil {
		err = f.Chtimes(name, marked, time.Time{})
	}
	if err == nil {
		var after fs.FileInfo
		if after, err = f.Stat(name); err == nil && !after.ModTime().Equal(before.ModTime()) {
			err = fmt.Errorf("%v", after.ModTime())
		}
	}
	return err
}

func readNeither(f afero.Fs, name string) error {
	h, err := f.OpenFile(name, os.O_WRONLY|os.O_RDWR, 0)
	if err == nil {
		_, err = h.Read(make([]byte, 1))
	}
	return err
}

// TestOddNames shows single points at which a real directory answers otherwise
// than one would think, and holds a disk and a real directory to each.
func TestOddNames(t *testing.T) {
	syscall.Umask(0)
	// The directory has a file f, and directories d, with e in it, and g, which
	// hands its group down.
	for _, c := range []struct {
		name string
		do   func(f afero.Fs, base string) error
		want any // nil, an error, or a text
	}{
		{"O_DIRECTORY on a file", func(f afero.Fs, b string) error { return openAt(f, b+"f", syscall.O_DIRECTORY) }, syscall.ENOTDIR},
		{"O_DIRECTORY on a directory", func(f afero.Fs, b string) error { return openAt(f, b+"d", syscall.O_DIRECTORY) }, nil},
		{"O_DIRECTORY and O_CREATE", func(f afero.Fs, b string) error { return openAt(f, b+"x", syscall.O_DIRECTORY|os.O_CREATE) }, syscall.EINVAL},
		{"O_EXCL on a directory with a slash", func(f afero.Fs, b string) error { return openAt(f, b+"d/", os.O_RDWR|os.O_CREATE|os.O_EXCL) }, syscall.EISDIR},
		{"O_CREATE on a file with a slash", func(f afero.Fs, b string) error { return openAt(f, b+"f/", os.O_RDWR|os.O_CREATE) }, syscall.EISDIR},
		{"O_EXCL on dots", func(f afero.Fs, b string) error { return openAt(f, b+"d/.", os.O_RDWR|os.O_CREATE|os.O_EXCL) }, syscall.EEXIST},
		{"remove a dot", func(f afero.Fs, b string) error { return f.Remove(b + "d/e/.") }, syscall.EINVAL},
		{"remove dots", func(f afero.Fs, b string) error { return f.Remove(b + "d/e/..") }, syscall.ENOTEMPTY},
		{"remove a dot behind a file", func(f afero.Fs, b string) error { return f.Remove(b + "f/.") }, syscall.ENOTDIR},
		{"rename a dot", func(f afero.Fs, b string) error { return f.Rename(b+"d/.", b+"x") }, syscall.EBUSY},
		{"rename to a dot", func(f afero.Fs, b string) error { return f.Rename(b+"d/e", b+"d/e/.") }, syscall.EBUSY},
		{"rename into itself", func(f afero.Fs, b string) error { return f.Rename(b+"d", b+"d/e/x") }, syscall.EINVAL},
		{"rename a file to a name with a slash", func(f afero.Fs, b string) error { return f.Rename(b+"f", b+"x/") }, syscall.ENOTDIR},
		{"rename a directory to a name with a slash", func(f afero.Fs, b string) error { return f.Rename(b+"d", b+"x/") }, nil},
		{"link a directory to a name with a slash", func(f afero.Fs, b string) error { return linkAt(f, b, "d", "missing/") }, syscall.ENOENT},
		{"link a directory", func(f afero.Fs, b string) error { return linkAt(f, b, "d", "missing") }, syscall.EPERM},
		{"link to dots", func(f afero.Fs, b string) error { return linkAt(f, b, "f", "d/..") }, syscall.EEXIST},
		{"mkdir of dots", func(f afero.Fs, b string) error { return f.Mkdir(b+"d/..", 0o755) }, syscall.EEXIST},
		{"mkdirall over a file", func(f afero.Fs, b string) error { return f.MkdirAll(b+"f//a", 0o755) }, syscall.EEXIST},
		{"read a removed directory", func(f afero.Fs, b string) error { return readRemoved(f, b+"d/e", -1) }, syscall.ENOENT},
		{"read a part of a removed directory", func(f afero.Fs, b string) error { return readRemoved(f, b+"d/e", 1) }, syscall.ENOENT},
		{"chown drops setuid and setgid", func(f afero.Fs, b string) error { return chownAfter(f, b+"f", fs.ModeSetuid|fs.ModeSetgid|0o755) }, "-rwxr-xr-x"},
		{"chown keeps a setgid that nobody can run", func(f afero.Fs, b string) error { return chownAfter(f, b+"f", fs.ModeSetgid|0o644) }, "grw-r--r--"},
		{"setgid is handed down", func(f afero.Fs, b string) error { return mkdirIn(f, b+"g/x") }, "dgrwxr-xr-x"},
		{"the name of dots", func(f afero.Fs, b string) error { return nameAt(f, b+"d/e/..") }, ".."},
		{"no time to set", func(f afero.Fs, b string) error { return setNoTime(f, b+"f") }, nil},
		{"neither reading nor writing", func(f afero.Fs, b string) error { return readNeither(f, b+"f") }, syscall.EBADF},
	} {
		t.Run(c.name, func(t *testing.T) {
			real := afero.NewOsFs()
			for what, at := range map[string]struct {
				f    afero.Fs
				base string
			}{"disk": {vfs.New(vfs.Options{}), "/"}, "real directory": {real, t.TempDir() + "/"}} {
				for _, dir := range []string{"d", "d/e", "g"} {
					check(at.f.Mkdir(at.base+dir, 0o755))
				}
				check(afero.WriteFile(at.f, at.base+"f", []byte("f"), 0o644))
				if !isRoot && (c.name == "setgid is handed down" || c.name == "chown drops setuid and setgid") {
					t.Skip("not root")
				}
				check(at.f.Chmod(at.base+"g", fs.ModeSetgid|0o755))
				got, want := kindOf(c.do(at.f, at.base)), fmt.Sprint(c.want)
				if err, ok := c.want.(error); ok || c.want == nil {
					want = kindOf(err)
				}
				if got != want {
					t.Errorf("%s: got %s, want %s", what, got, want)
				}
			}
		})
	}
}
