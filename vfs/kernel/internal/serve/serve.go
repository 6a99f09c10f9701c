//go:build linux

// Package serve shows a block.Device to the kernel as the one file of a FUSE
// filesystem, over which a loop device can be set up: its writes, its flushes
// (FUSE_FSYNC) and its discards (FUSE_FALLOCATE) arrive at the device.
package serve

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"os"
	"syscall"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
	"golang.org/x/sys/unix"

	"powercut/vfs/kernel/internal/block"
)

// MaxRequestBytes bounds one read or write.
const MaxRequestBytes = 1 << 20

// FileName is the name below the mount point of a worker's device. It has the
// worker's process in it: that is how one sees whose a loop device is, whatever
// else on the machine has loop devices.
func FileName(worker int) string { return fmt.Sprintf("device-%d", worker) }

// Serve answers the kernel on the descriptor of /dev/fuse, which it closes, and
// shows the device as the file of that name,
// until the filesystem is unmounted; wait waits for that. It must be mounted
// already.
func Serve(fd int, name string, d *block.Device) (wait func(), err error) {
	forever := 24 * time.Hour
	server, err := fs.Mount(fmt.Sprintf("/dev/fd/%d", fd), &root{name: name, device: d}, &fs.Options{
		MountOptions: fuse.MountOptions{
			MaxWrite:      MaxRequestBytes,
			DisableXAttrs: true,
			DisableSplice: true,
			// Else the loop device would have one request at a time, and no
			// write could overtake another.
			ExtraCapabilities: fuse.CAP_ASYNC_DIO,
			Logger:            log.New(quiet{}, "fuse: ", 0),
			// A panic is the harness's own bug. Everything of the kernel's goes
			// away with this process.
			PanicHandler: func(v any) fuse.Status { go panic(v); select {} },
		},
		EntryTimeout: &forever,
		AttrTimeout:  &forever,
	})
	if err != nil {
		return nil, fmt.Errorf("serving /dev/fuse: %w", err)
	}
	return server.Wait, nil
}

// quiet passes on what the library says, but for the end of the connection:
// whoever waits for an answer learns of that.
type quiet struct{}

func (quiet) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte("read from fuse conn")) {
		return len(b), nil
	}
	return os.Stderr.Write(b)
}

type root struct {
	fs.Inode
	name   string
	device *block.Device
}

var _ fs.NodeOnAdder = (*root)(nil)

func (r *root) OnAdd(ctx context.Context) {
	file := r.NewPersistentInode(ctx, &node{device: r.device}, fs.StableAttr{Mode: syscall.S_IFREG, Ino: 2})
	r.AddChild(r.name, file, false)
}

type node struct {
	fs.Inode
	device *block.Device
}

var (
	_ fs.NodeGetattrer = (*node)(nil)
	_ fs.NodeOpener    = (*node)(nil)
	_ fs.NodeReader    = (*node)(nil)
	_ fs.NodeWriter    = (*node)(nil)
	_ fs.NodeFsyncer   = (*node)(nil)
	_ fs.NodeAllocater = (*node)(nil)
)

func (n *node) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	out.Mode, out.Size, out.Blksize = syscall.S_IFREG|0o600, uint64(n.device.Size()), 4096
	out.Blocks = out.Size / block.SectorBytes
	return 0
}

// Open has no page cache above the device: what is written arrives, in order.
func (n *node) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return nil, fuse.FOPEN_DIRECT_IO, 0
}

func (n *node) Read(_ context.Context, _ fs.FileHandle, b []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	n.device.ReadAt(b, off)
	return fuse.ReadResultData(b), 0
}

func (n *node) Write(_ context.Context, _ fs.FileHandle, b []byte, off int64) (uint32, syscall.Errno) {
	if errno := n.device.Do(block.Entry{Kind: block.Write, Off: off, Len: int64(len(b)), Data: b}); errno != 0 {
		return 0, errno
	}
	return uint32(len(b)), 0
}

func (n *node) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	return n.device.Do(block.Entry{Kind: block.Flush})
}

// Allocate is how a loop device discards.
func (n *node) Allocate(_ context.Context, _ fs.FileHandle, off, size uint64, mode uint32) syscall.Errno {
	if mode&(unix.FALLOC_FL_PUNCH_HOLE|unix.FALLOC_FL_ZERO_RANGE) == 0 {
		return syscall.EOPNOTSUPP
	}
	return n.device.Do(block.Entry{Kind: block.Discard, Off: int64(off), Len: int64(size)})
}
