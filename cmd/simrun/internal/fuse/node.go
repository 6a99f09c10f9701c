//go:build linux && !386 && !arm && !mips && !mipsle

package fuse

import (
	"context"
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"log"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"github.com/spf13/afero"

	"powercut/vfs"
)

// mountHere answers what the kernel asks by a descriptor of /dev/fuse, which it closes,
// by asking the process, until that has ended.
func mountHere(p *process, fd int) error {
	forever := 24 * time.Hour // nobody else changes the disk
	_, err := fs.Mount(fmt.Sprintf("/dev/fd/%d", fd), &node{process: p}, &fs.Options{
		MountOptions: fuse.MountOptions{
			MaxWrite:      1 << 20,
			DisableSplice: true,
			// What is written comes here as it is, and at once; files can be mapped
			// all the same, which older kernels lack.
			ExtraCapabilities: fuse.CAP_DIRECT_IO_ALLOW_MMAP,
			Logger:            log.New(io.Discard, "", 0), // that the connection ends is no news
			PanicHandler:      func(v any) fuse.Status { go panic(v); select {} },
		},
		EntryTimeout: &forever,
		AttrTimeout:  &forever,
	})
	return err
}

// node is a file or a directory.
type node struct {
	fs.Inode
	process *process
}

// name is the path on the disk. What has none any more is called by one that is not
// there; what is open is reached by its handle all the same.
func (n *node) name() string {
	name := n.Path(n.Root())
	if strings.HasPrefix(name, ".go-fuse.") { // the library makes one up, at random
		name = "(deleted)"
	}
	return "/" + name
}

func (n *node) child(name string) string {
	if n.IsRoot() {
		return "/" + name
	}
	return n.name() + "/" + name
}

// errnoOf is what the kernel is told of an error of the disk.
func errnoOf(err error) syscall.Errno {
	switch errno, ok := errors.AsType[syscall.Errno](err); {
	case err == nil:
		return 0
	case ok:
		return errno
	case errors.Is(err, iofs.ErrNotExist):
		return syscall.ENOENT
	case errors.Is(err, iofs.ErrExist):
		return syscall.EEXIST
	case errors.Is(err, iofs.ErrClosed):
		return syscall.EBADF
	}
	return syscall.EIO
}

// do does one thing on the disk.
func (n *node) do(f func(d *vfs.Disk) error) syscall.Errno {
	return n.process.ask(func(d *vfs.Disk) syscall.Errno { return errnoOf(f(d)) })
}

func (n *node) Statfs(_ context.Context, out *fuse.StatfsOut) syscall.Errno {
	const block, plenty = 4096, 1 << 40
	return n.do(func(d *vfs.Disk) error {
		capacity, free, bounded := d.Space()
		if !bounded {
			capacity, free = plenty, plenty
		}
		out.Bsize, out.Frsize, out.NameLen = block, block, 255
		out.Blocks, out.Bfree, out.Bavail = uint64(capacity/block), uint64(free/block), uint64(free/block)
		return nil
	})
}

// Access says yes: modes are kept, and not enforced, as for root.
func (n *node) Access(context.Context, uint32) syscall.Errno { return 0 }

// fill tells the kernel what is known of a file.
func fill(out *fuse.Attr, info iofs.FileInfo) {
	out.Mode, out.Size, out.Blksize = modeOf(info.Mode()), uint64(info.Size()), 4096
	out.Blocks = (out.Size + 511) / 512
	out.Nlink = 1
	if i, ok := info.(*vfs.FileInfo); ok {
		out.Ino, out.Nlink = i.Ino(), uint32(i.Links())
	}
	at := info.ModTime()
	out.SetTimes(&at, &at, &at)
}

func modeOf(m iofs.FileMode) uint32 {
	mode := uint32(m.Perm())
	switch {
	case m.IsDir():
		mode |= syscall.S_IFDIR
	case m&iofs.ModeSymlink != 0:
		mode |= syscall.S_IFLNK
	default:
		mode |= syscall.S_IFREG
	}
	return mode
}

// look finds what is at a path.
func look(d *vfs.Disk, name string, out *fuse.Attr) error {
	info, _, err := d.LstatIfPossible(name)
	if err == nil {
		fill(out, info)
	}
	return err
}

func (n *node) Getattr(_ context.Context, f fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	name := n.name()
	return n.do(func(d *vfs.Disk) error {
		if open, ok := f.(*file); ok { // it may have no name any more
			info, err := open.file.Stat()
			if err == nil {
				fill(&out.Attr, info)
			}
			return err
		}
		return look(d, name, &out.Attr)
	})
}

func (n *node) Setattr(_ context.Context, f fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	name := n.name()
	return n.do(func(d *vfs.Disk) error {
		err := change(d, name, f, in)
		if err == nil {
			err = look(d, name, &out.Attr)
		}
		if open, ok := f.(*file); ok && errors.Is(err, iofs.ErrNotExist) {
			var info iofs.FileInfo
			if info, err = open.file.Stat(); err == nil {
				fill(&out.Attr, info)
			}
		}
		return err
	})
}

// change makes the changes of an attribute that are asked for.
func change(d *vfs.Disk, name string, f fs.FileHandle, in *fuse.SetAttrIn) (err error) {
	if size, ok := in.GetSize(); ok {
		if open, is := f.(*file); is {
			err = open.file.Truncate(int64(size))
		} else {
			err = d.Truncate(name, int64(size))
		}
	}
	if mode, ok := in.GetMode(); ok && err == nil {
		err = d.Chmod(name, iofs.FileMode(mode&0o777))
	}
	if at, ok := in.GetMTime(); ok && err == nil {
		err = d.Chtimes(name, at, at)
	}
	return err
}

// entry makes a file known to the kernel that was found, or made.
func (n *node) entry(ctx context.Context, out *fuse.EntryOut) *fs.Inode {
	return n.NewInode(ctx, &node{process: n.process}, fs.StableAttr{Mode: out.Attr.Mode & syscall.S_IFMT, Ino: out.Attr.Ino})
}

// made makes a file known after f has made it.
func (n *node) made(ctx context.Context, name string, out *fuse.EntryOut, f func(d *vfs.Disk, name string) error) (*fs.Inode, syscall.Errno) {
	name = n.child(name)
	errno := n.do(func(d *vfs.Disk) error {
		if err := f(d, name); err != nil {
			return err
		}
		var err error
		d.Quietly(func() { err = look(d, name, &out.Attr) })
		return err
	})
	if errno != 0 {
		return nil, errno
	}
	return n.entry(ctx, out), 0
}

func (n *node) Lookup(ctx context.Context, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	name = n.child(name)
	if errno := n.do(func(d *vfs.Disk) error { return look(d, name, &out.Attr) }); errno != 0 {
		return nil, errno
	}
	return n.entry(ctx, out), 0
}

func (n *node) Mkdir(ctx context.Context, name string, mode uint32, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	return n.made(ctx, name, out, func(d *vfs.Disk, name string) error { return d.Mkdir(name, iofs.FileMode(mode&0o777)) })
}

func (n *node) Symlink(ctx context.Context, to, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	return n.made(ctx, name, out, func(d *vfs.Disk, name string) error { return d.SymlinkIfPossible(to, name) })
}

func (n *node) Link(ctx context.Context, old fs.InodeEmbedder, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	from := old.(*node).name()
	return n.made(ctx, name, out, func(d *vfs.Disk, name string) error { return d.Link(from, name) })
}

func (n *node) Readlink(context.Context) (to []byte, errno syscall.Errno) {
	name := n.name()
	errno = n.do(func(d *vfs.Disk) error {
		text, err := d.ReadlinkIfPossible(name)
		to = []byte(text)
		return err
	})
	return to, errno
}

func (n *node) Unlink(_ context.Context, name string) syscall.Errno {
	name = n.child(name)
	return n.do(func(d *vfs.Disk) error { return d.Unlink(name) })
}

func (n *node) Rmdir(_ context.Context, name string) syscall.Errno {
	name = n.child(name)
	return n.do(func(d *vfs.Disk) error { return d.Rmdir(name) })
}

func (n *node) Rename(_ context.Context, name string, to fs.InodeEmbedder, newName string, flags uint32) syscall.Errno {
	from, at := n.child(name), to.(*node).child(newName)
	return n.do(func(d *vfs.Disk) error { return d.RenameWith(from, at, vfs.RenameFlags(flags)) })
}

func (n *node) Readdir(context.Context) (fs.DirStream, syscall.Errno) {
	name := n.name()
	var all []fuse.DirEntry
	errno := n.do(func(d *vfs.Disk) error {
		dir, err := d.Open(name)
		if err != nil {
			return err
		}
		infos, err := dir.Readdir(-1)
		for _, info := range infos {
			var a fuse.Attr
			fill(&a, info)
			all = append(all, fuse.DirEntry{Name: info.Name(), Mode: a.Mode, Ino: a.Ino})
		}
		return errors.Join(err, dir.Close())
	})
	return fs.NewListDirStream(all), errno
}

func (n *node) Fsync(_ context.Context, f fs.FileHandle, flags uint32) syscall.Errno {
	if open, ok := f.(*file); ok {
		return open.sync(flags)
	}
	name := n.name()
	return n.do(func(d *vfs.Disk) error {
		dir, err := d.Open(name)
		if err != nil {
			return err
		}
		return errors.Join(dir.Sync(), dir.Close())
	})
}

// openFlags are those of open that concern the disk: appending, and syncing at each
// write, the kernel does by itself.
const openFlags = syscall.O_ACCMODE | os.O_CREATE | os.O_EXCL | os.O_TRUNC

// directly has reads and writes come here as they are.
const directly = fuse.FOPEN_DIRECT_IO

func (n *node) Open(_ context.Context, flags uint32) (fs.FileHandle, uint32, syscall.Errno) {
	name, open := n.name(), &file{node: n}
	errno := n.do(func(d *vfs.Disk) (err error) {
		open.file, err = d.OpenFile(name, int(flags)&openFlags&^(os.O_CREATE|os.O_EXCL), 0)
		return err
	})
	return open, directly, errno
}

func (n *node) Create(ctx context.Context, name string, flags, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	open := &file{node: n}
	inode, errno := n.made(ctx, name, out, func(d *vfs.Disk, name string) (err error) {
		open.file, err = d.OpenFile(name, int(flags)&openFlags|os.O_CREATE, iofs.FileMode(mode&0o777))
		return err
	})
	return inode, open, directly, errno
}

// file is an open file.
type file struct {
	node *node
	file afero.File
}

func (f *file) Read(_ context.Context, b []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	own := make([]byte, len(b)) // b is the caller's own again if the run ends meanwhile
	read := 0
	errno := f.node.do(func(*vfs.Disk) (err error) {
		read, err = f.file.ReadAt(own, off)
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return err
	})
	if errno != 0 {
		return nil, errno
	}
	return fuse.ReadResultData(own[:read]), 0
}

func (f *file) Write(_ context.Context, b []byte, off int64) (uint32, syscall.Errno) {
	written := 0
	errno := f.node.do(func(*vfs.Disk) (err error) {
		written, err = f.file.WriteAt(b, off)
		if written > 0 {
			err = nil // a short write; the next one is told
		}
		return err
	})
	return uint32(written), errno
}

const dataOnly = 1 // of fsync's flags

func (f *file) sync(flags uint32) syscall.Errno {
	return f.node.do(func(*vfs.Disk) error {
		if flags&dataOnly != 0 {
			return f.file.(vfs.DataSyncer).Datasync()
		}
		return f.file.Sync()
	})
}

func (f *file) Allocate(_ context.Context, off, size uint64, mode uint32) syscall.Errno {
	return f.node.do(func(*vfs.Disk) error {
		return f.file.(vfs.RangeAllocator).Fallocate(vfs.FallocateMode(mode), int64(off), int64(size))
	})
}

// Flush has nothing to do: nothing is kept back.
func (f *file) Flush(context.Context) syscall.Errno { return 0 }

// Release closes the file. The kernel tells that some time after the program closed it,
// so that it is no operation of the program's.
func (f *file) Release(context.Context) syscall.Errno {
	return f.node.do(func(d *vfs.Disk) (err error) {
		d.Quietly(func() { err = f.file.Close() })
		return err
	})
}
