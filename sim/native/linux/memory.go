//go:build linux && amd64

package linux

import (
	"os"
	"slices"
	"sync"
	"syscall"
)

// memoryFiles are the files that a process has mapped, and where.
type memoryFiles struct {
	mu    sync.Mutex
	files []*memoryFile
	maps  []*mapping // by address
}

// takeStores makes pending writes of what the program stored in files since the last
// call.
func (s *memoryFiles) takeStores(p *Process) {
	type write struct {
		d *description
		stored
	}
	var writes []write
	s.mu.Lock()
	for _, f := range s.files {
		if f.shadow == nil {
			continue
		}
		if i := slices.IndexFunc(f.maps, func(m *mapping) bool { return m.canStore }); i >= 0 {
			for _, w := range f.stores() {
				writes = append(writes, write{f.maps[i].d, w})
			}
		}
	}
	s.mu.Unlock()
	for _, w := range writes { // without the lock: each is an operation
		if w.d.mapped().StoreAt(w.data, w.off) != nil {
			return // the power was cut
		}
	}
}

// refresh has the mappings show what the files show.
func (s *memoryFiles) refresh() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.files {
		f.update(f.maps[0].d)
	}
}

// overlapping lists the mappings that have addresses in [from, to).
func (s *memoryFiles) overlapping(from, to uintptr) (out []*mapping) {
	for _, m := range s.maps {
		if m.at < to && from < m.end() {
			out = append(out, m)
		}
	}
	return out
}

// insert adds a mapping, in the order of addresses.
func (s *memoryFiles) insert(m *mapping) {
	i, _ := slices.BinarySearchFunc(s.maps, m.at, func(o *mapping, at uintptr) int {
		if o.at < at {
			return -1
		}
		return 1
	})
	s.maps = slices.Insert(s.maps, i, m)
	m.file.maps = append(m.file.maps, m)
}

// remove forgets a mapping, and its file with the last one.
func (s *memoryFiles) remove(m *mapping) {
	s.maps = slices.DeleteFunc(s.maps, func(o *mapping) bool { return o == m })
	m.file.maps = slices.DeleteFunc(m.file.maps, func(o *mapping) bool { return o == m })
	if len(m.file.maps) == 0 {
		m.file.close()
		s.files = slices.DeleteFunc(s.files, func(f *memoryFile) bool { return f == m.file })
	}
}

// room finds the lowest addresses of a slot that are free, with a page behind them that
// nobody has.
func (s *memoryFiles) room(from, to, length uintptr) (uintptr, syscall.Errno) {
	at := from
	for _, m := range s.maps {
		if m.at >= at+length+pageBytes {
			break
		}
		at = max(at, m.end()+pageBytes)
	}
	if at+length+pageBytes > to || length > to-from {
		return 0, syscall.ENOMEM
	}
	return at, 0
}

// addressesFor finds room in the process's slot. files.mu is held.
func (p *Process) addressesFor(length uintptr) (uintptr, syscall.Errno) {
	if p.slot < 0 {
		slot, errno := p.sys.space.slot()
		if errno != 0 {
			return 0, errno
		}
		p.slot = slot
	}
	first := p.sys.space.first + uintptr(p.slot)*slotBytes
	return p.files.room(first, first+slotBytes, length)
}

// mmap maps a file. Where it lies, the process's slot decides, whatever the hint.
func mmap(p *Process, c Call) (uintptr, syscall.Errno) {
	length, prot, flags, off := roundUp(c.A2), c.A3, c.A4, int64(c.A6)
	d := p.lookup(c.A5)
	kind := flags & 0x0f // MAP_TYPE
	shared := kind == syscall.MAP_SHARED || kind == 3
	switch {
	case d == nil:
		return fail(syscall.EBADF)
	case flags&syscall.MAP_FIXED != 0 || flags&mapFixedNoreplace != 0:
		return p.unsupported("mmap of a simulated file at a fixed address")
	case c.A2 == 0, off%pageBytes != 0, !shared && kind != syscall.MAP_PRIVATE:
		return fail(syscall.EINVAL)
	case length == 0 || off < 0:
		return fail(syscall.EOVERFLOW)
	case d.flag(os.O_WRONLY), shared && prot&syscall.PROT_WRITE != 0 && !d.flag(os.O_RDWR):
		return fail(syscall.EACCES)
	case d.isDevice(), d.dir:
		return fail(syscall.ENODEV)
	}
	p.files.mu.Lock()
	defer p.files.mu.Unlock()
	at, errno := p.addressesFor(length)
	if errno != 0 {
		return fail(errno)
	}
	file, errno := p.fileOf(d)
	if errno != 0 {
		return fail(errno)
	}
	m := &mapping{file: file, d: d, at: at, length: length, off: off, prot: prot, flags: flags, canStore: shared && prot&syscall.PROT_WRITE != 0}
	p.hold(d)
	p.files.insert(m)
	if _, errno = mmapRaw(at, length, prot, flags|syscall.MAP_FIXED, file.fd, off); errno != 0 {
		p.files.remove(m)
		_ = p.drop(d) // it was open before
		return fail(errno)
	}
	if m.canStore {
		file.watch()
	}
	return at, 0
}

// hold adds a use of a description.
func (p *Process) hold(d *description) {
	p.mu.Lock()
	defer p.mu.Unlock()
	d.users++
}

// fileOf is the memory of a file. files.mu is held.
func (p *Process) fileOf(d *description) (*memoryFile, syscall.Errno) {
	for _, f := range p.files.files {
		if f.m == d.m && f.ino == d.ino {
			return f, 0
		}
	}
	f, errno := openMemory(d)
	if errno == 0 {
		p.files.files = append(p.files.files, f)
	}
	return f, errno
}

// munmap takes pages away, of one mapping or several, or parts of them.
func munmap(p *Process, c Call) (uintptr, syscall.Errno) {
	at, length := c.A1, roundUp(c.A2)
	if at%pageBytes != 0 || length == 0 || at+length < at {
		return fail(syscall.EINVAL)
	}
	for _, d := range p.unmap(at, at+length) {
		_ = p.drop(d) // what it says when it is closed, munmap has no way to tell
	}
	return 0, 0
}

// unmap takes away the pages in [from, to), and returns the descriptions that are in
// use once less for each mapping that is gone.
func (p *Process) unmap(from, to uintptr) (dropped []*description) {
	p.files.mu.Lock()
	defer p.files.mu.Unlock()
	for _, m := range p.files.overlapping(from, to) {
		first, last := max(m.at, from), min(m.end(), to)
		vacate(first, last-first)
		before, behind := *m, *m
		before.length = first - m.at
		behind.at, behind.length, behind.off = last, m.end()-last, m.off+int64(last-m.at)
		for _, part := range []*mapping{&before, &behind} {
			if part.length > 0 {
				p.hold(m.d)
				p.files.insert(part)
			}
		}
		p.files.remove(m)
		dropped = append(dropped, m.d)
	}
	return dropped
}

// unmapAll is for a process that ends.
func (p *Process) unmapAll() {
	p.unmap(p.sys.space.first, p.sys.space.end)
	p.files.mu.Lock()
	defer p.files.mu.Unlock()
	if p.slot >= 0 {
		p.sys.space.giveBack(p.slot)
		p.slot = -1
	}
}

// msync makes durable what was stored to pages; what the process stored is the disk's
// by now.
func msync(p *Process, c Call) (uintptr, syscall.Errno) {
	const async, invalidate, synchronous = 1, 2, 4
	at, end := c.A1, c.A1+roundUp(c.A2)
	if at%pageBytes != 0 || c.A3&^(async|invalidate|synchronous) != 0 || c.A3&(async|synchronous) == async|synchronous {
		return fail(syscall.EINVAL)
	}
	p.files.mu.Lock()
	maps := p.files.overlapping(at, end)
	p.files.mu.Unlock()
	var first syscall.Errno
	next := at // the first address that no mapping had yet
	for _, m := range maps {
		from, to := max(m.at, at), min(m.end(), end)
		if from > next {
			first = syscall.ENOMEM
		}
		next = to
		if c.A3&synchronous == 0 || m.flags&0x0f == syscall.MAP_PRIVATE {
			continue
		}
		if err := m.d.mapped().SyncRange(m.off+int64(from-m.at), int64(to-from)); err != nil {
			return fail(errnoOf(err))
		}
	}
	if next < end {
		first = syscall.ENOMEM
	}
	if first != 0 {
		return fail(first)
	}
	return 0, 0
}
