//go:build linux && amd64

package linux_test

import (
	"bytes"
	"fmt"
	"slices"
	"syscall"
	"unsafe"

	"pgregory.net/rapid"
)

var fileSteps = []step{
	{"read", 2, (*pair).read},
	{"write", 2, (*pair).write},
	{"seek", 1, (*pair).seek},
	{"size", 1, (*pair).size},
	{"copy", 1, (*pair).copyRange},
	{"sync", 1, (*pair).sync},
	{"descriptor", 1, (*pair).descriptor},
	{"lock", 1, (*pair).lock},
	{"list", 1, (*pair).readDirectory},
	{"close", 1, (*pair).close},
}

var (
	lengths = []int{0, 1, 100, 4096, 5000}
	offsets = []int64{0, 1, 511, 4096, 10000, -1}
)

// onDescriptor calls do with an open descriptor, if there is one.
func (p *pair) onDescriptor(do func(f *opened)) {
	if len(p.open) > 0 {
		do(p.pick())
	}
}

// vectors are iovecs for parts of a buffer.
func vectors(buf []byte) []syscall.Iovec {
	var out []syscall.Iovec
	for part := range slices.Chunk(buf, max(1, (len(buf)+2)/3)) {
		out = append(out, syscall.Iovec{Base: &part[0], Len: uint64(len(part))})
	}
	return out
}

func (p *pair) read() {
	p.onDescriptor(func(f *opened) {
		n := rapid.SampledFrom(lengths).Draw(p.t, "length")
		off := rapid.SampledFrom(offsets).Draw(p.t, "offset")
		bufs := [2][]byte{make([]byte, n), make([]byte, n)}
		i := 0
		nr := rapid.SampledFrom([]uintptr{syscall.SYS_READ, syscall.SYS_PREAD64, syscall.SYS_READV, syscall.SYS_PREADV}).Draw(p.t, "call")
		p.same(fmt.Sprintf("read %d of #%d %d+%d", nr, f.fd, off, n), nr, func(s *side) []any {
			i++
			return transfer(nr, s.fds[f.fd], bufs[i-1], off)
		})
		if !bytes.Equal(bufs[0], bufs[1]) {
			p.t.Fatalf("read %d of #%d %d+%d: the bytes differ", nr, f.fd, off, n)
		}
	})
}

// transfer are the arguments of a read or a write.
func transfer(nr, fd uintptr, buf []byte, off int64) []any {
	switch nr {
	case syscall.SYS_READV, syscall.SYS_WRITEV, syscall.SYS_PREADV, syscall.SYS_PWRITEV:
		v := vectors(buf)
		return []any{fd, unsafe.Pointer(unsafe.SliceData(v)), len(v), off, 0}
	}
	return []any{fd, buf, len(buf), off}
}

func (p *pair) write() {
	p.onDescriptor(func(f *opened) {
		n := rapid.SampledFrom(lengths).Draw(p.t, "length")
		off := rapid.SampledFrom(offsets).Draw(p.t, "offset")
		fill := bytes.Repeat([]byte{byte(rapid.IntRange('a', 'z').Draw(p.t, "fill"))}, n)
		nr := rapid.SampledFrom([]uintptr{syscall.SYS_WRITE, syscall.SYS_PWRITE64, syscall.SYS_WRITEV, syscall.SYS_PWRITEV}).Draw(p.t, "call")
		p.same(fmt.Sprintf("write %d to #%d %d+%d", nr, f.fd, off, n), nr, func(s *side) []any { return transfer(nr, s.fds[f.fd], fill, off) })
	})
}

func (p *pair) seek() {
	p.onDescriptor(func(f *opened) {
		off := rapid.SampledFrom(offsets).Draw(p.t, "offset")
		whence := rapid.SampledFrom([]int{0, 1, 2, 3, 4, 7}).Draw(p.t, "whence")
		var st syscall.Stat_t
		_, _ = p.real.call(syscall.SYS_FSTAT, p.real.fds[f.fd], unsafe.Pointer(&st))
		if f.dir || whence >= 3 && st.Size%4096 != 0 {
			return // where a directory's end is, and whether the last page is a hole, is up to the filesystem
		}
		p.same(fmt.Sprintf("seek #%d %d %d", f.fd, off, whence), syscall.SYS_LSEEK, func(s *side) []any { return []any{s.fds[f.fd], off, whence} })
	})
}

// copyRange has the kernel copy from one file to another, or within one.
func (p *pair) copyRange() {
	p.onDescriptor(func(from *opened) {
		to := p.pick()
		n := rapid.SampledFrom([]int64{0, 1, 100, 5000, 200_000, -1}).Draw(p.t, "length")
		flags := rapid.SampledFrom([]int{0, 0, 0, 0, 1}).Draw(p.t, "flags")
		var starts [2]int64
		var given [2]bool
		for i := range starts {
			if given[i] = rapid.Bool().Draw(p.t, "at an offset"); given[i] {
				starts[i] = rapid.SampledFrom(offsets).Draw(p.t, "offset")
			}
		}
		offs := [2][2]int64{starts, starts}
		i := 0
		p.same(fmt.Sprintf("copy_file_range #%d %v to #%d %v: %d bytes, flags %d", from.fd, given[0], to.fd, starts, n, flags), 326, func(s *side) []any {
			i++
			at := [2]unsafe.Pointer{}
			for k := range at {
				if given[k] {
					at[k] = unsafe.Pointer(&offs[i-1][k])
				}
			}
			return []any{s.fds[from.fd], at[0], s.fds[to.fd], at[1], n, flags}
		})
		if offs[0] != offs[1] {
			p.t.Fatalf("the offsets behind the copy are %v, the kernel has %v", offs[0], offs[1])
		}
	})
}

func (p *pair) size() {
	p.onDescriptor(func(f *opened) {
		off, n := rapid.SampledFrom(offsets).Draw(p.t, "offset"), rapid.SampledFrom(offsets).Draw(p.t, "length")
		if rapid.Bool().Draw(p.t, "truncate") {
			p.same(fmt.Sprintf("truncate #%d %d", f.fd, off), syscall.SYS_FTRUNCATE, func(s *side) []any { return []any{s.fds[f.fd], off} })
			return
		}
		mode := rapid.SampledFrom([]int{0, 1, 3, 3, 2, 0x1000}).Draw(p.t, "mode")
		if f.dir {
			return // EBADF or EISDIR
		}
		p.same(fmt.Sprintf("fallocate #%d %#x %d+%d", f.fd, mode, off, n), syscall.SYS_FALLOCATE, func(s *side) []any { return []any{s.fds[f.fd], mode, off, n} })
	})
}

func (p *pair) sync() {
	p.onDescriptor(func(f *opened) {
		nr := rapid.SampledFrom([]uintptr{syscall.SYS_FSYNC, syscall.SYS_FDATASYNC, 306}).Draw(p.t, "call")
		p.same(fmt.Sprintf("sync %d #%d", nr, f.fd), nr, func(s *side) []any { return []any{s.fds[f.fd]} })
	})
}

// descriptor asks about a descriptor, changes its flags, or copies it.
func (p *pair) descriptor() {
	p.onDescriptor(func(f *opened) {
		switch rapid.IntRange(0, 6).Draw(p.t, "what") {
		case 0:
			p.same(fmt.Sprintf("flags of #%d", f.fd), syscall.SYS_FCNTL, func(s *side) []any { return []any{s.fds[f.fd], syscall.F_GETFL, 0} })
		case 1:
			p.same(fmt.Sprintf("descriptor flags of #%d", f.fd), syscall.SYS_FCNTL, func(s *side) []any { return []any{s.fds[f.fd], syscall.F_GETFD, 0} })
		case 2:
			nr := rapid.SampledFrom([]uintptr{syscall.SYS_DUP, syscall.SYS_FCNTL}).Draw(p.t, "call")
			r, errno := p.both(fmt.Sprintf("dup #%d", f.fd), nr, func(s *side) []any { return []any{s.fds[f.fd], syscall.F_DUPFD_CLOEXEC, 0} })
			if errno == 0 {
				p.adopt(r, 0)
				copied := p.open[len(p.open)-1]
				copied.readable, copied.writable = f.readable, f.writable
			}
		case 3:
			var st [2]syscall.Stat_t
			i := 0
			p.same(fmt.Sprintf("stat #%d", f.fd), syscall.SYS_FSTAT, func(s *side) []any { i++; return []any{s.fds[f.fd], unsafe.Pointer(&st[i-1])} })
			p.sameStat(fmt.Sprintf("stat #%d", f.fd), st)
		case 4:
			mode := rapid.SampledFrom(modes).Draw(p.t, "mode")
			p.same(fmt.Sprintf("chmod #%d %o", f.fd, mode), syscall.SYS_FCHMOD, func(s *side) []any { return []any{s.fds[f.fd], mode} })
		case 5:
			p.same(fmt.Sprintf("ioctl #%d", f.fd), syscall.SYS_IOCTL, func(s *side) []any {
				return []any{s.fds[f.fd], int(syscall.TCGETS), unsafe.Pointer(&syscall.Termios{})}
			})
		case 6:
			times := [2]syscall.Timespec{{Sec: marked}, {Sec: marked}}
			p.same(fmt.Sprintf("utimens #%d", f.fd), syscall.SYS_UTIMENSAT, func(s *side) []any { return []any{s.fds[f.fd], nil2, unsafe.Pointer(&times), 0} })
		}
	})
}

// nil2 is no path.
var nil2 = unsafe.Pointer(nil)

// lock takes and gives back locks of every kind, without waiting.
func (p *pair) lock() {
	p.onDescriptor(func(f *opened) {
		if f.dir && rapid.Bool().Draw(p.t, "not of a directory") {
			return
		}
		switch rapid.IntRange(0, 2).Draw(p.t, "kind") {
		case 0:
			how := rapid.SampledFrom([]int{syscall.LOCK_SH | syscall.LOCK_NB, syscall.LOCK_EX | syscall.LOCK_NB, syscall.LOCK_UN, 16}).Draw(p.t, "how")
			p.same(fmt.Sprintf("flock #%d %d", f.fd, how), syscall.SYS_FLOCK, func(s *side) []any { return []any{s.fds[f.fd], how} })
		default:
			command := rapid.SampledFrom([]int{syscall.F_SETLK, 36, 37, 37, 37}).Draw(p.t, "command")
			asked := syscall.Flock_t{
				Type:   rapid.SampledFrom([]int16{syscall.F_RDLCK, syscall.F_WRLCK, syscall.F_WRLCK, syscall.F_UNLCK}).Draw(p.t, "type"),
				Whence: rapid.SampledFrom([]int16{0, 0, 1, 2, 3}).Draw(p.t, "whence"),
				Start:  rapid.SampledFrom([]int64{0, 10, 100, -5}).Draw(p.t, "start"),
				Len:    rapid.SampledFrom([]int64{0, 10, 50, -5}).Draw(p.t, "length"),
			}
			if command == 36 && asked.Type == syscall.F_UNLCK {
				return // a question that few kernels know
			}
			if f.dir && asked.Whence > 0 {
				return // where a directory was read to, is up to the filesystem
			}
			told := [2]syscall.Flock_t{asked, asked}
			i := 0
			what := fmt.Sprintf("lock #%d %d %+v", f.fd, command, asked)
			p.same(what, syscall.SYS_FCNTL, func(s *side) []any { i++; return []any{s.fds[f.fd], command, unsafe.Pointer(&told[i-1])} })
			for k := range told {
				if told[k].Pid > 0 { // of a process: each side's own
					told[k].Pid = 1
				}
			}
			if told[0] != told[1] {
				p.t.Fatalf("%s: the simulation says %+v, the kernel %+v", what, told[0], told[1])
			}
		}
	})
}

// readDirectory reads a directory from its beginning.
func (p *pair) readDirectory() {
	p.onDescriptor(func(f *opened) {
		if !f.dir {
			p.same(fmt.Sprintf("getdents #%d", f.fd), syscall.SYS_GETDENTS64, func(s *side) []any { return []any{s.fds[f.fd], make([]byte, 100), 100} })
			return
		}
		part := rapid.SampledFrom([]int{300, 4096}).Draw(p.t, "part")
		var lists [2][]string
		var errnos [2]syscall.Errno
		for i, s := range p.sides() {
			_, _ = s.call(syscall.SYS_LSEEK, s.fds[f.fd], 0, 0)
			lists[i], errnos[i] = s.entries(s.fds[f.fd], part)
		}
		if errnos[0] != errnos[1] || !slices.Equal(lists[0], lists[1]) {
			p.t.Fatalf("list #%d: the simulation says %q %v, the kernel %q %v", f.fd, lists[0], errnos[0], lists[1], errnos[1])
		}
	})
}

func (p *pair) close() {
	p.onDescriptor(func(f *opened) {
		p.same(fmt.Sprintf("close #%d", f.fd), syscall.SYS_CLOSE, func(s *side) []any { return []any{s.fds[f.fd]} })
		p.open = slices.DeleteFunc(p.open, func(o *opened) bool { return o == f })
	})
}
