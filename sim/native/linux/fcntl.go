//go:build linux && amd64

package linux

import (
	"os"
	"syscall"
)

func fcntl(p *Process, c Call) (uintptr, syscall.Errno) {
	d := p.lookup(c.A1)
	if d == nil {
		return fail(syscall.EBADF)
	}
	switch command := int(c.A2); command {
	case syscall.F_DUPFD, syscall.F_DUPFD_CLOEXEC:
		return p.add(d, c.A3, command == syscall.F_DUPFD_CLOEXEC)
	case syscall.F_GETFD:
		p.mu.Lock()
		defer p.mu.Unlock()
		if n := p.at(c.A1); n != nil && n.closeOnExec {
			return syscall.FD_CLOEXEC, 0
		}
		return 0, 0
	case syscall.F_SETFD:
		p.mu.Lock()
		defer p.mu.Unlock()
		if n := p.at(c.A1); n != nil {
			n.closeOnExec = c.A3&syscall.FD_CLOEXEC != 0
		}
		return 0, 0
	case syscall.F_GETFL:
		d.mu.Lock()
		defer d.mu.Unlock()
		return uintptr(d.flags) | largeFile, 0
	case syscall.F_SETFL:
		return p.setFlags(d, int(c.A3))
	case syscall.F_GETLK, syscall.F_SETLK, syscall.F_SETLKW, fOFDGetLk, fOFDSetLk, fOFDSetLkW:
		if d.isDevice() {
			return fail(syscall.EINVAL)
		}
		return p.recordLock(d, command, c.P3)
	default:
		return p.unsupported("fcntl with command %d on a simulated descriptor", command)
	}
}

// setFlags changes the flags that can be changed while a file is open. Appending is
// the disk's business from the beginning.
func (p *Process) setFlags(d *description, flags int) (uintptr, syscall.Errno) {
	const changeable = syscall.O_NONBLOCK | syscall.O_DIRECT | syscall.O_NOATIME
	if (d.flag(os.O_APPEND)) != (flags&os.O_APPEND != 0) {
		return p.unsupported("fcntl that changes O_APPEND of a simulated descriptor")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.flags = d.flags&^changeable | flags&changeable
	return 0, 0
}

// ioctl has none to offer: a file is no terminal, and shares no blocks.
func ioctl(p *Process, c Call) (uintptr, syscall.Errno) {
	const ficlone, ficloneRange = 0x4004_9409, 0x4020_940d
	switch {
	case p.lookup(c.A1) == nil:
		return fail(syscall.EBADF)
	case c.A2 == ficlone, c.A2 == ficloneRange:
		return fail(syscall.EOPNOTSUPP)
	}
	return fail(syscall.ENOTTY)
}

// answers is a call that has one answer.
func answers(errno syscall.Errno) func(*Process, Call) (uintptr, syscall.Errno) {
	return func(*Process, Call) (uintptr, syscall.Errno) {
		if errno != 0 {
			return fail(errno)
		}
		return 0, 0
	}
}

// descriptorAnswers is a call that has one answer for every descriptor that is open.
func descriptorAnswers(errno syscall.Errno) func(*Process, Call) (uintptr, syscall.Errno) {
	return func(p *Process, c Call) (uintptr, syscall.Errno) {
		if isSimulated(c.A1) && p.lookup(c.A1) == nil {
			return fail(syscall.EBADF)
		}
		return fail(errno)
	}
}

// largeFile is a flag that every file has on amd64, and that package syscall has as 0.
const largeFile = 0x8000
