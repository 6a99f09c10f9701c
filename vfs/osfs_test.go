//go:build linux

package vfs_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/afero"
	"pgregory.net/rapid"

	"powercut/vfs"
)

// pair is a disk and a real directory on which the same is done. What is done
// stands in osfs_names_test.go and osfs_handles_test.go.
type pair struct {
	t    *rapid.T
	disk *vfs.Disk
	real afero.Fs
	// base and inDisk are the directory in which it is done. It lies deep below
	// realTop and the disk's root: symbolic links and dots lead up from it.
	realTop, base, inDisk string
	files                 []*filePair
	// changes counts what changed names: where a directory is read on after a
	// change, what shows is up to the filesystem.
	changes int
}

type filePair struct {
	disk, real afero.File
	dir        bool
	readAt     int // pair.changes when the directory was read from its beginning
}

// kindOf tells errors apart as a program would.
func kindOf(err error) string {
	var errno syscall.Errno
	switch {
	case err == nil:
		return "nil"
	case errors.Is(err, io.EOF):
		return "EOF"
	case errors.Is(err, fs.ErrClosed), strings.Contains(err.Error(), "use of closed file"):
		return "closed"
	case errors.As(err, &errno):
		return fmt.Sprintf("%s (%d)", errno, int(errno))
	case strings.Contains(err.Error(), "negative offset"):
		return "negative offset"
	case strings.Contains(err.Error(), "O_APPEND"):
		return "O_APPEND"
	}
	return err.Error()
}

// wrapping is what an error tells beside its kind: the operation and the names,
// as whoever asked spelled them.
func (p *pair) wrapping(err error) string {
	name := func(s string) string {
		if rest, ok := strings.CutPrefix(s, p.base+"/"); ok {
			return rest
		}
		return strings.TrimPrefix(s, p.inDisk+"/")
	}
	switch e := err.(type) {
	case *fs.PathError:
		return fmt.Sprintf("path error: %s %q", e.Op, name(e.Path))
	case *os.LinkError:
		return fmt.Sprintf("link error: %s %q %q", e.Op, name(e.Old), name(e.New))
	}
	if kind := kindOf(err); kind == "nil" || kind == "EOF" || kind == "O_APPEND" {
		return kind
	}
	return fmt.Sprintf("%T", err)
}

func (p *pair) Same(what string, disk, real any, diskErr, realErr error) {
	p.t.Helper()
	p.sameKind(what, disk, real, diskErr, realErr)
	if a, b := p.wrapping(diskErr), p.wrapping(realErr); a != b {
		p.t.Fatalf("%s: the disk's error is a %s, a real one a %s", what, a, b)
	}
}

// sameKind is same for calls of which the errors name parts of a path.
func (p *pair) sameKind(what string, disk, real any, diskErr, realErr error) {
	p.t.Helper()
	if kindOf(diskErr) != kindOf(realErr) {
		p.t.Fatalf("%s: the disk says %q, a real directory %q", what, kindOf(diskErr), kindOf(realErr))
	}
	if fmt.Sprint(disk) != fmt.Sprint(real) {
		p.t.Fatalf("%s: the disk gives %v, a real directory %v", what, disk, real)
	}
}

// isRoot says whether modes may be drawn that keep their owner out.
var isRoot = os.Getuid() == 0

// TestAsARealDirectory does the same to a disk and to a directory of the
// machine that it runs on: same results, same bytes, same kinds of error. ext4
// and tmpfs (TMPDIR=/dev/shm) agree in all that is drawn.
func TestAsARealDirectory(t *testing.T) {
	if !isRoot {
		t.Log("not root: modes are drawn so that they don't matter, without setuid and setgid")
	}
	syscall.Umask(0)
	dir := t.TempDir()
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		p := &pair{t: t, disk: vfs.New(vfs.Options{}), real: afero.NewOsFs(), realTop: filepath.Join(dir, fmt.Sprint(run)), inDisk: "/u/u/u/u/u/u"}
		p.base = p.realTop + p.inDisk
		p.disk.SetMountPoint(p.realTop)
		if err := errors.Join(os.MkdirAll(p.base, 0o755), p.disk.MkdirAll(p.inDisk, 0o755)); err != nil {
			t.Fatal(err)
		}
		defer func() {
			for _, f := range p.files {
				_ = f.real.Close() // some are closed already
			}
			if err := os.RemoveAll(p.realTop); err != nil {
				t.Fatal(err)
			}
		}()
		p.furnish()
		t.Repeat(map[string]func(*rapid.T){
			"open":    func(t *rapid.T) { p.t = t; p.open() },
			"names":   func(t *rapid.T) { p.t = t; p.names() },
			"names 2": func(t *rapid.T) { p.t = t; p.names() },
			"handle":  func(t *rapid.T) { p.t = t; p.handle() },
			"handles": func(t *rapid.T) { p.t = t; p.handle() },
		})
		p.t = t
		p.sameTree("")
	})
}

// sameTree compares all that is below a directory: contents, modes, which names
// are of one file, and whether times were changed.
func (p *pair) sameTree(below string) {
	list := func(fsys afero.Fs, at string) ([]fs.FileInfo, error) {
		return afero.ReadDir(fsys, at) // in order
	}
	infos, err := list(p.disk, "/"+below)
	realInfos, realErr := list(p.real, p.realTop+"/"+below)
	if err != nil || realErr != nil || len(infos) != len(realInfos) {
		p.t.Fatalf("%q has %d entries (%v), a real directory %d (%v)", below, len(infos), err, len(realInfos), realErr)
	}
	for i, info := range infos {
		at := filepath.Join(below, info.Name())
		p.Same(at, describe(info), describe(realInfos[i]), nil, nil)
		if info.IsDir() {
			p.sameTree(at)
			continue
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			target, err := p.disk.ReadlinkIfPossible(at)
			want, realErr := os.Readlink(filepath.Join(p.realTop, at))
			p.Same(at, target, want, err, realErr)
			continue
		}
		got, err := afero.ReadFile(p.disk, at)
		want, realErr := afero.ReadFile(p.real, filepath.Join(p.realTop, at))
		p.Same(at, nil, nil, err, realErr)
		if !bytes.Equal(got, want) {
			p.t.Fatalf("%s: the bytes differ", at)
		}
	}
}
