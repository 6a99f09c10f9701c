//go:build powercut && linux && amd64

package lineage

import (
	"sync"
	"syscall"
	"testing"
	"unsafe"
)

// A system call's arguments are numbers, some of which point into the caller's stack.
// The stack moves when the hook needs more of it: then only a pointer goes with it.
func TestStackMoves(t *testing.T) {
	const size, goroutines = 12345, 200
	for _, test := range []struct {
		name  string
		fill  func(c syscall.PowercutCall) *syscall.Stat_t
		right int
	}{
		{"pointer", func(c syscall.PowercutCall) *syscall.Stat_t { return (*syscall.Stat_t)(c.P2) }, goroutines},
		{"number, the negative control", func(c syscall.PowercutCall) *syscall.Stat_t {
			return *(**syscall.Stat_t)(unsafe.Pointer(&c.A2))
		}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			syscall.PowercutInstall(0, 0, func(c syscall.PowercutCall) (r1, r2 uintptr, err syscall.Errno) {
				if c.Trap != syscall.SYS_FSTAT {
					return ^uintptr(0), 0, syscall.ENOSYS
				}
				deep(20)
				test.fill(c).Size = size
				return 0, 0, 0
			})
			defer syscall.PowercutInstall(0, 0, nil)
			right := 0
			for range goroutines {
				var one sync.WaitGroup
				one.Go(func() { // which begins with a small stack
					if fstatSize() == size {
						right++
					}
				})
				one.Wait()
			}
			if right != test.right {
				t.Errorf("%d of %d calls were answered to the caller, want %d", right, goroutines, test.right)
			}
		})
	}
}

//go:noinline
func fstatSize() int64 {
	var st syscall.Stat_t // on the stack
	if _, _, err := syscall.Syscall(syscall.SYS_FSTAT, syscall.PowercutFd, uintptr(unsafe.Pointer(&st)), 0); err != 0 {
		return -1
	}
	return st.Size
}

// deep needs 4 KiB of stack for each level.
//
//go:noinline
func deep(levels int) byte {
	var page [4096]byte
	page[levels] = 1
	if levels == 0 {
		return page[0]
	}
	return deep(levels-1) + page[levels]
}
