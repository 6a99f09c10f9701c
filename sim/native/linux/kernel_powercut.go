//go:build linux && amd64 && powercut

package linux

import "syscall"

// kernelCall makes a call of the kernel, though it is about simulated memory.
func kernelCall(trap, a1, a2, a3, a4, a5 uintptr) (uintptr, syscall.Errno) {
	r, _, errno := syscall.PowercutKernel(trap, a1, a2, a3, a4, a5, 0)
	return r, errno
}
