//go:build linux && amd64

package linux

import (
	"io"
	"os"
	"syscall"
	"unsafe"

	"powercut/vfs"
)

// atOffset as an offset means the description's own.
const atOffset = -1

func read(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.read(c.A1, [][]byte{memory(c.P2, min(c.A3, maxTransfer))}, atOffset)
}

func pread(p *Process, c Call) (uintptr, syscall.Errno) {
	if int64(c.A4) < 0 {
		return fail(syscall.EINVAL)
	}
	return p.read(c.A1, [][]byte{memory(c.P2, min(c.A3, maxTransfer))}, int64(c.A4))
}

func write(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.write(c.A1, [][]byte{memory(c.P2, min(c.A3, maxTransfer))}, atOffset)
}

func pwrite(p *Process, c Call) (uintptr, syscall.Errno) {
	if int64(c.A4) < 0 {
		return fail(syscall.EINVAL)
	}
	return p.write(c.A1, [][]byte{memory(c.P2, min(c.A3, maxTransfer))}, int64(c.A4))
}

// vectored is a call with several buffers.
func vectored(do func(p *Process, fd uintptr, bufs [][]byte, off int64) (uintptr, syscall.Errno), writes, positioned, flagged bool) func(*Process, Call) (uintptr, syscall.Errno) {
	return func(p *Process, c Call) (uintptr, syscall.Errno) {
		if flagged && c.A6 != 0 {
			return fail(syscall.EOPNOTSUPP) // what RWF flags ask for; a program goes on without
		}
		off := int64(atOffset)
		if positioned {
			if off = int64(c.A4); off < 0 && !(flagged && off == atOffset) {
				return fail(syscall.EINVAL)
			}
		}
		bufs, errno := buffers(c.P2, c.A3)
		if errno != 0 {
			return fail(errno)
		}
		if d := p.lookup(c.A1); d != nil && d.dir && lengthOf(bufs) == 0 && !writes {
			return 0, 0 // it isn't even asked whether that can be read
		}
		return do(p, c.A1, bufs, off)
	}
}

// buffers are what an array of iovecs points to.
func buffers(at unsafe.Pointer, count uintptr) ([][]byte, syscall.Errno) {
	const most = 1024
	if count > most {
		return nil, syscall.EINVAL
	}
	if count == 0 {
		return nil, 0
	}
	var bufs [][]byte
	left := uintptr(maxTransfer)
	for _, v := range unsafe.Slice((*syscall.Iovec)(at), count) {
		n := min(uintptr(v.Len), left)
		bufs = append(bufs, memory(unsafe.Pointer(v.Base), n))
		left -= n
	}
	return bufs, 0
}

func lengthOf(bufs [][]byte) (n int) {
	for _, b := range bufs {
		n += len(b)
	}
	return n
}

// read reads into the caller's buffers, by way of one of its own: the caller's stack
// may move while the disk is at work.
func (p *Process) read(fd uintptr, bufs [][]byte, off int64) (uintptr, syscall.Errno) {
	d := p.lookup(fd)
	n := lengthOf(bufs)
	switch {
	case d == nil:
		return fail(syscall.EBADF)
	case d.isDevice():
		b := make([]byte, n)
		p.sys.services.Entropy(b)
		spread(bufs, b)
		return uintptr(n), 0
	case d.dir:
		return fail(syscall.EISDIR)
	case d.flag(syscall.O_WRONLY):
		return fail(syscall.EBADF)
	case n == 0:
		return 0, 0
	}
	at, errno := d.at(off)
	if errno == 0 {
		errno = d.aligned(bufs, at)
	}
	if errno == 0 {
		errno = d.owed(at)
	}
	if errno != 0 {
		return fail(errno)
	}
	b := make([]byte, n)
	var err error
	if off == atOffset {
		n, err = d.file.Read(b)
	} else {
		n, err = d.file.ReadAt(b, off)
	}
	spread(bufs, b[:n])
	return d.moved(n, at, err)
}

// spread copies to buffers, one after the other.
func spread(bufs [][]byte, from []byte) {
	for _, b := range bufs {
		from = from[copy(b, from):]
	}
}

func (p *Process) write(fd uintptr, bufs [][]byte, off int64) (uintptr, syscall.Errno) {
	d := p.lookup(fd)
	n := lengthOf(bufs)
	switch {
	case d == nil:
		return fail(syscall.EBADF)
	case d.isDevice():
		return uintptr(n), 0 // what is written to it is stirred in
	case d.dir || !d.flag(syscall.O_WRONLY|syscall.O_RDWR):
		return fail(syscall.EBADF)
	case n == 0:
		return 0, 0
	}
	at, errno := d.at(off)
	if errno == 0 {
		errno = d.aligned(bufs, at)
	}
	if errno == 0 {
		errno = d.owed(at)
	}
	if errno != 0 {
		return fail(errno)
	}
	b := make([]byte, 0, n)
	for _, part := range bufs {
		b = append(b, part...)
	}
	var err error
	switch {
	case off == atOffset:
		n, err = d.file.Write(b)
	case d.flag(os.O_APPEND): // Linux appends, whatever offset is asked for
		if at, err = d.file.Seek(0, io.SeekCurrent); err == nil {
			n, err = d.file.Write(b)
			_, _ = d.file.Seek(at, io.SeekStart) // it was there a moment ago
		}
	default:
		n, err = d.file.WriteAt(b, off)
	}
	return d.moved(n, at, err)
}

// at is the offset at which a read or write takes place.
func (d *description) at(off int64) (int64, syscall.Errno) {
	if off != atOffset {
		return off, 0
	}
	at, err := d.file.Seek(0, io.SeekCurrent)
	return at, errnoOf(err)
}

// moved is what a read or write returns: the error only if no byte was moved. Else
// whoever goes on from there is told.
func (d *description) moved(n int, at int64, err error) (uintptr, syscall.Errno) {
	errno := errnoOf(err)
	if n > 0 {
		if errno != 0 {
			d.owe(errno, at+int64(n))
		}
		return uintptr(n), 0
	}
	if errno != 0 {
		return fail(errno)
	}
	return 0, 0
}

// directAlignment is what O_DIRECT asks of buffers, lengths and offsets: the sector.
const directAlignment = 512

// aligned says what is wrong with a read or write through O_DIRECT.
func (d *description) aligned(bufs [][]byte, at int64) syscall.Errno {
	if !d.flag(syscall.O_DIRECT) {
		return 0
	}
	if at%directAlignment != 0 {
		return syscall.EINVAL
	}
	for _, b := range bufs {
		if len(b)%directAlignment != 0 || uintptr(unsafe.Pointer(unsafe.SliceData(b)))%directAlignment != 0 {
			return syscall.EINVAL
		}
	}
	return 0
}

// lseek moves a file's offset; of a directory it goes back to an entry.
func lseek(p *Process, c Call) (uintptr, syscall.Errno) {
	d := p.lookup(c.A1)
	off, whence := int64(c.A2), int(c.A3)
	switch {
	case d == nil:
		return fail(syscall.EBADF)
	case d.isDevice():
		return 0, 0
	case d.dir:
		return d.seekDirectory(off, whence)
	}
	at, err := d.file.Seek(off, whence)
	if errno := errnoOf(err); errno != 0 {
		return fail(errno)
	}
	return uintptr(at), 0
}

func ftruncate(p *Process, c Call) (uintptr, syscall.Errno) {
	d := p.lookup(c.A1)
	switch {
	case d == nil:
		return fail(syscall.EBADF)
	case d.isDevice(), d.dir:
		return fail(syscall.EINVAL)
	}
	return p.result(d.file.Truncate(int64(c.A2)))
}

func truncate(p *Process, c Call) (uintptr, syscall.Errno) {
	m, name, errno := p.resolve(cwd, c.P1)
	if errno != 0 {
		return fail(errno)
	}
	return p.result(m.disk.Truncate(name, int64(c.A2)))
}

func fallocate(p *Process, c Call) (uintptr, syscall.Errno) {
	d := p.lookup(c.A1)
	switch {
	case d == nil:
		return fail(syscall.EBADF)
	case d.isDevice():
		return fail(syscall.ENODEV)
	case d.dir:
		return fail(syscall.EBADF) // it can't be open for writing
	}
	return p.result(d.file.(vfs.RangeAllocator).Fallocate(vfs.FallocateMode(c.A2), int64(c.A3), int64(c.A4)))
}

func fadvise(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.onFile(c.A1, func(*description) (uintptr, syscall.Errno) {
		if int(c.A4) > 5 {
			return fail(syscall.EINVAL)
		}
		return 0, 0
	})
}

func readahead(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.onFile(c.A1, func(d *description) (uintptr, syscall.Errno) {
		if d.dir {
			return fail(syscall.EINVAL)
		}
		return 0, 0
	})
}

// onFile calls f with the file that a descriptor has open.
func (p *Process) onFile(fd uintptr, f func(d *description) (uintptr, syscall.Errno)) (uintptr, syscall.Errno) {
	d := p.lookup(fd)
	switch {
	case d == nil:
		return fail(syscall.EBADF)
	case d.isDevice():
		return fail(syscall.EINVAL)
	}
	return f(d)
}
