//go:build linux && amd64

package linux

import (
	"errors"
	"io"
	"io/fs"
	"syscall"

	"powercut/vfs"
)

// errnoOf is what a system call returns for an error of the disk.
func errnoOf(err error) syscall.Errno {
	var errno syscall.Errno
	switch {
	case err == nil, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return 0
	case errors.As(err, &errno):
		return errno
	case errors.Is(err, vfs.ErrPowerCut): // the machine is off: what it returns, nobody hears
		return syscall.EIO
	case errors.Is(err, fs.ErrClosed):
		return syscall.EBADF
	}
	return syscall.EIO
}

// result is what a call returns that returns nothing but an error.
func (p *Process) result(err error) (uintptr, syscall.Errno) {
	if errors.Is(err, vfs.ErrOutside) {
		return p.unsupported("%v: %s can't follow it", err, "a simulated program")
	}
	if errno := errnoOf(err); errno != 0 {
		return fail(errno)
	}
	return 0, 0
}
