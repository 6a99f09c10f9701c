//go:build linux && amd64

package linux_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"powercut/sim/native/linux"
	"powercut/vfs"
)

// newSystem starts a System whose clock stands still, and that fails the test with what
// is unsupported.
func newSystem(t interface{ Fatalf(string, ...any) }) *linux.System {
	s, err := linux.NewSystem(linux.Services{
		Now:         func() time.Time { return time.Unix(1_700_000_000, 0) },
		Monotonic:   func() int64 { return 7e9 },
		Sleep:       func(time.Duration) {},
		Entropy:     func(b []byte) { clear(b) },
		Unsupported: func(what string) { t.Fatalf("unsupported: %s", what) },
		Relative:    func(bool) {},
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return s
}

// system is for all tests of the package: the addresses of a System are never given
// back.
var system = func() *linux.System { return newSystem(mustNot{}) }()

type mustNot struct{}

func (mustNot) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// caller makes system calls: of a simulated process, or of the kernel.
type caller interface {
	call(nr uintptr, args ...any) (uintptr, syscall.Errno)
}

// simulated calls a Process.
type simulated struct{ *linux.Process }

// kernel calls the machine's.
type kernel struct{}

// words are the arguments of a call as numbers and, where they are that, pointers: a
// string is one with a zero behind it, a []byte its first byte, and so is any pointer.
func words(args []any) (numbers [6]uintptr, pointers [6]unsafe.Pointer) {
	for i, a := range args {
		switch a := a.(type) {
		case string:
			b := append([]byte(a), 0)
			pointers[i] = unsafe.Pointer(&b[0])
		case []byte:
			pointers[i] = unsafe.Pointer(unsafe.SliceData(a))
		case unsafe.Pointer:
			pointers[i] = a
		case int:
			numbers[i] = uintptr(a)
		case int64:
			numbers[i] = uintptr(a)
		case uintptr:
			numbers[i] = a
		default:
			panic(fmt.Sprintf("argument %d is a %T", i, a))
		}
	}
	return numbers, pointers
}

func (s simulated) call(nr uintptr, args ...any) (uintptr, syscall.Errno) {
	n, p := words(args)
	for i := range n {
		if p[i] != nil {
			n[i] = uintptr(p[i])
		}
	}
	return s.Call(linux.Call{Trap: nr, A1: n[0], A2: n[1], A3: n[2], A4: n[3], A5: n[4], A6: n[5], P1: p[0], P2: p[1], P3: p[2], P4: p[3], P5: p[4]})
}

func (kernel) call(nr uintptr, args ...any) (uintptr, syscall.Errno) {
	n, p := words(args)
	for i := range n {
		if p[i] != nil {
			n[i] = uintptr(p[i])
		}
	}
	r, _, errno := syscall.Syscall6(nr, n[0], n[1], n[2], n[3], n[4], n[5])
	runtime.KeepAlive(p)
	return r, errno
}

// side is one of the two at which the same is done.
type side struct {
	caller
	top  string // a directory of its own, and in it
	base string // the one in which it is done: its name may go, too
	fds  []uintptr
	maps []region
}

// region is memory that a file is mapped at.
type region struct {
	at     uintptr
	length int
}

// bytes are those of the region, where the file reaches.
func (r region) bytes(n int64) []byte {
	return unsafe.Slice((*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&r.at))), max(0, min(int64(r.length), n)))
}

// pair is a process on a simulated disk and this one in a directory on tmpfs.
type pair struct {
	t         *rapid.T
	sim, real *side
	open      []*opened
	mapped    []*mapped
	relative  bool // the working directory is one of these
	// stored says that something was stored through a mapping: when that changes the
	// time of a file is up to the kernel.
	stored bool
}

// opened is what is known of a descriptor of both, by number in side.fds.
type opened struct {
	fd       int
	dir      bool
	writable bool
	readable bool
}

// mapped is what is known of a mapping, by number in side.maps.
type mapped struct {
	n                 int
	of                [2]uintptr // a descriptor of the file, on each side
	off               int64
	writable, private bool
}

func (p *pair) sides() [2]*side { return [2]*side{p.sim, p.real} }

// same makes a call on both sides and compares errno and, where that is none, what is
// returned. args makes the arguments for a side.
func (p *pair) same(what string, nr uintptr, args func(s *side) []any) (ok bool) {
	p.t.Helper()
	r, errno := p.both(what, nr, args)
	if errno == 0 && r[0] != r[1] {
		p.t.Fatalf("%s: the simulation returns %d, the kernel %d", what, int64(r[0]), int64(r[1]))
	}
	return errno == 0
}

// both is same for a call of which the result is each side's own.
func (p *pair) both(what string, nr uintptr, args func(s *side) []any) (r [2]uintptr, errno syscall.Errno) {
	p.t.Helper()
	var errnos [2]syscall.Errno
	for i, s := range p.sides() {
		r[i], errnos[i] = s.call(nr, args(s)...)
	}
	if errnos[0] != errnos[1] {
		p.t.Fatalf("%s: the simulation says %q, the kernel %q", what, text(errnos[0]), text(errnos[1]))
	}
	return r, errnos[0]
}

func text(errno syscall.Errno) string {
	if errno == 0 {
		return "nothing"
	}
	return fmt.Sprintf("%v (%d)", errno, int(errno))
}

// tmpfs is a directory on one, the filesystem that is compared with.
func tmpfs(t *testing.T) string {
	const shm = "/dev/shm"
	var st syscall.Statfs_t
	if err := syscall.Statfs(shm, &st); err != nil || st.Type != 0x0102_1994 || os.Getuid() != 0 {
		t.Skip("needs root, and a tmpfs at /dev/shm")
	}
	dir, err := os.MkdirTemp(shm, "powercut")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// TestAsTheKernel makes the same system calls in random sequences, on a simulated disk
// and on tmpfs: results, errnos, contents, and what stat promises are the same.
func TestAsTheKernel(t *testing.T) {
	dir := tmpfs(t)
	was := syscall.Umask(0o022)
	defer syscall.Umask(was)
	home, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		disk := vfs.New(vfs.Options{})
		p := &pair{t: t, sim: &side{caller: simulated{system.NewProcess("disk", disk)}, top: linux.Top + "/disk", base: linux.Top + "/disk/u"},
			real: &side{caller: kernel{}, top: fmt.Sprintf("%s/%d", dir, run), base: fmt.Sprintf("%s/%d/u", dir, run)}}
		if err := errors.Join(os.MkdirAll(p.real.base, 0o755), disk.Mkdir("/u", 0o755)); err != nil {
			t.Fatal(err)
		}
		defer func() {
			p.end()
			if err := errors.Join(os.Chdir(home), os.RemoveAll(p.real.top)); err != nil {
				t.Fatal(err)
			}
			p.sim.caller.(simulated).End()
			disk.Release()
		}()
		p.furnish()
		steps := map[string]func(*rapid.T){}
		for _, kind := range slices.Concat(nameSteps, fileSteps, fileSteps, memorySteps) {
			for i := range kind.often {
				steps[fmt.Sprint(kind.name, " ", i, " ", len(steps))] = func(t *rapid.T) { p.t = t; kind.do(p) }
			}
		}
		t.Repeat(steps)
		p.t = t
		p.sameTree("")
	})
}

// end closes what is open of the kernel's.
func (p *pair) end() {
	for _, m := range p.mapped {
		_, _ = p.real.call(syscall.SYS_MUNMAP, p.real.maps[m.n].at, p.real.maps[m.n].length)
		_, _ = p.real.call(syscall.SYS_CLOSE, m.of[1])
	}
	for _, fd := range p.real.fds {
		_, _ = p.real.call(syscall.SYS_CLOSE, fd)
	}
}
