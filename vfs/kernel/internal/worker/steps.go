//go:build linux

package worker

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Bystander is a file in the root that belongs to no workload: its fsync
// commits what the filesystem has in its journal, whoever did it. Trees leave
// it out.
const Bystander = ".bystander"

// runner makes the system calls of a workload below a directory.
type runner struct {
	dir     string
	handles map[string]int
	open    []int // descriptors
	touched int
	// mostBytes bounds one write, 0 for none.
	mostBytes int64
}

// call is one step of a workload, as words.
type call struct {
	step  string
	words []string
	dir   string // of the runner
}

// arg is a word of the step, "" if it has none there.
func (c call) arg(k int) string {
	if k < len(c.words) {
		return c.words[k]
	}
	return ""
}

func (c call) path(k int) string { return filepath.Join(c.dir, c.arg(k)) }

func (c call) number(k int) int64 {
	n, err := strconv.ParseInt(c.arg(k), 10, 64)
	if err != nil {
		panic(fmt.Sprintf("worker: step %q: %v", c.step, err))
	}
	return n
}

// step runs one step of the language of vfs/testdata/kernel/README.md, or what
// the kernel may do by itself at any time:
//
//	syncfs                  all of the filesystem, as a flusher and a commit do
//	commit                  the journal, without data that waits for its blocks
//	transaction             the same; btrfs has a log for fsync, and this goes past it, as the
//	                        commit that its kernel thread makes every half minute
//	writeback H OFFSET N    some pages, as a flusher does, without a flush
//	startwriteback H OFFSET N   the same, and waits for none of them
//	pagewise                from here on a write is one system call for each page: what
//	                        the kernel does with it when it has no larger folios
//	evict H                 drops the clean pages of a file
//	readdir PATH, stat PATH
func (r *runner) step(step string) error {
	c := call{step: step, words: strings.Fields(step), dir: r.dir}
	if len(c.words) == 0 {
		return unix.EINVAL
	}
	if do := pathCalls[c.words[0]]; do != nil {
		return do(r, c)
	}
	fd, open := r.handles[c.arg(1)]
	if !open {
		return unix.EBADF
	}
	if do := fileCalls[c.words[0]]; do != nil {
		return do(r, fd, c)
	}
	panic(fmt.Sprintf("worker: unknown step %q", step))
}

// pathCalls are the steps that name paths, or nothing.
var pathCalls = map[string]func(r *runner, c call) error{
	"create":       opens(unix.O_RDWR | unix.O_CREAT | unix.O_TRUNC),
	"open":         opens(unix.O_RDWR),
	"opentruncate": opens(unix.O_RDWR | unix.O_TRUNC),
	"opensync":     opens(unix.O_RDWR | unix.O_SYNC),
	"opendsync":    opens(unix.O_RDWR | unix.O_DSYNC),
	"rename":       func(_ *runner, c call) error { return unix.Rename(c.path(1), c.path(2)) },
	"exchange": func(_ *runner, c call) error {
		return unix.Renameat2(unix.AT_FDCWD, c.path(1), unix.AT_FDCWD, c.path(2), unix.RENAME_EXCHANGE)
	},
	"symlink":     func(_ *runner, c call) error { return unix.Symlink(c.arg(1), c.path(2)) },
	"tmpfile":     func(r *runner, c call) error { return r.openFile(c.words[1], r.dir, unix.O_RDWR|unix.O_TMPFILE) },
	"link":        func(_ *runner, c call) error { return unix.Link(c.path(1), c.path(2)) },
	"unlink":      func(_ *runner, c call) error { return unix.Unlink(c.path(1)) },
	"mkdir":       func(_ *runner, c call) error { return unix.Mkdir(c.path(1), 0o755) },
	"rmdir":       func(_ *runner, c call) error { return unix.Rmdir(c.path(1)) },
	"fsyncdir":    func(_ *runner, c call) error { return fsyncPath(c.path(1), unix.O_RDONLY|unix.O_DIRECTORY, unix.Fsync) },
	"setxattr":    func(_ *runner, c call) error { return unix.Setxattr(c.path(1), c.arg(2), []byte(c.arg(3)), 0) },
	"removexattr": func(_ *runner, c call) error { return unix.Removexattr(c.path(1), c.arg(2)) },
	"syncfs":      func(r *runner, _ call) error { return fsyncPath(r.dir, unix.O_RDONLY|unix.O_DIRECTORY, unix.Syncfs) },
	"commit":      func(r *runner, _ call) error { return r.commit() },
	"transaction": func(r *runner, _ call) error { return r.transaction() },
	"pagewise":    func(r *runner, _ call) error { r.mostBytes = pageBytes; return nil },
	"readdir": func(_ *runner, c call) error {
		_, err := readDir(c.path(1))
		return err
	},
	"stat": func(_ *runner, c call) error {
		var st unix.Stat_t
		return unix.Lstat(c.path(1), &st)
	},
}

// fileCalls are the steps on a file that is open.
var fileCalls = map[string]func(r *runner, fd int, c call) error{
	"append": func(r *runner, fd int, c call) error {
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			return err
		}
		return r.write(fd, st.Size, c.words[2][0], c.number(3))
	},
	"pwrite":    func(r *runner, fd int, c call) error { return r.write(fd, c.number(2), c.words[3][0], c.number(4)) },
	"ftruncate": func(_ *runner, fd int, c call) error { return unix.Ftruncate(fd, c.number(2)) },
	"fallocate": func(_ *runner, fd int, c call) error { return unix.Fallocate(fd, 0, 0, c.number(2)) },
	"reserve":   allocates(unix.FALLOC_FL_KEEP_SIZE),
	"punch":     allocates(unix.FALLOC_FL_PUNCH_HOLE | unix.FALLOC_FL_KEEP_SIZE),
	"zero":      allocates(unix.FALLOC_FL_ZERO_RANGE),
	"linkto": func(_ *runner, fd int, c call) error {
		return unix.Linkat(unix.AT_FDCWD, fmt.Sprintf("/proc/self/fd/%d", fd), unix.AT_FDCWD, c.path(2), unix.AT_SYMLINK_FOLLOW)
	},
	"fsync":     func(_ *runner, fd int, _ call) error { return unix.Fsync(fd) },
	"fdatasync": func(_ *runner, fd int, _ call) error { return unix.Fdatasync(fd) },
	"close":     func(r *runner, fd int, c call) error { return r.closeFile(c.words[1], fd) },
	"writeback": func(_ *runner, fd int, c call) error {
		return unix.SyncFileRange(fd, c.number(2), c.number(3), unix.SYNC_FILE_RANGE_WAIT_BEFORE|unix.SYNC_FILE_RANGE_WRITE|unix.SYNC_FILE_RANGE_WAIT_AFTER)
	},
	"startwriteback": func(_ *runner, fd int, c call) error {
		return unix.SyncFileRange(fd, c.number(2), c.number(3), unix.SYNC_FILE_RANGE_WRITE)
	},
	"evict": func(_ *runner, fd int, _ call) error { return unix.Fadvise(fd, 0, 0, unix.FADV_DONTNEED) },
}

func allocates(mode uint32) func(r *runner, fd int, c call) error {
	return func(_ *runner, fd int, c call) error { return unix.Fallocate(fd, mode, c.number(2), c.number(3)) }
}

func opens(flags int) func(*runner, call) error {
	return func(r *runner, c call) error { return r.openFile(c.words[1], c.path(2), flags) }
}

func (r *runner) openFile(handle, path string, flags int) error {
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0o644)
	if err == nil {
		r.handles[handle] = fd
		r.open = append(r.open, fd)
	}
	return err
}

func (r *runner) closeFile(handle string, fd int) error {
	delete(r.handles, handle)
	r.open = slices.DeleteFunc(r.open, func(o int) bool { return o == fd })
	return unix.Close(fd)
}

// closeAll closes what is open, in any order: nothing is recorded any more.
func (r *runner) closeAll() {
	for _, fd := range r.open {
		unix.Close(fd)
	}
	r.open, r.mostBytes = nil, 0
	clear(r.handles)
}

// commit changes the bystander, so that there is something to commit, and
// fsyncs it.
func (r *runner) commit() error {
	fd, err := unix.Open(filepath.Join(r.dir, Bystander), unix.O_RDWR|unix.O_CREAT|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	r.touched++
	if err := unix.Fchmod(fd, 0o600|uint32(r.touched%2)*0o100); err != nil {
		return err
	}
	return unix.Fsync(fd)
}

// transaction has btrfs commit without an fsync: all other filesystems know no such
// request.
func (r *runner) transaction() error {
	fd, err := unix.Open(r.dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	const startSync, waitSync = 0x80089418, 0x40089416 // BTRFS_IOC_START_SYNC, BTRFS_IOC_WAIT_SYNC
	var id uint64
	for _, request := range []uintptr{startSync, waitSync} {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(unsafe.Pointer(&id)))
		switch {
		case errno == unix.ENOTTY || errno == unix.EOPNOTSUPP:
			return r.commit()
		case errno != 0:
			return errno
		}
	}
	return nil
}

const pageBytes = 4096

// write writes so many bytes. Each call ends where a page does, if it is bounded:
// but for a file of which each call is durable.
func (r *runner) write(fd int, off int64, fill byte, n int64) error {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	if err != nil {
		return err
	}
	b := bytes.Repeat([]byte{fill}, int(n))
	for len(b) > 0 {
		part := b
		if r.mostBytes > 0 && flags&unix.O_DSYNC == 0 {
			part = b[:min(int64(len(b)), r.mostBytes-off%r.mostBytes)]
		}
		k, err := unix.Pwrite(fd, part, off)
		if err != nil {
			return err
		}
		b, off = b[k:], off+int64(k)
	}
	return nil
}

func fsyncPath(path string, flags int, sync func(int) error) error {
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return sync(fd)
}
