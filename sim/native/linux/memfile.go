//go:build linux && amd64

package linux

import (
	"bytes"
	"slices"
	"syscall"
	"unsafe"
)

// memoryFile is a file that a process has mapped: its content in a memfd, of which
// all mappings are.
type memoryFile struct {
	m     *mount
	ino   uint64
	fd    uintptr // of the memfd
	size  int64
	known uint64 // the changes of the file that it has, see vfs.Mappable
	// shadow is what the memfd was known to have, once somebody can store: what
	// differs from it was stored. Nil before.
	shadow []byte
	maps   []*mapping
	bufs   []byte // see buffer
}

// mapping is a range of addresses at which a part of a file is.
type mapping struct {
	file     *memoryFile
	d        *description
	at       uintptr
	length   uintptr
	off      int64 // in the file
	prot     uintptr
	flags    uintptr
	canStore bool // stores are the file's
}

func (m *mapping) end() uintptr { return m.at + m.length }

const pageBytes = 4096

func roundUp(n uintptr) uintptr { return (n + pageBytes - 1) &^ (pageBytes - 1) }

// openMemory makes the memfd of a file.
func openMemory(d *description) (*memoryFile, syscall.Errno) {
	const memfdCreate, closeOnExec = 319, 1
	name := [...]byte{'f', 0}
	fd, _, errno := syscall.RawSyscall(memfdCreate, uintptr(unsafe.Pointer(&name[0])), closeOnExec, 0)
	if errno != 0 {
		return nil, errno
	}
	f := &memoryFile{m: d.m, ino: d.ino, fd: fd}
	f.update(d)
	return f, 0
}

func (f *memoryFile) close() { _, _, _ = syscall.RawSyscall(syscall.SYS_CLOSE, f.fd, 0, 0) }

// chunk is how much is compared or copied at once.
const chunk = 64 << 10

// buffer is one of two chunks for passing use.
func (f *memoryFile) buffer(i int) []byte {
	if f.bufs == nil {
		f.bufs = make([]byte, 2*chunk)
	}
	return f.bufs[i*chunk : (i+1)*chunk]
}

// update takes over what changed in the file since the last time, but for what was
// stored meanwhile and is not the file's yet.
func (f *memoryFile) update(d *description) {
	size, from, to, now := d.mapped().Changes(f.known)
	f.known = now
	if size != f.size {
		f.resize(size)
	}
	if from >= min(to, size) {
		return
	}
	buf, have := f.buffer(0), f.buffer(1)
	for off := from; off < min(to, size); off += chunk {
		n := d.mapped().LookAt(buf[:min(chunk, min(to, size)-off)], off)
		was := have[:n]
		clear(was)
		f.readMemory(was, off)
		f.merge(buf[:n], was, off)
	}
}

// merge writes to the memfd what it lacks of the file's bytes at an offset, a page at a
// time: what is a hole stays one.
func (f *memoryFile) merge(want, have []byte, off int64) {
	for i := 0; i < len(want); i += pageBytes {
		end := min(i+pageBytes, len(want))
		page, was := want[i:end], have[i:end]
		at := off + int64(i)
		if bytes.Equal(page, was) {
			f.learn(page, at)
			continue
		}
		if f.shadow != nil {
			shadow := f.shadow[at : at+int64(len(page))]
			for k := range page {
				if was[k] != shadow[k] {
					page[k] = was[k] // stored, and not taken over yet
				} else {
					shadow[k] = page[k]
				}
			}
		}
		f.writeMemory(page, at)
	}
}

// learn notes that the memfd has what the file has.
func (f *memoryFile) learn(b []byte, at int64) {
	if f.shadow != nil {
		copy(f.shadow[at:], b)
	}
}

// resize gives the memfd the file's size. What was stored behind the end is no part of
// the file, and does not show when that grows.
func (f *memoryFile) resize(size int64) {
	if rest := f.size % pageBytes; rest != 0 && size > f.size {
		f.writeMemory(make([]byte, min(pageBytes-rest, size-f.size)), f.size)
	}
	_, _, _ = syscall.RawSyscall(syscall.SYS_FTRUNCATE, f.fd, uintptr(size), 0)
	if f.shadow != nil {
		kept := min(int64(len(f.shadow)), size)
		f.shadow = append(f.shadow[:kept], make([]byte, size-kept)...)
	}
	f.size = size
}

func (f *memoryFile) readMemory(b []byte, off int64) int {
	if len(b) == 0 {
		return 0
	}
	n, _, errno := syscall.RawSyscall6(syscall.SYS_PREAD64, f.fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), uintptr(off), 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

func (f *memoryFile) writeMemory(b []byte, off int64) {
	if len(b) > 0 {
		_, _, _ = syscall.RawSyscall6(syscall.SYS_PWRITE64, f.fd, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), uintptr(off), 0, 0)
	}
}

// watch begins to look for stores.
func (f *memoryFile) watch() {
	if f.shadow == nil {
		f.shadow = make([]byte, f.size)
		f.eachPresent(func(off, end int64) {
			f.readMemory(f.shadow[off:end], off)
		})
	}
}

// eachPresent calls do with the ranges of the memfd that have pages: all that was ever
// read from the file or stored.
func (f *memoryFile) eachPresent(do func(off, end int64)) {
	const seekData, seekHole = 3, 4
	for off := int64(0); off < f.size; {
		from, _, errno := syscall.RawSyscall(syscall.SYS_LSEEK, f.fd, uintptr(off), seekData)
		if errno != 0 {
			return // none behind it
		}
		to, _, errno := syscall.RawSyscall(syscall.SYS_LSEEK, f.fd, from, seekHole)
		if errno != 0 {
			return
		}
		off = min(int64(to), f.size)
		do(int64(from), off)
	}
}

// stored is bytes that a program stored: those from the first to the last that differ
// in pages that follow each other.
type stored struct {
	off  int64
	data []byte
}

// stores finds what was stored since the last time.
func (f *memoryFile) stores() []stored {
	var out []stored
	buf := f.buffer(0)
	f.eachPresent(func(off, end int64) {
		for ; off < end; off += chunk {
			now := buf[:f.readMemory(buf[:min(chunk, end-off)], off)]
			if bytes.Equal(now, f.shadow[off:off+int64(len(now))]) {
				continue
			}
			for i := 0; i < len(now); i += pageBytes {
				out = f.storedIn(now[i:min(i+pageBytes, len(now))], off+int64(i), out)
			}
		}
	})
	return out
}

// storedIn appends what was stored in one page.
func (f *memoryFile) storedIn(page []byte, at int64, out []stored) []stored {
	shadow := f.shadow[at : at+int64(len(page))]
	first, last := -1, 0
	for i := range page {
		if page[i] != shadow[i] {
			if last = i; first < 0 {
				first = i
			}
		}
	}
	if first < 0 {
		return out
	}
	copy(shadow, page)
	if k := len(out) - 1; k >= 0 && (out[k].off+int64(len(out[k].data))+pageBytes-1)/pageBytes*pageBytes == at {
		// The page before has some too: what lies between is as it was.
		from := out[k].off + int64(len(out[k].data))
		out[k].data = append(out[k].data, f.shadow[from:at+int64(last)+1]...)
		return out
	}
	return append(out, stored{at + int64(first), slices.Clone(page[first : last+1])})
}
