//go:build powercut && linux && amd64

package native

import (
	"crypto/rand"
	"sync"
	"syscall"
	"time"
	"unsafe"

	"powercut/sim/internal/lineage"
	"powercut/sim/native/linux"
	"powercut/vfs"
)

var (
	system *linux.System

	mu        sync.Mutex
	processes = map[uint32]*linux.Process{} // by lineage; looked up in, never ranged over
	relative  int                           // of how many lineages the working directory is on a simulated disk
)

// From here on the system calls are handed to call.
func init() {
	s, err := linux.NewSystem(linux.Services{Now: time.Now, Monotonic: monotonic, Sleep: time.Sleep, Entropy: entropy, Unsupported: lineage.Unsupported, Relative: setRelative})
	if err != nil {
		panic(err) // there is no simulation without
	}
	system = s
	from, to := s.Addresses()
	syscall.PowercutInstall(from, to, call)
}

// started is when the process has; it is only subtracted from other times.
var started = time.Now()

// monotonic is what has passed by the lineage's clock, whatever a fault does to the time
// of day. It is read as often as any other.
func monotonic() int64 {
	d := time.Since(started)
	if lineage.Native() {
		return lineage.Now().UnixNano()
	}
	return int64(d)
}

// entropy is the lineage's; where no seed decides, it is the machine's.
func entropy(b []byte) {
	if lineage.Native() {
		lineage.Entropy(b)
		return
	}
	_, _ = rand.Read(b) // never fails
}

// setRelative has relative paths caught while any lineage needs it.
func setRelative(on bool) {
	mu.Lock()
	defer mu.Unlock()
	if on {
		relative++
	} else {
		relative--
	}
	syscall.PowercutCwd(relative > 0)
}

// call answers a system call, for the process that the caller's lineage is.
func call(c syscall.PowercutCall) (r1, r2 uintptr, errno syscall.Errno) {
	if lineage.Native() {
		lineage.Yield()
	}
	p := current()
	r1, errno = p.Call(linux.Call(c))
	if errno == 0 {
		r2 = argument(c.A3, c.P3) // it is RDX, which Linux leaves alone; ristretto takes it for the size that mremap came to
	}
	if errno == linux.NotMine {
		r1, r2, errno = kernel(c)
		if errno == 0 && (c.Trap == syscall.SYS_CHDIR || c.Trap == syscall.SYS_FCHDIR) {
			p.LeaveDirectory()
		}
	}
	return r1, r2, errno
}

// kernel makes the call that the program asked for.
func kernel(c syscall.PowercutCall) (r1, r2 uintptr, errno syscall.Errno) {
	return syscall.PowercutKernel(c.Trap, argument(c.A1, c.P1), argument(c.A2, c.P2), argument(c.A3, c.P3), argument(c.A4, c.P4), argument(c.A5, c.P5), c.A6)
}

// argument is one as the program gave it: p is where it points to now, if it points
// into a stack.
func argument(a uintptr, p unsafe.Pointer) uintptr {
	if p != nil {
		return uintptr(p)
	}
	return a
}

// current is the process of the caller's lineage.
func current() *linux.Process {
	mu.Lock()
	defer mu.Unlock()
	id := lineage.Current()
	p := processes[id]
	if p == nil {
		p = system.NewProcess("", nil)
		processes[id] = p
	}
	return p
}

// Own makes d the disk that the caller's lineage sees at Dir. release is for when the
// lineage has ended, or its process died: nothing of what it had open is left.
func Own(d *vfs.Disk) (release func()) {
	id := lineage.Current()
	p := system.NewProcess(own, d)
	mu.Lock()
	before := processes[id]
	processes[id] = p
	mu.Unlock()
	if before != nil {
		before.End()
	}
	return func() {
		p.End()
		mu.Lock()
		defer mu.Unlock()
		if processes[id] == p {
			delete(processes, id)
		}
	}
}

// Mount gives a disk a path that all lineages see.
func Mount(d *vfs.Disk) (dir string, unmount func()) { return system.Mount(d) }
