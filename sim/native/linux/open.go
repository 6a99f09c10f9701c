//go:build linux && amd64

package linux

import (
	"io/fs"
	"os"
	"strings"
	"syscall"
	"unsafe"

	"github.com/spf13/afero"

	"powercut/vfs"
)

const (
	oTmpfile = 0x400000 | syscall.O_DIRECTORY
	oPath    = 0x200000

	// diskFlags are those of open's flags that a disk knows, and momentary those that
	// fcntl does not show.
	diskFlags = syscall.O_ACCMODE | os.O_CREATE | os.O_EXCL | os.O_TRUNC | os.O_APPEND | syscall.O_SYNC | syscall.O_DIRECTORY | syscall.O_NOFOLLOW | oTmpfile
	momentary = os.O_CREATE | os.O_EXCL | os.O_TRUNC | syscall.O_NOCTTY | syscall.O_CLOEXEC

	// umask is that of every process: the machine's own is not the run's.
	umask = 0o022
)

func open(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.open(cwd, c.P1, int(c.A2), uint32(c.A3))
}

func creat(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.open(cwd, c.P1, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, uint32(c.A2))
}

func openat(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.open(c.A1, c.P2, int(c.A3), uint32(c.A4))
}

// openat2 is openat where it asks for no more than that can.
func openat2(p *Process, c Call) (uintptr, syscall.Errno) {
	how := (*struct{ flags, mode, resolve uint64 })(c.P3)
	if c.A4 < unsafe.Sizeof(*how) {
		return fail(syscall.EINVAL)
	}
	if how.resolve != 0 {
		return fail(syscall.ENOSYS)
	}
	return p.open(c.A1, c.P2, int(how.flags), uint32(how.mode))
}

func mknod(p *Process, c Call) (uintptr, syscall.Errno) { return p.mknod(cwd, c.P1, uint32(c.A2)) }

func mknodat(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.mknod(c.A1, c.P2, uint32(c.A3))
}

// mknod makes an empty file; devices and pipes there are none.
func (p *Process) mknod(dirfd uintptr, at unsafe.Pointer, mode uint32) (uintptr, syscall.Errno) {
	if kind := mode & syscall.S_IFMT; kind != 0 && kind != syscall.S_IFREG {
		return fail(syscall.EPERM)
	}
	fd, errno := p.open(dirfd, at, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errno != 0 {
		return fail(errno)
	}
	return p.close(fd)
}

// cwd is cwdFD as an argument.
const cwd = ^uintptr(-cwdFD - 1)

func (p *Process) open(dirfd uintptr, at unsafe.Pointer, flags int, perm uint32) (uintptr, syscall.Errno) {
	name, errno := text(at)
	temporary := flags&oTmpfile == oTmpfile
	switch {
	case temporary && (flags&os.O_CREATE != 0 || flags&(os.O_WRONLY|os.O_RDWR) == 0), !temporary && flags&os.O_CREATE != 0 && flags&syscall.O_DIRECTORY != 0:
		return fail(syscall.EINVAL) // the kernel looks at the flags before the path
	case errno != 0:
		return fail(errno)
	}
	if isDevice(name) {
		return p.add(&description{flags: flags &^ momentary}, FirstDescriptor, flags&syscall.O_CLOEXEC != 0)
	}
	if flags&oPath != 0 {
		return p.unsupported("open of %s with O_PATH", name)
	}
	m, name, errno := p.resolveText(dirfd, name)
	if errno != 0 {
		return fail(errno)
	}
	f, err := m.disk.OpenFile(name, flags&diskFlags, modeOf(perm&^umask))
	if err != nil {
		return p.result(err)
	}
	d := newDescription(m, f, flags)
	return p.add(d, FirstDescriptor, flags&syscall.O_CLOEXEC != 0)
}

func newDescription(m *mount, f afero.File, flags int) *description {
	ino, dir := f.(vfs.Located).Inode()
	return &description{m: m, file: f, ino: ino, dir: dir, flags: flags &^ momentary}
}

// isDevice says whether a path is of the machine's random numbers.
func isDevice(name string) bool { return name == "/dev/urandom" || name == "/dev/random" }

// modeOf is a mode as package fs has it.
func modeOf(mode uint32) fs.FileMode {
	out := fs.FileMode(mode & 0o777)
	for _, bit := range specialBits {
		if mode&bit.unix != 0 {
			out |= bit.fs
		}
	}
	return out
}

var specialBits = [...]struct {
	unix uint32
	fs   fs.FileMode
}{{syscall.S_ISUID, fs.ModeSetuid}, {syscall.S_ISGID, fs.ModeSetgid}, {syscall.S_ISVTX, fs.ModeSticky}}

func closeCall(p *Process, c Call) (uintptr, syscall.Errno) { return p.close(c.A1) }

func (p *Process) close(fd uintptr) (uintptr, syscall.Errno) {
	p.mu.Lock()
	n := p.at(fd)
	if n == nil {
		p.mu.Unlock()
		return fail(syscall.EBADF)
	}
	p.numbers[int(fd)-FirstDescriptor] = nil
	p.mu.Unlock()
	n.description.unlockOwner(p)
	return p.result(p.drop(n.description))
}

func dup(p *Process, c Call) (uintptr, syscall.Errno) {
	d := p.lookup(c.A1)
	if d == nil {
		return fail(syscall.EBADF)
	}
	return p.add(d, FirstDescriptor, false)
}

func dup2(p *Process, c Call) (uintptr, syscall.Errno) {
	if c.A1 == c.A2 && p.lookup(c.A1) != nil {
		return c.A1, 0
	}
	return p.dupTo(c.A1, c.A2, false)
}

func dup3(p *Process, c Call) (uintptr, syscall.Errno) {
	if c.A1 == c.A2 || c.A3&^syscall.O_CLOEXEC != 0 {
		return fail(syscall.EINVAL)
	}
	return p.dupTo(c.A1, c.A2, c.A3 != 0)
}

// dupTo makes one descriptor another, too. A file of the machine can't be a simulated
// one, nor the other way round.
func (p *Process) dupTo(from, to uintptr, closeOnExec bool) (uintptr, syscall.Errno) {
	if isSimulated(from) != isSimulated(to) {
		return p.unsupported("dup of descriptor %d to %d, of which one is simulated", from, to)
	}
	d := p.lookup(from)
	if d == nil {
		return fail(syscall.EBADF)
	}
	if p.lookup(to) != nil {
		_, _ = p.close(to) // what it says is lost, says the manual
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.put(int(to)-FirstDescriptor, d, closeOnExec)
	return to, 0
}

func isSimulated(fd uintptr) bool { return FirstDescriptor <= fd && fd < FirstDescriptor+Descriptors }

// temporaryOf finds the descriptor that a link is to be made of: "/proc/self/fd/N".
func (p *Process) temporaryOf(name string) *description {
	digits, ok := strings.CutPrefix(name, "/proc/self/fd/")
	if !ok || digits == "" {
		return nil
	}
	fd := uintptr(0)
	for _, c := range digits {
		if c < '0' || c > '9' || fd > 1<<32 {
			return nil
		}
		fd = fd*10 + uintptr(c-'0')
	}
	return p.lookup(fd)
}
