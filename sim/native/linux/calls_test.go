//go:build linux && amd64

package linux_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"powercut/sim/native/linux"
	"powercut/vfs"
)

// script makes calls of one process, and holds each to what it returns.
type script struct {
	t    *testing.T
	p    simulated
	made map[string]bool
}

func newScript(t *testing.T, d *vfs.Disk) *script {
	p := simulated{system.NewProcess("disk", d)}
	t.Cleanup(p.End)
	return &script{t: t, p: p, made: map[string]bool{}}
}

// call makes a call and compares what it returns: a number, or an errno.
func (s *script) call(name string, nr uintptr, want any, args ...any) uintptr {
	s.t.Helper()
	s.made[name] = true
	r, errno := s.p.call(nr, args...)
	switch want := want.(type) {
	case syscall.Errno:
		if errno != want {
			s.t.Errorf("%s: got %d, %q, want %q", name, int64(r), text(errno), text(want))
		}
	case int:
		if errno != 0 || r != uintptr(want) {
			s.t.Errorf("%s: got %d, %q, want %d", name, int64(r), text(errno), want)
		}
	case nil:
		if errno != 0 {
			s.t.Errorf("%s: %q", name, text(errno))
		}
	}
	return r
}

const root = linux.Top + "/disk/"

// TestEveryCall makes every call that the table has once or more, and holds it to what
// the table says. Those that matter most are compared with the kernel's in
// TestAsTheKernel besides.
func TestEveryCall(t *testing.T) {
	s := newScript(t, vfs.New(vfs.Options{CapacityBytes: 1 << 20}))
	s.makeNames()
	s.makeContent()
	s.makeMappings()
	s.makeOthers()
	s.makeXattrs()
	for _, c := range linux.Calls() {
		if !s.made[c.Name] {
			t.Errorf("no test makes the call %s", c.Name)
		}
	}
}

func (s *script) makeNames() {
	at := cwd
	f := s.call("openat", syscall.SYS_OPENAT, linux.FirstDescriptor, at, root+"f", os.O_RDWR|os.O_CREATE, 0o666)
	s.call("open", syscall.SYS_OPEN, linux.FirstDescriptor+1, root+"f", os.O_RDONLY, 0)
	s.call("creat", syscall.SYS_CREAT, linux.FirstDescriptor+2, root+"g", 0o600)
	how := struct{ flags, mode, resolve uint64 }{}
	s.call("openat2", 437, linux.FirstDescriptor+3, at, root+"f", unsafe.Pointer(&how), 24)
	how.resolve = 1
	s.call("openat2", 437, syscall.ENOSYS, at, root+"f", unsafe.Pointer(&how), 24)
	for fd := range 3 {
		s.call("close", syscall.SYS_CLOSE, 0, linux.FirstDescriptor+1+fd)
	}
	s.call("close", syscall.SYS_CLOSE, syscall.EBADF, linux.FirstDescriptor+1)
	s.call("mkdir", syscall.SYS_MKDIR, 0, root+"d", 0o777)
	dir := s.call("openat", syscall.SYS_OPENAT, nil, at, root+"d", syscall.O_DIRECTORY, 0)
	s.call("mkdirat", syscall.SYS_MKDIRAT, 0, dir, "e", 0o755)
	s.call("mknod", syscall.SYS_MKNOD, 0, root+"n", syscall.S_IFREG|0o644, 0)
	s.call("mknodat", syscall.SYS_MKNODAT, syscall.EPERM, dir, "fifo", syscall.S_IFIFO|0o644, 0)
	s.call("rename", syscall.SYS_RENAME, 0, root+"n", root+"m")
	s.call("renameat", syscall.SYS_RENAMEAT, 0, at, root+"m", dir, "m")
	s.call("renameat2", 316, syscall.EEXIST, dir, "m", at, root+"f", 1)
	s.call("link", syscall.SYS_LINK, 0, root+"f", root+"f2")
	s.call("linkat", syscall.SYS_LINKAT, 0, at, root+"f", dir, "f3", 0)
	s.call("symlink", syscall.SYS_SYMLINK, 0, "d/e", root+"l")
	s.call("symlinkat", syscall.SYS_SYMLINKAT, 0, root+"d", dir, "up")
	buf := make([]byte, 100)
	s.call("readlink", syscall.SYS_READLINK, 3, root+"l", buf, 100)
	s.call("readlinkat", syscall.SYS_READLINKAT, 3, at, root+"l", buf, 100)
	var st, through syscall.Stat_t
	s.call("stat", syscall.SYS_STAT, 0, root+"d/up/e", unsafe.Pointer(&st))
	s.call("lstat", syscall.SYS_LSTAT, 0, root+"l", unsafe.Pointer(&through))
	if st.Mode != syscall.S_IFDIR|0o755 || through.Mode&syscall.S_IFMT != syscall.S_IFLNK {
		s.t.Errorf("modes %o and %o", st.Mode, through.Mode)
	}
	s.call("fstat", syscall.SYS_FSTAT, 0, f, unsafe.Pointer(&st))
	s.call("newfstatat", syscall.SYS_NEWFSTATAT, 0, f, "", unsafe.Pointer(&through), 0x1000)
	if st != through || st.Nlink != 3 || st.Mode != syscall.S_IFREG|0o644 {
		s.t.Errorf("stat of the descriptor %+v and by it %+v", st, through)
	}
	x := make([]byte, 256)
	s.call("statx", 332, 0, at, root+"f", 0, 0x7ff, x)
	if links := x[16]; links != 3 {
		s.t.Errorf("statx has %d links", links)
	}
	s.call("stat", syscall.SYS_STAT, 0, linux.Top, unsafe.Pointer(&st))
	s.call("access", syscall.SYS_ACCESS, syscall.EACCES, root+"f", 1)
	s.call("faccessat", syscall.SYS_FACCESSAT, 0, at, root+"d", 7)
	s.call("faccessat2", 439, syscall.ENOENT, at, root+"none", 0, 0)
	s.call("getdents64", syscall.SYS_GETDENTS64, 24*2+24*4, dir, make([]byte, 1000), 1000)
	s.call("unlink", syscall.SYS_UNLINK, syscall.EISDIR, root+"d")
	s.call("unlinkat", syscall.SYS_UNLINKAT, 0, dir, "f3", 0)
	s.call("rmdir", syscall.SYS_RMDIR, syscall.ENOTEMPTY, root+"d")
	s.call("chmod", syscall.SYS_CHMOD, 0, root+"f", 0o4755)
	s.call("fchmod", syscall.SYS_FCHMOD, 0, f, 0o4755)
	s.call("fchmodat", syscall.SYS_FCHMODAT, 0, at, root+"f", 0o4755)
	s.call("fchmodat2", 452, syscall.EOPNOTSUPP, at, root+"l", 0o755, 0x100)
	s.call("lchown", syscall.SYS_LCHOWN, 0, root+"l", 0, 0)
	s.call("fchown", syscall.SYS_FCHOWN, 0, f, 0, 0)
	s.call("fchownat", syscall.SYS_FCHOWNAT, 0, at, root+"f", 0, 0, 0)
	s.call("chown", syscall.SYS_CHOWN, 0, root+"f", 0, 0)
	times := syscall.Utimbuf{Modtime: 5}
	s.call("utime", syscall.SYS_UTIME, 0, root+"f", unsafe.Pointer(&times))
	s.call("fstat", syscall.SYS_FSTAT, 0, f, unsafe.Pointer(&st))
	if st.Mode != syscall.S_IFREG|0o755 || st.Mtim.Sec != 5 {
		s.t.Errorf("mode %o, time %d", st.Mode, st.Mtim.Sec)
	}
	two := [2]syscall.Timeval{{Sec: 6}, {Sec: 6}}
	s.call("utimes", syscall.SYS_UTIMES, 0, root+"f", unsafe.Pointer(&two))
	s.call("futimesat", syscall.SYS_FUTIMESAT, 0, dir, "m", unsafe.Pointer(&two))
	s.call("utimensat", syscall.SYS_UTIMENSAT, 0, f, unsafe.Pointer(nil), unsafe.Pointer(&[2]syscall.Timespec{{Sec: 7}, {Sec: 7}}), 0)
	s.call("chdir", syscall.SYS_CHDIR, 0, root+"d")
	s.call("open", syscall.SYS_OPEN, nil, "m", os.O_RDONLY, 0)
	s.call("getcwd", syscall.SYS_GETCWD, len(root+"d")+1, make([]byte, 100), 100)
	s.call("fchdir", syscall.SYS_FCHDIR, 0, dir)
	s.call("chdir", syscall.SYS_CHDIR, linux.NotMine, "/tmp")
	s.p.LeaveDirectory()
	s.call("open", syscall.SYS_OPEN, linux.NotMine, "m", os.O_RDONLY, 0)
}

func (s *script) makeContent() {
	f := s.call("open", syscall.SYS_OPEN, nil, root+"f", os.O_RDWR, 0)
	text := []byte("some content")
	s.call("write", syscall.SYS_WRITE, 12, f, text, 12)
	s.call("pwrite64", syscall.SYS_PWRITE64, 12, f, text, 12, 12)
	v := vectors(text)
	s.call("writev", syscall.SYS_WRITEV, 12, f, unsafe.Pointer(&v[0]), len(v))
	s.call("pwritev", syscall.SYS_PWRITEV, 12, f, unsafe.Pointer(&v[0]), len(v), 24, 0)
	s.call("pwritev2", 328, 12, f, unsafe.Pointer(&v[0]), len(v), 36, 0, 0)
	s.call("pwritev2", 328, syscall.EOPNOTSUPP, f, unsafe.Pointer(&v[0]), len(v), 36, 0, 2)
	s.call("lseek", syscall.SYS_LSEEK, 0, f, 0, 0)
	buf := make([]byte, 12)
	v = vectors(buf)
	s.call("read", syscall.SYS_READ, 12, f, buf, 12)
	s.call("pread64", syscall.SYS_PREAD64, 4, f, buf, 12, 44)
	s.call("readv", syscall.SYS_READV, 12, f, unsafe.Pointer(&v[0]), len(v))
	s.call("preadv", syscall.SYS_PREADV, 12, f, unsafe.Pointer(&v[0]), len(v), 0, 0)
	s.call("preadv2", 327, 12, f, unsafe.Pointer(&v[0]), len(v), 0, 0, 0)
	if string(buf) != string(text) {
		s.t.Errorf("read %q", buf)
	}
	s.call("fsync", syscall.SYS_FSYNC, 0, f)
	s.call("fdatasync", syscall.SYS_FDATASYNC, 0, f)
	s.call("syncfs", 306, 0, f)
	s.call("sync", syscall.SYS_SYNC, 0)
	s.call("sync_file_range", syscall.SYS_SYNC_FILE_RANGE, 0, f, 0, 4096, 7)
	s.call("sync_file_range", syscall.SYS_SYNC_FILE_RANGE, syscall.EINVAL, f, 0, 4096, 8)
	s.call("truncate", syscall.SYS_TRUNCATE, 0, root+"f", 5000)
	s.call("ftruncate", syscall.SYS_FTRUNCATE, 0, f, 9000)
	s.call("fallocate", syscall.SYS_FALLOCATE, syscall.ENOSPC, f, 0, 0, 2<<20)
	var fs syscall.Statfs_t
	s.call("statfs", syscall.SYS_STATFS, 0, root+"f", unsafe.Pointer(&fs))
	s.call("fstatfs", syscall.SYS_FSTATFS, 0, f, unsafe.Pointer(&fs))
	if fs.Blocks != 256 || fs.Bfree != 255 {
		s.t.Errorf("%d blocks, %d free, want 256 and 255", fs.Blocks, fs.Bfree)
	}
	s.call("dup", syscall.SYS_DUP, nil, f)
	s.call("dup2", syscall.SYS_DUP2, linux.FirstDescriptor+100, f, linux.FirstDescriptor+100)
	s.call("dup3", syscall.SYS_DUP3, linux.FirstDescriptor+101, f, linux.FirstDescriptor+101, syscall.O_CLOEXEC)
	s.call("fcntl", syscall.SYS_FCNTL, syscall.FD_CLOEXEC, linux.FirstDescriptor+101, syscall.F_GETFD, 0)
	s.call("flock", syscall.SYS_FLOCK, 0, f, syscall.LOCK_EX)
	s.call("fadvise64", syscall.SYS_FADVISE64, 0, f, 0, 0, 4)
	s.call("readahead", syscall.SYS_READAHEAD, 0, f, 0, 100)
	s.call("sendfile", syscall.SYS_SENDFILE, syscall.EINVAL, 1, f, unsafe.Pointer(nil), 10)
	s.call("copy_file_range", 326, syscall.EXDEV, 1, unsafe.Pointer(nil), f, unsafe.Pointer(nil), 10, 0)
	s.call("splice", syscall.SYS_SPLICE, syscall.EINVAL, f, unsafe.Pointer(nil), f, unsafe.Pointer(nil), 10, 0)
	s.call("ioctl", syscall.SYS_IOCTL, syscall.EOPNOTSUPP, f, 0x4004_9409, 1)
	s.call("epoll_ctl", syscall.SYS_EPOLL_CTL, syscall.EPERM, f, 1, f)
	asked := []pollEntry{{fd: int32(f), events: 5}}
	s.call("poll", syscall.SYS_POLL, 1, unsafe.Pointer(&asked[0]), 1, -1)
	s.call("ppoll", 271, 1, unsafe.Pointer(&asked[0]), 1, unsafe.Pointer(nil))
}

// pollEntry is struct pollfd.
type pollEntry struct {
	fd              int32
	events, revents int16
}

// What poll says of simulated files is what the kernel says of a file; and of the
// kernel's own, beside them, what it says of those.
func TestPoll(t *testing.T) {
	s := newScript(t, vfs.New(vfs.Options{}))
	f := s.call("open", syscall.SYS_OPEN, nil, root+"f", os.O_RDWR|os.O_CREATE, 0o644)
	real, err := os.Create(t.TempDir() + "/f")
	if err != nil {
		t.Fatal(err)
	}
	defer real.Close()
	var pipe [2]int
	if err := syscall.Pipe(pipe[:]); err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = syscall.Close(pipe[0]), syscall.Close(pipe[1]) }()
	const read, write, urgent = 1, 4, 2
	for _, events := range []int16{0, read, write, read | write | urgent, urgent, 0x7fff} {
		entries := func(file uintptr, none int32) []pollEntry {
			return []pollEntry{{int32(file), events, 0}, {-1, events, 7}, {none, events, 0}, {int32(pipe[0]), events, 0}, {int32(pipe[1]), events, 0}}
		}
		got, want := entries(f, linux.FirstDescriptor+77), entries(real.Fd(), linux.FirstDescriptor+77)
		for name, nr := range map[string]uintptr{"poll": syscall.SYS_POLL, "ppoll": 271} {
			timeout := any(0)
			if name == "ppoll" {
				timeout = unsafe.Pointer(&syscall.Timespec{})
			}
			n, errno := kernel{}.call(nr, unsafe.Pointer(&want[0]), len(want), timeout)
			if errno != 0 {
				t.Fatal(errno)
			}
			s.call(name, nr, int(n), unsafe.Pointer(&got[0]), len(got), timeout)
			for i := range got {
				if got[i].revents != want[i].revents {
					t.Errorf("%s of events %#x: entry %d has %#x, want %#x", name, events, i, got[i].revents, want[i].revents)
				}
			}
		}
	}
	nothing := []pollEntry{{fd: int32(f)}}
	s.call("poll", syscall.SYS_POLL, 0, unsafe.Pointer(&nothing[0]), 1, 1000)
	s.call("ppoll", 271, 0, unsafe.Pointer(&nothing[0]), 1, unsafe.Pointer(&syscall.Timespec{Sec: 1}))
	s.call("ppoll", 271, syscall.EINVAL, unsafe.Pointer(&nothing[0]), 1, unsafe.Pointer(&syscall.Timespec{Nsec: -1}))
}

func (s *script) makeMappings() {
	f := s.call("open", syscall.SYS_OPEN, nil, root+"map", os.O_RDWR|os.O_CREATE, 0o644)
	s.call("ftruncate", syscall.SYS_FTRUNCATE, 0, f, 2*pageBytes)
	at := s.call("mmap", syscall.SYS_MMAP, nil, 0, 2*pageBytes, syscall.PROT_READ, syscall.MAP_SHARED, f, 0)
	s.call("mprotect", syscall.SYS_MPROTECT, 0, at, 2*pageBytes, syscall.PROT_READ|syscall.PROT_WRITE)
	region{at, pageBytes}.bytes(1)[0] = 'x'
	s.call("madvise", syscall.SYS_MADVISE, 0, at, 2*pageBytes, syscall.MADV_RANDOM)
	s.call("mlock", syscall.SYS_MLOCK, 0, at, pageBytes)
	s.call("munlock", syscall.SYS_MUNLOCK, 0, at, pageBytes)
	in := make([]byte, 2)
	s.call("mincore", syscall.SYS_MINCORE, 0, at, 2*pageBytes, in)
	s.call("msync", syscall.SYS_MSYNC, 0, at, pageBytes, syscall.MS_SYNC)
	s.call("msync", syscall.SYS_MSYNC, syscall.ENOMEM, at, 3*pageBytes, syscall.MS_SYNC)
	moved := s.call("mremap", syscall.SYS_MREMAP, nil, at, 2*pageBytes, 4*pageBytes, 1)
	s.call("close", syscall.SYS_CLOSE, 0, f)
	s.call("unlink", syscall.SYS_UNLINK, 0, root+"map")
	if b := (region{moved, pageBytes}).bytes(2); b[0] != 'x' || in[1] != 1 {
		s.t.Errorf("the mapping shows %q once its file has no name and no descriptor", b)
	}
	s.call("munmap", syscall.SYS_MUNMAP, 0, moved, 4*pageBytes)
	s.call("msync", syscall.SYS_MSYNC, syscall.ENOMEM, moved, pageBytes, syscall.MS_SYNC)
}

func (s *script) makeOthers() {
	s.call("io_setup", syscall.SYS_IO_SETUP, syscall.ENOSYS, 1)
	s.call("io_uring_setup", 425, syscall.ENOSYS, 1)
	s.call("getrandom", 318, 8, make([]byte, 8), 8, 0)
	random := s.call("open", syscall.SYS_OPEN, nil, "/dev/urandom", os.O_RDONLY, 0)
	b := []byte("xxxx")
	s.call("read", syscall.SYS_READ, 4, random, b, 4)
	var ts syscall.Timespec
	s.call("clock_gettime", syscall.SYS_CLOCK_GETTIME, 0, 1, unsafe.Pointer(&ts))
	if ts.Sec != 7 {
		s.t.Errorf("the monotonic clock shows %d, want 7", ts.Sec)
	}
	s.call("clock_gettime", syscall.SYS_CLOCK_GETTIME, 0, 0, unsafe.Pointer(&ts))
	var tv syscall.Timeval
	s.call("gettimeofday", syscall.SYS_GETTIMEOFDAY, 0, unsafe.Pointer(&tv), unsafe.Pointer(nil))
	s.call("time", syscall.SYS_TIME, 1_700_000_000, unsafe.Pointer(nil))
	if ts.Sec != 1_700_000_000 || tv.Sec != ts.Sec || string(b) != "\x00\x00\x00\x00" {
		s.t.Errorf("the clocks show %d and %d, the entropy is %q", ts.Sec, tv.Sec, b)
	}
	s.call("nanosleep", syscall.SYS_NANOSLEEP, 0, unsafe.Pointer(&syscall.Timespec{Sec: 1}), unsafe.Pointer(nil))
	s.call("clock_nanosleep", syscall.SYS_CLOCK_NANOSLEEP, syscall.EINVAL, 1, 0, unsafe.Pointer(&syscall.Timespec{Nsec: -1}), unsafe.Pointer(nil))
}

// TestDocumented holds the page that lists the calls against the table. With -rewrite
// it writes that.
func TestDocumented(t *testing.T) {
	const page, begin, end = "../../../docs/unmodified.md", "<!-- calls: begin -->\n", "<!-- calls: end -->"
	b, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("%s lacks %q or %q", page, begin, end)
	}
	var table strings.Builder
	table.WriteString("\n| call | what is modelled |\n| --- | --- |\n")
	for does, names := range byMeaning() {
		fmt.Fprintf(&table, "| %s | %s |\n", names, does)
	}
	want := before + begin + table.String() + "\n" + end + after
	switch {
	case want == string(b):
	case *rewrite:
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s does not list the calls as the table has them: go test ./sim/native/linux -run TestDocumented -rewrite", page)
	}
}

// byMeaning yields the calls, by name; those that do the same stand together, at the
// first.
func byMeaning() func(yield func(does, names string) bool) {
	return func(yield func(does, names string) bool) {
		calls := linux.Calls()
		for i, c := range calls {
			if slices.ContainsFunc(calls[:i], func(o linux.Described) bool { return o.Does == c.Does }) && c.Does != "" {
				continue
			}
			names := "`" + c.Name + "`"
			for _, o := range calls[i+1:] {
				if o.Does == c.Does && c.Does != "" {
					names += ", `" + o.Name + "`"
				}
			}
			does := c.Does
			if does == "" {
				does = "all of it"
			}
			if !yield(does, names) {
				return
			}
		}
	}
}
