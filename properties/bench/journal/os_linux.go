package journal

import (
	"os"
	"syscall"
	"time"
)

// dataSync makes a file's content durable, and of its metadata only what is
// needed to read it.
func dataSync(f *os.File) error {
	for {
		if err := syscall.Fdatasync(int(f.Fd())); err != syscall.EINTR {
			return err
		}
	}
}

// mapFile maps a file to read it.
func mapFile(f *os.File, size int) (b []byte, unmap func() error, err error) {
	b, err = syscall.Mmap(int(f.Fd()), 0, size, syscall.PROT_READ, syscall.MAP_SHARED)
	return b, func() error { return syscall.Munmap(b) }, err
}

// sleepInKernel keeps the calling thread in the kernel for that long.
func sleepInKernel(d time.Duration) {
	// Without this a thread may sleep 50 µs longer than it asks for.
	const setTimerSlack, nanosecond = 29, 1
	_, _, _ = syscall.RawSyscall(syscall.SYS_PRCTL, setTimerSlack, nanosecond, 0)
	left := syscall.NsecToTimespec(d.Nanoseconds())
	for syscall.Nanosleep(&left, &left) == syscall.EINTR {
	}
}
