//go:build linux && amd64

package linux_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"unsafe"

	"pgregory.net/rapid"
)

// step is something that is done on both sides.
type step struct {
	name  string
	often int
	do    func(*pair)
}

var nameSteps = []step{
	{"open", 4, (*pair).openFile},
	{"mkdir", 1, (*pair).mkdir},
	{"remove", 2, (*pair).remove},
	{"rename", 2, (*pair).rename},
	{"link", 1, (*pair).link},
	{"symlink", 1, (*pair).symlink},
	{"look", 3, (*pair).look},
	{"attributes", 1, (*pair).attributes},
	{"extended attributes", 1, (*pair).xattrs},
	{"truncate by path", 1, (*pair).truncatePath},
	{"chdir", 1, (*pair).chdir},
}

var (
	paths = []string{"a", "b", "d", "d/a", "d/b", "d/e", "d/e/a", "e", "e/a", "nowhere/x", "a/x", "l", "l/a", "d/l", "d/", "a/", "./a", "d/../b", "d/.", "d/..",
		strings.Repeat("n", 256), "d/" + strings.Repeat("n", 255), ""}
	targets = []string{"a", "d", "e/a", "l", "../b", "nowhere", "d/", "/absolute", strings.Repeat("t", 300)}
	modes   = []int{0o644, 0o600, 0o755, 0o777, 0o4755, 0o2711, 0o1777, 0}
	cwd     = ^uintptr(99)
)

// place draws how a path is given: the first argument of a call that takes a directory,
// and the second one. Below the working directory it is relative.
func (p *pair) place(label string) (what string, at func(s *side) (any, any)) {
	name := rapid.SampledFrom(paths).Draw(p.t, label)
	switch form := rapid.IntRange(0, 3).Draw(p.t, label+" form"); {
	case form == 0 && len(p.open) > 0:
		f := p.pick()
		return fmt.Sprintf("%.20q from #%d", name, f.fd), func(s *side) (any, any) { return s.fds[f.fd], name }
	case form == 1 && p.relative:
		return fmt.Sprintf("%.20q from here", name), func(*side) (any, any) { return cwd, name }
	}
	return fmt.Sprintf("%.20q", name), func(s *side) (any, any) { return cwd, s.base + "/" + name }
}

// absolute is a path for the calls that take no directory.
func (p *pair) absolute(label string) (string, func(s *side) any) {
	name := rapid.SampledFrom(paths).Draw(p.t, label)
	return fmt.Sprintf("%.20q", name), func(s *side) any { return s.base + "/" + name }
}

func (p *pair) pick() *opened {
	return p.open[rapid.IntRange(0, len(p.open)-1).Draw(p.t, "descriptor")]
}

// furnish makes a few files and directories.
func (p *pair) furnish() {
	for _, name := range []string{"d", "d/e", "e"} {
		if rapid.Bool().Draw(p.t, "with "+name) {
			p.same("mkdir "+name, syscall.SYS_MKDIR, func(s *side) []any { return []any{s.base + "/" + name, 0o755} })
		}
	}
	for _, name := range []string{"a", "d/a"} {
		if rapid.Bool().Draw(p.t, "with "+name) {
			p.openAs(fmt.Sprintf("create %q", name), func(s *side) (any, any) { return cwd, s.base + "/" + name }, os.O_RDWR|os.O_CREATE, 0o644)
		}
	}
}

var openFlags = []int{os.O_CREATE, os.O_CREATE, os.O_EXCL, os.O_TRUNC, os.O_APPEND, os.O_SYNC, syscall.O_DSYNC, syscall.O_DIRECTORY, syscall.O_NOFOLLOW, syscall.O_CLOEXEC, syscall.O_NONBLOCK}

func (p *pair) openFile() {
	what, at := p.place("path")
	flags := rapid.SampledFrom([]int{os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_RDWR}).Draw(p.t, "access")
	for range rapid.IntRange(0, 3).Draw(p.t, "flags") {
		flags |= rapid.SampledFrom(openFlags).Draw(p.t, "flag")
	}
	if rapid.IntRange(0, 9).Draw(p.t, "temporary") == 0 {
		flags = flags&^(syscall.O_DIRECTORY|os.O_TRUNC) | 0x410000
	}
	p.openAs(fmt.Sprintf("open %s %#x", what, flags), at, flags, rapid.SampledFrom(modes).Draw(p.t, "mode"))
}

func (p *pair) openAs(what string, at func(s *side) (any, any), flags, mode int) {
	r, errno := p.both(what, syscall.SYS_OPENAT, func(s *side) []any {
		dir, name := at(s)
		return []any{dir, name, flags, mode}
	})
	if errno == 0 {
		p.adopt(r, flags)
	}
}

// adopt takes new descriptors of both sides.
func (p *pair) adopt(r [2]uintptr, flags int) {
	for i, s := range p.sides() {
		s.fds = append(s.fds, r[i])
	}
	f := &opened{fd: len(p.sim.fds) - 1, writable: flags&(os.O_WRONLY|os.O_RDWR) != 0, readable: flags&os.O_WRONLY == 0}
	var st syscall.Stat_t
	_, _ = p.real.call(syscall.SYS_FSTAT, r[1], unsafe.Pointer(&st))
	f.dir = st.Mode&syscall.S_IFMT == syscall.S_IFDIR
	p.open = append(p.open, f)
}

func (p *pair) mkdir() {
	what, at := p.place("path")
	mode := rapid.SampledFrom(modes).Draw(p.t, "mode")
	p.same("mkdir "+what, syscall.SYS_MKDIRAT, func(s *side) []any {
		dir, name := at(s)
		return []any{dir, name, mode}
	})
}

func (p *pair) remove() {
	what, at := p.place("path")
	flags := rapid.SampledFrom([]int{0, 0x200, 0x200, 1}).Draw(p.t, "flags")
	p.same(fmt.Sprintf("unlink %s %#x", what, flags), syscall.SYS_UNLINKAT, func(s *side) []any {
		dir, name := at(s)
		return []any{dir, name, flags}
	})
}

func (p *pair) rename() {
	from, at := p.place("from")
	to, toAt := p.place("to")
	flags := rapid.SampledFrom([]int{0, 0, 0, 1, 2, 2, 3}).Draw(p.t, "flags")
	p.same(fmt.Sprintf("rename %s to %s %d", from, to, flags), 316, func(s *side) []any {
		dir, name := at(s)
		toDir, toName := toAt(s)
		return []any{dir, name, toDir, toName, flags}
	})
}

func (p *pair) link() {
	to, toAt := p.place("to")
	if len(p.open) > 0 && rapid.IntRange(0, 2).Draw(p.t, "of a descriptor") == 0 {
		f := p.pick()
		p.same(fmt.Sprintf("link #%d to %s", f.fd, to), syscall.SYS_LINKAT, func(s *side) []any {
			dir, name := toAt(s)
			return []any{cwd, fmt.Sprintf("/proc/self/fd/%d", s.fds[f.fd]), dir, name, 0x400}
		})
		return
	}
	from, at := p.place("from")
	flags := rapid.SampledFrom([]int{0, 0, 0x400}).Draw(p.t, "flags")
	p.same(fmt.Sprintf("link %s to %s %#x", from, to, flags), syscall.SYS_LINKAT, func(s *side) []any {
		dir, name := at(s)
		toDir, toName := toAt(s)
		return []any{dir, name, toDir, toName, flags}
	})
}

func (p *pair) symlink() {
	what, at := p.place("path")
	target := rapid.SampledFrom(targets).Draw(p.t, "target")
	p.same(fmt.Sprintf("symlink %s to %q", what, target), syscall.SYS_SYMLINKAT, func(s *side) []any {
		dir, name := at(s)
		if target == "/absolute" { // one that leads back in
			return []any{s.base + "/d", dir, name}
		}
		return []any{target, dir, name}
	})
}

// look asks what is there, in each of the ways.
func (p *pair) look() {
	what, at := p.place("path")
	switch rapid.IntRange(0, 4).Draw(p.t, "how") {
	case 0, 1:
		flags := rapid.SampledFrom([]int{0, 0x100, 0x1000}).Draw(p.t, "flags")
		var st [2]syscall.Stat_t
		i := 0
		if p.same(fmt.Sprintf("stat %s %#x", what, flags), syscall.SYS_NEWFSTATAT, func(s *side) []any {
			dir, name := at(s)
			i++
			return []any{dir, name, unsafe.Pointer(&st[i-1]), flags}
		}) {
			p.sameStat("stat "+what, st)
		}
	case 2:
		how := rapid.SampledFrom([]int{0, 1, 2, 4, 7, 8}).Draw(p.t, "access")
		p.same(fmt.Sprintf("access %s %d", what, how), 439, func(s *side) []any {
			dir, name := at(s)
			return []any{dir, name, how, 0}
		})
	case 3:
		size := rapid.SampledFrom([]int{0, 1, 100, 4096}).Draw(p.t, "size")
		bufs := [2][]byte{make([]byte, 4096), make([]byte, 4096)}
		i := 0
		r, errno := p.both(fmt.Sprintf("readlink %s %d", what, size), syscall.SYS_READLINKAT, func(s *side) []any {
			dir, name := at(s)
			i++
			return []any{dir, name, bufs[i-1], size}
		})
		got, want := string(bufs[0][:min(r[0], 4096)]), string(bufs[1][:min(r[1], 4096)])
		if errno == 0 && !strings.HasPrefix(want, p.real.base[:min(len(want), len(p.real.base))]) && got != want {
			p.t.Fatalf("readlink %s: the simulation says %q, the kernel %q", what, got, want)
		}
	case 4:
		var st [2]syscall.Statfs_t
		name, at := p.absolute("path")
		i := 0
		p.same("statfs "+name, syscall.SYS_STATFS, func(s *side) []any {
			i++
			return []any{at(s), unsafe.Pointer(&st[i-1])}
		})
	}
}

// marked is a time that no file gets by itself.
const marked = 1_000_000_000

// sameStat compares what is promised.
func (p *pair) sameStat(what string, st [2]syscall.Stat_t) {
	p.t.Helper()
	show := func(st syscall.Stat_t) string {
		text := fmt.Sprintf("mode %o", st.Mode)
		switch st.Mode & syscall.S_IFMT {
		case syscall.S_IFREG:
			text += fmt.Sprintf(", %d bytes", st.Size)
			fallthrough
		case syscall.S_IFLNK:
			text += fmt.Sprintf(", %d links", st.Nlink)
		}
		if st.Mtim.Sec == marked && !p.stored && st.Mode&syscall.S_IFMT != syscall.S_IFLNK {
			text += ", marked"
		}
		return text
	}
	if got, want := show(st[0]), show(st[1]); got != want {
		p.t.Fatalf("%s: the simulation says %s, the kernel %s", what, got, want)
	}
}

func (p *pair) attributes() {
	what, at := p.place("path")
	switch rapid.IntRange(0, 2).Draw(p.t, "what") {
	case 0:
		mode := rapid.SampledFrom(modes).Draw(p.t, "mode")
		p.same(fmt.Sprintf("chmod %s %o", what, mode), syscall.SYS_FCHMODAT, func(s *side) []any {
			dir, name := at(s)
			return []any{dir, name, mode}
		})
	case 1:
		flags := rapid.SampledFrom([]int{0, 0x100}).Draw(p.t, "flags")
		p.same("chown "+what, syscall.SYS_FCHOWNAT, func(s *side) []any {
			dir, name := at(s)
			return []any{dir, name, 0, 0, flags}
		})
	case 2:
		times := [2]syscall.Timespec{{Sec: marked}, {Sec: marked, Nsec: rapid.SampledFrom([]int64{0, 1<<30 - 2}).Draw(p.t, "nanoseconds")}}
		p.same("utimens "+what, syscall.SYS_UTIMENSAT, func(s *side) []any {
			dir, name := at(s)
			return []any{dir, name, unsafe.Pointer(&times), 0}
		})
	}
}

func (p *pair) truncatePath() {
	what, at := p.absolute("path")
	size := rapid.SampledFrom(offsets).Draw(p.t, "size")
	p.same(fmt.Sprintf("truncate %s %d", what, size), syscall.SYS_TRUNCATE, func(s *side) []any { return []any{at(s), size} })
}

func (p *pair) chdir() {
	ok := false
	if len(p.open) > 0 && rapid.Bool().Draw(p.t, "to a descriptor") {
		f := p.pick()
		ok = p.same(fmt.Sprintf("fchdir #%d", f.fd), syscall.SYS_FCHDIR, func(s *side) []any { return []any{s.fds[f.fd]} })
	} else {
		what, at := p.absolute("path")
		ok = p.same("chdir "+what, syscall.SYS_CHDIR, func(s *side) []any { return []any{at(s)} })
	}
	p.relative = p.relative || ok
	if !p.relative {
		return
	}
	bufs := [2][]byte{make([]byte, 4096), make([]byte, 4096)}
	i := 0
	r, errno := p.both("getcwd", syscall.SYS_GETCWD, func(*side) []any { i++; return []any{bufs[i-1], 4096} })
	if errno != 0 {
		return
	}
	got := strings.TrimPrefix(string(bufs[0][:r[0]]), p.sim.base)
	if want := strings.TrimPrefix(string(bufs[1][:r[1]]), p.real.base); got != want {
		p.t.Fatalf("getcwd: the simulation says %q, the kernel %q", got, want)
	}
}

// sameTree compares what is below a directory.
func (p *pair) sameTree(below string) {
	var lists [2][]string
	for i, s := range p.sides() {
		lists[i] = s.list(p.t, s.top+"/"+below)
	}
	if !slices.Equal(lists[0], lists[1]) {
		p.t.Fatalf("%q has %q in the simulation, %q in the kernel", below, lists[0], lists[1])
	}
	for _, entry := range lists[0] {
		name := strings.TrimPrefix(below+"/"+entry[1:], "/")
		switch entry[0] {
		case entryDirectory:
			p.sameTree(name)
		case entryRegular:
			if got, want := p.sim.content(p.t, name), p.real.content(p.t, name); got != want {
				p.t.Fatalf("%s: the bytes differ", name)
			}
		}
	}
}

const (
	entryDirectory = 4
	entryRegular   = 8
)

// list is the names of a directory, with their kinds, in order.
func (s *side) list(t *rapid.T, dir string) (out []string) {
	fd, errno := s.call(syscall.SYS_OPENAT, cwd, dir, os.O_RDONLY|syscall.O_DIRECTORY, 0)
	if errno != 0 {
		t.Fatalf("%s: %v", dir, errno)
	}
	defer s.call(syscall.SYS_CLOSE, fd)
	out, errno = s.entries(fd, 4096)
	if errno != 0 {
		t.Fatalf("%s: %v", dir, errno)
	}
	return out
}

// entries reads a directory on, in parts of some bytes.
func (s *side) entries(fd uintptr, part int) (out []string, errno syscall.Errno) {
	for {
		buf := make([]byte, part)
		n, errno := s.call(syscall.SYS_GETDENTS64, fd, buf, part)
		if errno != 0 {
			return nil, errno
		}
		if n == 0 {
			slices.Sort(out)
			return out, 0
		}
		for b := buf[:n]; len(b) > 0; b = b[binary.NativeEndian.Uint16(b[16:]):] {
			name, _, _ := strings.Cut(string(b[19:binary.NativeEndian.Uint16(b[16:])]), "\x00")
			if name != "." && name != ".." {
				out = append(out, string(b[18])+name)
			}
		}
	}
}

func (s *side) content(t *rapid.T, name string) string {
	fd, errno := s.call(syscall.SYS_OPENAT, cwd, s.top+"/"+name, os.O_RDONLY, 0)
	if errno != 0 {
		t.Fatalf("%s: %v", name, errno)
	}
	defer s.call(syscall.SYS_CLOSE, fd)
	buf := make([]byte, 1<<17)
	n, errno := s.call(syscall.SYS_READ, fd, buf, len(buf))
	if errno != 0 {
		t.Fatalf("%s: %v", name, errno)
	}
	return string(buf[:n])
}
