package vfs_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"

	"github.com/spf13/afero"

	"powercut/vfs"
)

// script runs the language of testdata/kernel/README.md on a Disk, and besides
// "failfsync H" and "failpage H N", which tell every open descriptor of the
// failure, and "evict .".
type script struct {
	disk    *vfs.Disk
	handles map[string]afero.File
}

// diskAfter runs a workload's setup, makes it durable, and runs its first steps.
func diskAfter(options vfs.Options, w recordedWorkload, steps int) (*vfs.Disk, error) {
	s, err := scriptAfter(options, w, steps)
	if err != nil {
		return nil, err
	}
	return s.disk, nil
}

// diskDuring is diskAfter when the step after those is in progress: nothing that
// it syncs is durable yet.
func diskDuring(options vfs.Options, w recordedWorkload, steps int) (*vfs.Disk, error) {
	s, err := scriptAfter(options, w, steps)
	if err != nil {
		return nil, err
	}
	s.disk.SetInjector(injectorFunc(func(op vfs.Op) (out vfs.Outcome) {
		if op.Kind == vfs.OpSync {
			out.Sync = vfs.SyncLies
		}
		return out
	}))
	defer s.disk.SetInjector(nil)
	return s.disk, s.do(w.Steps[steps])
}

func scriptAfter(options vfs.Options, w recordedWorkload, steps int) (*script, error) {
	s := &script{disk: vfs.New(options), handles: map[string]afero.File{}}
	for _, step := range w.Setup {
		if err := s.do(step); err != nil {
			return nil, fmt.Errorf("setup %q: %w", step, err)
		}
	}
	s.disk.SyncAll()
	for _, step := range w.Steps[:min(steps, len(w.Steps))] {
		if err := s.do(step); err != nil {
			return nil, fmt.Errorf("%q: %w", step, err)
		}
	}
	return s, nil
}

func (s *script) open(handle, path string, flags int) error {
	f, err := s.disk.OpenFile(path, flags, 0o644)
	if err == nil {
		s.handles[handle] = f
	}
	return err
}

func (s *script) write(handle string, off int64, fill byte, n int) error {
	_, err := s.handles[handle].WriteAt(bytes.Repeat([]byte{fill}, n), off)
	return err
}

// fail has an fsync fail, and every other descriptor of the file told.
func (s *script) fail(f afero.File, out vfs.Outcome) error {
	s.disk.SetInjector(once(vfs.OpSync, out))
	defer s.disk.SetInjector(nil)
	if err := f.Sync(); !errors.Is(err, syscall.EIO) {
		return fmt.Errorf("the fsync that was to fail: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	for _, g := range s.handles {
		other, err := g.Stat()
		if err != nil {
			return err
		}
		if g != f && other.Sys().(*vfs.FileInfo).Ino() == info.Sys().(*vfs.FileInfo).Ino() {
			_ = g.Sync() // tells, and does nothing
		}
	}
	return nil
}

func (s *script) do(step string) error {
	w := strings.Fields(step)
	num := func(k int) int {
		n, err := strconv.Atoi(w[k])
		if err != nil {
			panic("script: " + step)
		}
		return n
	}
	f := s.handles[w[1]]
	switch w[0] {
	case "create":
		return s.open(w[1], w[2], os.O_RDWR|os.O_CREATE|os.O_TRUNC)
	case "open":
		return s.open(w[1], w[2], os.O_RDWR)
	case "opentruncate":
		return s.open(w[1], w[2], os.O_RDWR|os.O_TRUNC)
	case "opensync":
		return s.open(w[1], w[2], os.O_RDWR|os.O_SYNC)
	case "opendsync":
		return s.open(w[1], w[2], os.O_RDWR|vfs.O_DSYNC)
	case "append":
		info, err := f.Stat()
		if err != nil {
			return err
		}
		return s.write(w[1], info.Size(), w[2][0], num(3))
	case "pwrite":
		return s.write(w[1], int64(num(2)), w[3][0], num(4))
	case "ftruncate":
		return f.Truncate(int64(num(2)))
	case "fallocate":
		return f.(vfs.Allocator).Allocate(int64(num(2)))
	case "fsync":
		return f.Sync()
	case "fdatasync":
		return f.(vfs.DataSyncer).Datasync()
	case "close":
		delete(s.handles, w[1])
		return f.Close()
	case "rename":
		return s.disk.Rename(w[1], w[2])
	case "link":
		return s.disk.Link(w[1], w[2])
	case "unlink":
		return s.disk.Remove(w[1])
	case "mkdir":
		return s.disk.Mkdir(w[1], 0o755)
	case "failfsync":
		return s.fail(f, vfs.Outcome{Sync: vfs.SyncDropClean})
	case "failpage":
		return s.fail(f, vfs.Outcome{Sync: vfs.SyncDropPage, Page: int64(num(2))})
	case "evict":
		s.disk.Evict()
		return nil
	case "fsyncdir":
		dir, err := s.disk.Open(w[1])
		if err != nil {
			return err
		}
		defer dir.Close()
		return dir.Sync()
	}
	panic("script: unknown step " + step)
}

// treeOf gives a reference's tree the form that a disk judges.
func treeOf(t refTree) vfs.Tree {
	out := make(vfs.Tree, len(t))
	for p, b := range t {
		out["/"+p] = b
	}
	return out
}

// mountedTree reads all that an image shows.
func mountedTree(im *vfs.Image) (refTree, error) {
	t, err := vfs.ReadTree(im.Mount(vfs.Options{}))
	out := make(refTree, len(t))
	for p, b := range t {
		out[p[1:]] = b
	}
	return out, err
}
