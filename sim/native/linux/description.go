//go:build linux && amd64

package linux

import (
	"io/fs"
	"sync"
	"syscall"

	"github.com/spf13/afero"

	"powercut/vfs"
)

// description is an open file.
type description struct {
	m     *mount
	file  afero.File // nil: /dev/urandom
	ino   uint64
	dir   bool
	users int // descriptors and mappings, under Process.mu

	mu    sync.Mutex
	flags int
	// listing is what a directory being read had when it was read from its
	// beginning, and next the entry that comes next.
	listing []fs.FileInfo
	listed  bool
	next    int
	// pending is the error of a call that moved some bytes: the next call that goes on
	// where it ended is told.
	pending   syscall.Errno
	pendingAt int64
}

// isDevice says whether it is /dev/urandom, which is no file of a disk.
func (d *description) isDevice() bool { return d.file == nil }

// flag says whether a flag of open is set.
func (d *description) flag(flag int) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.flags&flag != 0
}

// mapped is the file as mappings use it.
func (d *description) mapped() vfs.Mappable { return d.file.(vfs.Mappable) }

// owe remembers an error that the caller is not told now, because some bytes were
// moved: the kernel would meet it again at the next try.
func (d *description) owe(errno syscall.Errno, at int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pending, d.pendingAt = errno, at
}

// owed is what a call that begins at an offset is told, 0 for nothing.
func (d *description) owed(at int64) syscall.Errno {
	d.mu.Lock()
	defer d.mu.Unlock()
	errno := d.pending
	d.pending = 0
	if errno != 0 && d.pendingAt == at {
		return errno
	}
	return 0
}
