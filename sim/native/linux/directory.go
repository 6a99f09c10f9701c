//go:build linux && amd64

package linux

import (
	"encoding/binary"
	"io"
	"io/fs"
	"strings"
	"syscall"

	"powercut/vfs"
)

// The kinds of a directory's entries.
const (
	entryDir  = 4
	entryFile = 8
	entryLink = 10
)

// entryHead is how many bytes of an entry come before its name.
const entryHead = 19

// getdents64 lists a directory as it was when it was read from its beginning: "." and
// "..", then the names in order.
func getdents64(p *Process, c Call) (uintptr, syscall.Errno) {
	d := p.lookup(c.A1)
	switch {
	case d == nil:
		return fail(syscall.EBADF)
	case d.isDevice(), !d.dir:
		return fail(syscall.ENOTDIR)
	}
	buf := memory(c.P2, c.A3)
	n := 0
	for {
		entry, errno := d.entry()
		switch {
		case errno != 0:
			return fail(errno)
		case entry == nil:
			return uintptr(n), 0
		case n+len(entry) > len(buf):
			if n == 0 {
				return fail(syscall.EINVAL)
			}
			return uintptr(n), 0
		}
		n += copy(buf[n:], entry)
		d.mu.Lock()
		d.next++
		d.mu.Unlock()
	}
}

// entry is the next entry of a directory, nil behind the last one.
func (d *description) entry() ([]byte, syscall.Errno) {
	d.mu.Lock()
	listed := d.listed
	d.mu.Unlock()
	if !listed {
		if _, err := d.file.Seek(0, io.SeekStart); err != nil {
			return nil, errnoOf(err)
		}
		list, err := d.file.Readdir(-1)
		if errno := errnoOf(err); errno != 0 {
			return nil, errno
		}
		d.mu.Lock()
		d.listing, d.listed = list, true
		d.mu.Unlock()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch i := d.next; {
	case i == 0:
		return entryOf(".", d.ino, entryDir, 1), 0
	case i == 1:
		return entryOf("..", rootInode, entryDir, 2), 0
	case i-2 < len(d.listing):
		info := d.listing[i-2]
		return entryOf(info.Name(), info.(*vfs.FileInfo).Ino(), kindOf(info), i+1), 0
	}
	return nil, 0
}

// rootInode is what ".." says: nobody looks.
const rootInode = 1

func kindOf(info fs.FileInfo) byte {
	switch {
	case info.IsDir():
		return entryDir
	case info.Mode()&fs.ModeSymlink != 0:
		return entryLink
	}
	return entryFile
}

// entryOf is an entry in the kernel's form; next is where the one behind it is.
func entryOf(name string, ino uint64, kind byte, next int) []byte {
	b := make([]byte, (entryHead+len(name)+1+7)/8*8)
	binary.NativeEndian.PutUint64(b, ino)
	binary.NativeEndian.PutUint64(b[8:], uint64(next))
	binary.NativeEndian.PutUint16(b[16:], uint16(len(b)))
	b[18] = kind
	copy(b[entryHead:], name)
	return b
}

// seekDirectory goes to an entry; to the beginning, it is read again.
func (d *description) seekDirectory(off int64, whence int) (uintptr, syscall.Errno) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		off += int64(d.next)
	case io.SeekStart:
	default:
		return fail(syscall.EINVAL)
	}
	if off < 0 {
		return fail(syscall.EINVAL)
	}
	if off == 0 {
		d.listed, d.listing = false, nil
	}
	d.next = int(off)
	return uintptr(off), 0
}

func chdir(p *Process, c Call) (uintptr, syscall.Errno) {
	name, errno := text(c.P1)
	if errno != 0 {
		return fail(errno)
	}
	if strings.HasPrefix(name, "/") && name != Top && !strings.HasPrefix(name, Top+"/") {
		return fail(NotMine)
	}
	m, name, errno := p.resolveText(cwd, name)
	if errno != 0 {
		return fail(errno)
	}
	f, err := m.disk.Open(name)
	if err != nil {
		return p.result(err)
	}
	d := newDescription(m, f, 0)
	if !d.dir {
		_ = f.Close() // it was only looked at
		return fail(syscall.ENOTDIR)
	}
	return p.changeDirectory(d)
}

func fchdir(p *Process, c Call) (uintptr, syscall.Errno) {
	d := p.lookup(c.A1)
	switch {
	case d == nil && !isSimulated(c.A1):
		return fail(NotMine)
	case d == nil:
		return fail(syscall.EBADF)
	case !d.dir:
		return fail(syscall.ENOTDIR)
	}
	return p.changeDirectory(d)
}

// changeDirectory makes an open directory the working directory.
func (p *Process) changeDirectory(d *description) (uintptr, syscall.Errno) {
	p.mu.Lock()
	was := p.cwd
	d.users++
	p.cwd = d
	p.mu.Unlock()
	if was != nil {
		_ = p.drop(was) // a directory says nothing when it is closed
	}
	p.sys.services.Relative(true)
	return 0, 0
}

func getcwd(p *Process, c Call) (uintptr, syscall.Errno) {
	d, errno := p.directory(cwd)
	if errno != 0 {
		return fail(errno)
	}
	where, removed := d.file.(vfs.Located).Where()
	if removed {
		return fail(syscall.ENOENT)
	}
	full := strings.TrimSuffix(Top+"/"+d.m.name+where, "/") + "\x00"
	if uintptr(len(full)) > c.A2 {
		return fail(syscall.ERANGE)
	}
	copy(memory(c.P1, c.A2), full)
	return uintptr(len(full)), 0
}
