//go:build linux

package worker

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"

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
}

// step runs one step of the language of vfs/testdata/kernel/README.md, or what
// the kernel may do by itself at any time:
//
//	syncfs                  all of the filesystem, as a flusher and a commit do
//	commit                  the journal, without data that waits for its blocks
//	writeback H OFFSET N    some pages, as a flusher does, without a flush
//	evict H                 drops the clean pages of a file
//	readdir PATH, stat PATH
func (r *runner) step(step string) error {
	w := strings.Fields(step)
	if len(w) == 0 {
		return unix.EINVAL
	}
	arg := func(k int) string {
		if k < len(w) {
			return w[k]
		}
		return ""
	}
	num := func(k int) int64 {
		n, err := strconv.ParseInt(arg(k), 10, 64)
		if err != nil {
			panic(fmt.Sprintf("worker: step %q: %v", step, err))
		}
		return n
	}
	path := func(k int) string { return filepath.Join(r.dir, arg(k)) }
	fd, open := r.handles[arg(1)]
	switch w[0] {
	case "create":
		return r.openFile(w[1], path(2), unix.O_RDWR|unix.O_CREAT|unix.O_TRUNC)
	case "open":
		return r.openFile(w[1], path(2), unix.O_RDWR)
	case "opentruncate":
		return r.openFile(w[1], path(2), unix.O_RDWR|unix.O_TRUNC)
	case "opensync":
		return r.openFile(w[1], path(2), unix.O_RDWR|unix.O_SYNC)
	case "opendsync":
		return r.openFile(w[1], path(2), unix.O_RDWR|unix.O_DSYNC)
	case "rename":
		return unix.Rename(path(1), path(2))
	case "link":
		return unix.Link(path(1), path(2))
	case "unlink":
		return unix.Unlink(path(1))
	case "mkdir":
		return unix.Mkdir(path(1), 0o755)
	case "rmdir":
		return unix.Rmdir(path(1))
	case "fsyncdir":
		return fsyncDir(path(1))
	case "readdir":
		_, err := readDir(path(1))
		return err
	case "stat":
		var st unix.Stat_t
		return unix.Lstat(path(1), &st)
	case "syncfs":
		return fsyncPath(r.dir, unix.O_RDONLY|unix.O_DIRECTORY, unix.Syncfs)
	case "commit":
		return r.commit()
	}
	if !open {
		return unix.EBADF
	}
	switch w[0] {
	case "append":
		var st unix.Stat_t
		if err := unix.Fstat(fd, &st); err != nil {
			return err
		}
		return write(fd, st.Size, w[2][0], num(3))
	case "pwrite":
		return write(fd, num(2), w[3][0], num(4))
	case "ftruncate":
		return unix.Ftruncate(fd, num(2))
	case "fallocate":
		return unix.Fallocate(fd, 0, 0, num(2))
	case "fsync":
		return unix.Fsync(fd)
	case "fdatasync":
		return unix.Fdatasync(fd)
	case "close":
		delete(r.handles, w[1])
		r.open = slices.DeleteFunc(r.open, func(o int) bool { return o == fd })
		return unix.Close(fd)
	case "writeback":
		return unix.SyncFileRange(fd, num(2), num(3), unix.SYNC_FILE_RANGE_WAIT_BEFORE|unix.SYNC_FILE_RANGE_WRITE|unix.SYNC_FILE_RANGE_WAIT_AFTER)
	case "evict":
		return unix.Fadvise(fd, 0, 0, unix.FADV_DONTNEED)
	}
	panic(fmt.Sprintf("worker: unknown step %q", step))
}

func (r *runner) openFile(handle, path string, flags int) error {
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0o644)
	if err == nil {
		r.handles[handle] = fd
		r.open = append(r.open, fd)
	}
	return err
}

// closeAll closes what is open, in any order: nothing is recorded any more.
func (r *runner) closeAll() {
	for _, fd := range r.open {
		unix.Close(fd)
	}
	r.open = nil
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

func write(fd int, off int64, fill byte, n int64) error {
	b := bytes.Repeat([]byte{fill}, int(n))
	for len(b) > 0 {
		k, err := unix.Pwrite(fd, b, off)
		if err != nil {
			return err
		}
		b, off = b[k:], off+int64(k)
	}
	return nil
}

func fsyncDir(path string) error {
	return fsyncPath(path, unix.O_RDONLY|unix.O_DIRECTORY, unix.Fsync)
}

func fsyncPath(path string, flags int, sync func(int) error) error {
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return sync(fd)
}

// readFile reads a file by its handle, from the start.
func (r *runner) readFile(handle string) ([]byte, error) {
	fd, ok := r.handles[handle]
	if !ok {
		return nil, unix.EBADF
	}
	return readAll(fd)
}

func readAll(fd int) ([]byte, error) {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return nil, err
	}
	if st.Size > mostTreeBytes {
		return nil, unix.EFBIG
	}
	b := make([]byte, st.Size)
	for at := 0; at < len(b); {
		n, err := unix.Pread(fd, b[at:], int64(at))
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return b[:at], nil
		}
		at += n
	}
	return b, nil
}

// tree reads all that is below the directory but the filesystem's own and the
// bystander: contents by path, directories with a slash at the end.
func (r *runner) tree() (map[string][]byte, string, error) {
	t := map[string][]byte{}
	what, err := readTree(r.dir, "", t)
	return t, what, err
}

func readTree(dir, prefix string, t map[string][]byte) (string, error) {
	names, err := readDir(dir)
	if err != nil {
		return "readdir " + prefix, err
	}
	for _, name := range names {
		if prefix == "" && (name == Bystander || name == "lost+found") {
			continue
		}
		path, key := filepath.Join(dir, name), prefix+name
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			return "lstat " + key, err
		}
		if st.Mode&unix.S_IFMT == unix.S_IFDIR {
			t[key+"/"] = nil
			if what, err := readTree(path, key+"/", t); err != nil {
				return what, err
			}
			continue
		}
		fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			return "open " + key, err
		}
		t[key], err = readAll(fd)
		unix.Close(fd)
		if err != nil {
			return "read " + key, err
		}
	}
	return "", nil
}

func readDir(dir string) ([]string, error) {
	fd, err := unix.Open(dir, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	var names []string
	buf := make([]byte, 32<<10)
	for {
		n, err := unix.Getdents(fd, buf)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			return names, nil
		}
		_, _, names = syscall.ParseDirent(buf[:n], -1, names)
	}
}
