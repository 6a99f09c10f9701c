//go:build linux && amd64 && !powercut

package linux

import "syscall"

// kernelCall makes a call of the kernel, none of whose arguments points to memory of
// Go's.
func kernelCall(trap, a1, a2, a3, a4, a5 uintptr) (uintptr, syscall.Errno) {
	r, _, errno := syscall.RawSyscall6(trap, a1, a2, a3, a4, a5, 0)
	return r, errno
}
