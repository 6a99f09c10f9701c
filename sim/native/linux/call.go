//go:build linux && amd64

package linux

import (
	"strings"
	"syscall"
	"unsafe"
)

// Call is a system call. A pointer argument is in both forms: only the pointer may be
// followed, since the caller's stack may move; and so no Call may be kept.
type Call struct {
	Trap                   uintptr // its number
	A1, A2, A3, A4, A5, A6 uintptr
	P1, P2, P3, P4, P5     unsafe.Pointer // nil for what is no pointer
}

// NotMine is what Process.Call returns for a call that is the kernel's business after
// all: a relative path where the working directory is not on a simulated disk.
const NotMine = syscall.Errno(1<<31 - 1)

// failed is what a system call returns beside an errno.
const failed = ^uintptr(0)

func fail(errno syscall.Errno) (uintptr, syscall.Errno) { return failed, errno }

// maxPath is how long a path may be, with the zero behind it.
const maxPath = 4096

// text copies the string that a pointer points to. Without a zero where one must be
// it is too long.
func text(p unsafe.Pointer) (string, syscall.Errno) {
	if p == nil {
		return "", syscall.EFAULT
	}
	var b strings.Builder
	for i := range maxPath {
		c := *(*byte)(unsafe.Add(p, i))
		if c == 0 {
			return b.String(), 0
		}
		b.WriteByte(c)
	}
	return "", syscall.ENAMETOOLONG
}

// memory is the bytes at a pointer.
func memory(p unsafe.Pointer, n uintptr) []byte {
	if n == 0 || p == nil {
		return nil
	}
	return unsafe.Slice((*byte)(p), n)
}

// maxTransfer is how much one call reads or writes at most, as on Linux.
const maxTransfer = 0x7ffff000
