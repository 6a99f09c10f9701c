//go:build linux && amd64

package linux

import (
	"fmt"
	"sync"
	"syscall"
)

// addresses is the part of the address space that mappings are in. Its place is the
// same in every process of the machine, so that addresses are too: a program may print
// them, or sort by them.
type addresses struct {
	first, end uintptr
	mu         sync.Mutex
	taken      [slots]bool
}

// Each process has a slot, so that what one maps moves nothing of another.
const (
	slots     = 16
	slotBytes = 256 << 30
	firstByte = 0x5000_0000_0000
)

const (
	mapFixedNoreplace = 0x10_0000
	protNone          = 0
	reserved          = syscall.MAP_PRIVATE | syscall.MAP_ANON | syscall.MAP_NORESERVE
)

// reserve takes the addresses, without memory. A second System in the same process of
// the machine, as tests have it, gets others.
func (a *addresses) reserve() error {
	const size = slots * slotBytes
	at, errno := mmapRaw(firstByte, size, protNone, reserved|mapFixedNoreplace, ^uintptr(0), 0)
	if errno == syscall.EEXIST {
		at, errno = mmapRaw(0, size, protNone, reserved, ^uintptr(0), 0)
	}
	if errno != 0 {
		return fmt.Errorf("linux: no addresses for the mappings of simulated files: %w", errno)
	}
	a.first, a.end = at, at+size
	return nil
}

// slot gives a process the first slot that is free.
func (a *addresses) slot() (int, syscall.Errno) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i := range a.taken {
		if !a.taken[i] {
			a.taken[i] = true
			return i, 0
		}
	}
	return 0, syscall.ENOMEM
}

func (a *addresses) giveBack(slot int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.taken[slot] = false
}

// mmapRaw and the others here are the kernel's own calls, past whoever catches them.
func mmapRaw(at, length, prot, flags, fd uintptr, off int64) (uintptr, syscall.Errno) {
	r, _, errno := syscall.RawSyscall6(syscall.SYS_MMAP, at, length, prot, flags, fd, uintptr(off))
	return r, errno
}

// vacate takes pages out of use, and keeps their addresses.
func vacate(at, length uintptr) {
	_, _ = mmapRaw(at, length, protNone, reserved|syscall.MAP_FIXED, ^uintptr(0), 0)
}
