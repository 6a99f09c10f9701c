//go:build linux && amd64

package linux

import (
	"os"
	"syscall"
	"unsafe"
)

// mprotect changes what may be done with the pages of mappings.
func mprotect(p *Process, c Call) (uintptr, syscall.Errno) {
	at, end := c.A1, c.A1+roundUp(c.A2)
	p.files.mu.Lock()
	defer p.files.mu.Unlock()
	maps := p.files.overlapping(at, end)
	for _, m := range maps {
		if m.flags&0x0f != syscall.MAP_PRIVATE && c.A3&syscall.PROT_WRITE != 0 && !m.d.flag(os.O_RDWR) {
			return fail(syscall.EACCES)
		}
	}
	if _, errno := kernelCall(syscall.SYS_MPROTECT, c.A1, c.A2, c.A3, 0, 0); errno != 0 {
		return fail(errno)
	}
	for _, m := range maps {
		if m.flags&0x0f != syscall.MAP_PRIVATE && c.A3&syscall.PROT_WRITE != 0 {
			m.canStore = true
			m.file.watch()
		}
	}
	return 0, 0
}

// madvise hands advice to the kernel, but for that which changes the file.
func madvise(p *Process, c Call) (uintptr, syscall.Errno) {
	const madvRemove = 9
	if c.A3 == madvRemove {
		return fail(syscall.EOPNOTSUPP)
	}
	if _, errno := kernelCall(syscall.SYS_MADVISE, c.A1, c.A2, c.A3, 0, 0); errno != 0 {
		return fail(errno)
	}
	return 0, 0
}

// mincore says that every page is in memory.
func mincore(p *Process, c Call) (uintptr, syscall.Errno) {
	if c.A1%pageBytes != 0 {
		return fail(syscall.EINVAL)
	}
	for i := range memory(c.P3, roundUp(c.A2)/pageBytes) {
		*(*byte)(unsafe.Add(c.P3, i)) = 1
	}
	return 0, 0
}

// mremap moves a mapping to where there is room for its new length.
func mremap(p *Process, c Call) (uintptr, syscall.Errno) {
	const mayMove, fixed = 1, 2
	at, was, want := c.A1, roundUp(c.A2), roundUp(c.A3)
	switch {
	case c.A4&^mayMove != 0:
		return p.unsupported("mremap of a simulated file with the flags %#x", c.A4)
	case at%pageBytes != 0, was == 0, want == 0:
		return fail(syscall.EINVAL)
	case want <= was:
		for _, d := range p.unmap(at+want, at+was) {
			_ = p.drop(d) // as with munmap
		}
		return at, 0
	case c.A4&mayMove == 0:
		return fail(syscall.ENOMEM)
	}
	p.files.mu.Lock()
	defer p.files.mu.Unlock()
	maps := p.files.overlapping(at, at+was)
	if len(maps) != 1 || maps[0].at > at || maps[0].end() < at+was {
		return fail(syscall.EFAULT)
	}
	old := maps[0]
	to, errno := p.addressesFor(want)
	if errno != 0 {
		return fail(errno)
	}
	if _, errno := kernelCall(syscall.SYS_MREMAP, at, was, want, mayMove|fixed, to); errno != 0 {
		return fail(errno)
	}
	vacate(at, was)
	moved, before, behind := *old, *old, *old
	moved.at, moved.length, moved.off = to, want, old.off+int64(at-old.at)
	before.length = at - old.at
	behind.at, behind.length, behind.off = at+was, old.end()-at-was, old.off+int64(at+was-old.at)
	for _, part := range []*mapping{&moved, &before, &behind} {
		if part.length > 0 {
			p.hold(old.d)
			p.files.insert(part)
		}
	}
	p.files.remove(old)
	_ = p.drop(old.d) // others hold it
	return to, 0
}
