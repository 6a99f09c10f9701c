//go:build linux && amd64

package linux

import (
	"io"
	"syscall"
	"unsafe"
)

// copyChunk is how much of a copy the kernel has in hand at once: what its pipe holds.
const copyChunk = 64 << 10

// rangeCopy is a copy_file_range: so many bytes from an offset of one file to one of another.
type rangeCopy struct {
	from, to     *description
	fromAt, toAt int64
	left         int64
}

// copyFileRange reads and writes in turns, as the kernel does where blocks can't be shared.
// Where they can, on xfs and btrfs, a power cut leaves nothing that it may not leave of this.
func copyFileRange(p *Process, c Call) (uintptr, syscall.Errno) {
	r := rangeCopy{from: p.lookup(c.A1), to: p.lookup(c.A3)}
	errno := r.mayBe(c)
	if errno == 0 {
		r.fromAt, errno = r.from.begin(c.P2)
	}
	if errno == 0 {
		r.toAt, errno = r.to.begin(c.P4)
	}
	if errno == 0 {
		errno = r.bound(c.A5)
	}
	if errno != 0 {
		return fail(errno)
	}
	n, errno := r.run()
	if n == 0 && errno != 0 {
		return fail(errno)
	}
	r.from.advance(c.P2, r.fromAt)
	r.to.advance(c.P4, r.toAt)
	return uintptr(n), 0
}

// mayBe says why a copy is refused for what the descriptors and flags are. Where several
// reasons apply it gives the one that Linux does.
func (r *rangeCopy) mayBe(c Call) syscall.Errno {
	switch {
	case r.from == nil && isSimulated(c.A1), r.to == nil && isSimulated(c.A3):
		return syscall.EBADF
	case c.A6 != 0:
		return syscall.EINVAL
	case r.from == nil, r.to == nil: // one of them is the machine's
		return syscall.EXDEV
	case r.from.dir, r.to.dir:
		return syscall.EISDIR
	case r.from.isDevice(), r.to.isDevice():
		return syscall.EINVAL
	case r.from.flag(syscall.O_WRONLY), !r.to.flag(syscall.O_WRONLY | syscall.O_RDWR), r.to.flag(syscall.O_APPEND):
		return syscall.EBADF
	case r.from.m != r.to.m:
		return syscall.EXDEV
	}
	return 0
}

// begin is where a copy begins in a file: at the caller's offset, or at the description's own.
func (d *description) begin(given unsafe.Pointer) (int64, syscall.Errno) {
	if given != nil {
		return *(*int64)(given), 0
	}
	return d.at(atOffset)
}

// bound ends the copy where the file ends that it reads, and says what is wrong with its
// offsets.
func (r *rangeCopy) bound(length uintptr) syscall.Errno {
	overflows := func(at int64) bool { return uint64(at)+uint64(length) < uint64(at) }
	if overflows(r.fromAt) || overflows(r.toAt) {
		return syscall.EOVERFLOW
	}
	info, err := r.from.file.Stat()
	if err != nil {
		return errnoOf(err)
	}
	r.left = int64(min(uint64(length), uint64(max(info.Size()-r.fromAt, 0))))
	switch {
	case r.from.ino == r.to.ino && r.toAt+r.left > r.fromAt && r.toAt < r.fromAt+r.left:
		return syscall.EINVAL
	case r.fromAt < 0, r.toAt < 0:
		return syscall.EINVAL
	}
	r.left = min(r.left, maxTransfer)
	return 0
}

// run copies, and returns how much was copied before there was an error.
func (r *rangeCopy) run() (n int64, errno syscall.Errno) {
	for r.left > 0 {
		b := make([]byte, min(r.left, copyChunk))
		got, err := r.from.file.ReadAt(b, r.fromAt)
		if got == 0 {
			if err == io.EOF {
				err = nil
			}
			return n, errnoOf(err)
		}
		put, err := r.to.file.WriteAt(b[:got], r.toAt)
		r.fromAt, r.toAt, r.left, n = r.fromAt+int64(put), r.toAt+int64(put), r.left-int64(put), n+int64(put)
		if err != nil {
			return n, errnoOf(err)
		}
	}
	return n, 0
}

// advance says how far a copy came: to the caller, or by the description's own offset.
func (d *description) advance(given unsafe.Pointer, at int64) {
	if given != nil {
		*(*int64)(given) = at
		return
	}
	_, _ = d.file.Seek(at, io.SeekStart) // it was lawful before the copy
}
