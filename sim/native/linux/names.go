//go:build linux && amd64

package linux

import (
	"io/fs"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"powercut/vfs"
)

func mkdir(p *Process, c Call) (uintptr, syscall.Errno) { return p.mkdir(cwd, c.P1, c.A2) }

func mkdirat(p *Process, c Call) (uintptr, syscall.Errno) { return p.mkdir(c.A1, c.P2, c.A3) }

func (p *Process) mkdir(dirfd uintptr, at unsafe.Pointer, mode uintptr) (uintptr, syscall.Errno) {
	m, name, errno := p.resolve(dirfd, at)
	if errno != 0 {
		return fail(errno)
	}
	return p.result(m.disk.Mkdir(name, modeOf(uint32(mode)&^umask&(0o777|syscall.S_ISVTX))))
}

func unlink(p *Process, c Call) (uintptr, syscall.Errno) { return p.remove(cwd, c.P1, false) }

func rmdir(p *Process, c Call) (uintptr, syscall.Errno) { return p.remove(cwd, c.P1, true) }

func unlinkat(p *Process, c Call) (uintptr, syscall.Errno) {
	if c.A3&^atRemovedir != 0 {
		return fail(syscall.EINVAL)
	}
	return p.remove(c.A1, c.P2, c.A3 != 0)
}

func (p *Process) remove(dirfd uintptr, at unsafe.Pointer, dir bool) (uintptr, syscall.Errno) {
	m, name, errno := p.resolve(dirfd, at)
	if errno != 0 {
		return fail(errno)
	}
	if dir {
		return p.result(m.disk.Rmdir(name))
	}
	return p.result(m.disk.Unlink(name))
}

func rename(p *Process, c Call) (uintptr, syscall.Errno) { return p.rename(cwd, c.P1, cwd, c.P2, 0) }

func renameat(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.rename(c.A1, c.P2, c.A3, c.P4, 0)
}

func renameat2(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.rename(c.A1, c.P2, c.A3, c.P4, c.A5)
}

func (p *Process) rename(fromFD uintptr, from unsafe.Pointer, toFD uintptr, to unsafe.Pointer, flags uintptr) (uintptr, syscall.Errno) {
	if flags > uintptr(vfs.RenameExchange) {
		return fail(syscall.EINVAL) // before the paths are looked at
	}
	m, oldName, newName, errno := p.resolveTwo(fromFD, from, toFD, to, parentOf)
	if errno != 0 {
		return fail(errno)
	}
	return p.result(m.disk.RenameWith(oldName, newName, vfs.RenameFlags(flags)))
}

// resolveTwo finds two paths that must be on one mount. The kernel looks for the first,
// or what it makes of it, before it looks at the second.
func (p *Process) resolveTwo(fromFD uintptr, from unsafe.Pointer, toFD uintptr, to unsafe.Pointer, first func(string) string) (m *mount, oldName, newName string, errno syscall.Errno) {
	m, oldName, errno = p.resolve(fromFD, from)
	if errno != 0 {
		return nil, "", "", errno
	}
	other, newName, errno := p.resolve(toFD, to)
	if errno == 0 && other != m {
		errno = syscall.EXDEV
	}
	if errno != 0 {
		if _, _, err := m.disk.LstatIfPossible(first(oldName)); err != nil {
			errno = errnoOf(err)
		}
	}
	return m, oldName, newName, errno
}

// parentOf is the directory that a path's last element is in.
func parentOf(name string) string {
	name = strings.TrimRight(name, "/")
	return name[:strings.LastIndexByte(name, '/')+1] + "."
}

// itself is a path as it is.
func itself(name string) string { return name }

func link(p *Process, c Call) (uintptr, syscall.Errno) { return p.link(cwd, c.P1, cwd, c.P2, 0) }

func linkat(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.link(c.A1, c.P2, c.A3, c.P4, c.A5)
}

func (p *Process) link(fromFD uintptr, from unsafe.Pointer, toFD uintptr, to unsafe.Pointer, flags uintptr) (uintptr, syscall.Errno) {
	if flags&^(atSymlinkFollow|atEmptyPath) != 0 {
		return fail(syscall.EINVAL)
	}
	oldName, errno := text(from)
	if errno != 0 {
		return fail(errno)
	}
	var d *description
	switch {
	case oldName == "" && flags&atEmptyPath != 0:
		d = p.lookup(fromFD)
	case flags&atSymlinkFollow != 0:
		d = p.temporaryOf(oldName)
	}
	if d != nil && !d.isDevice() {
		return p.linkDescription(d, toFD, to)
	}
	m, oldName, newName, errno := p.resolveTwo(fromFD, from, toFD, to, itself)
	if errno != 0 {
		return fail(errno)
	}
	if flags&atSymlinkFollow != 0 {
		f, err := m.disk.Open(oldName)
		if err != nil {
			return p.result(err)
		}
		defer f.Close()
		return p.result(f.(vfs.LinkTaker).LinkTo(newName))
	}
	return p.result(m.disk.Link(oldName, newName))
}

// linkDescription gives an open file a name, as is done with O_TMPFILE.
func (p *Process) linkDescription(d *description, toFD uintptr, to unsafe.Pointer) (uintptr, syscall.Errno) {
	m, newName, errno := p.resolve(toFD, to)
	switch {
	case errno != 0:
		return fail(errno)
	case m != d.m:
		return fail(syscall.EXDEV)
	}
	return p.result(d.file.(vfs.LinkTaker).LinkTo(newName))
}

func symlink(p *Process, c Call) (uintptr, syscall.Errno) { return p.symlink(c.P1, cwd, c.P2) }

func symlinkat(p *Process, c Call) (uintptr, syscall.Errno) { return p.symlink(c.P1, c.A2, c.P3) }

func (p *Process) symlink(says unsafe.Pointer, dirfd uintptr, at unsafe.Pointer) (uintptr, syscall.Errno) {
	target, errno := text(says)
	if errno != 0 {
		return fail(errno)
	}
	m, name, errno := p.resolve(dirfd, at)
	if errno != 0 {
		return fail(errno)
	}
	return p.result(m.disk.SymlinkIfPossible(target, name))
}

func readlink(p *Process, c Call) (uintptr, syscall.Errno) { return p.readlink(cwd, c.P1, c.P2, c.A3) }

func readlinkat(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.readlink(c.A1, c.P2, c.P3, c.A4)
}

func (p *Process) readlink(dirfd uintptr, at, to unsafe.Pointer, size uintptr) (uintptr, syscall.Errno) {
	if int(size) <= 0 {
		return fail(syscall.EINVAL)
	}
	name, errno := text(at)
	switch {
	case errno != 0:
		return fail(errno)
	case isTop(name), isDevice(name):
		return fail(syscall.EINVAL)
	}
	m, name, errno := p.resolveText(dirfd, name)
	if errno != 0 {
		return fail(errno)
	}
	target, err := m.disk.ReadlinkIfPossible(name)
	if err != nil {
		return p.result(err)
	}
	return uintptr(copy(memory(to, size), target)), 0
}

func chmod(p *Process, c Call) (uintptr, syscall.Errno) { return p.chmod(cwd, c.P1, c.A2) }

func fchmodat(p *Process, c Call) (uintptr, syscall.Errno) { return p.chmod(c.A1, c.P2, c.A3) }

// fchmodat2 can do without following a link, which has no mode to change.
func fchmodat2(p *Process, c Call) (uintptr, syscall.Errno) {
	st, errno := p.describe(c.A1, c.P2, c.A4)
	switch {
	case errno != 0:
		return fail(errno)
	case st.Mode&syscall.S_IFMT == syscall.S_IFLNK:
		return fail(syscall.EOPNOTSUPP)
	}
	return p.chmod(c.A1, c.P2, c.A3)
}

func (p *Process) chmod(dirfd uintptr, at unsafe.Pointer, mode uintptr) (uintptr, syscall.Errno) {
	m, name, errno := p.resolve(dirfd, at)
	if errno != 0 {
		return fail(errno)
	}
	return p.result(m.disk.Chmod(name, modeOf(uint32(mode))))
}

func fchmod(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.onOpen(c.A1, func(f vfs.Attributes) error { return f.Chmod(modeOf(uint32(c.A2))) })
}

func fchown(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.onOpen(c.A1, vfs.Attributes.Chown)
}

// onOpen changes an attribute of an open file.
func (p *Process) onOpen(fd uintptr, change func(vfs.Attributes) error) (uintptr, syscall.Errno) {
	d := p.lookup(fd)
	switch {
	case d == nil:
		return fail(syscall.EBADF)
	case d.isDevice():
		return fail(syscall.EPERM)
	}
	return p.result(change(d.file.(vfs.Attributes)))
}

func chown(p *Process, c Call) (uintptr, syscall.Errno) { return p.chown(cwd, c.P1, 0) }

func lchown(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.chown(cwd, c.P1, atSymlinkNofollow)
}

func fchownat(p *Process, c Call) (uintptr, syscall.Errno) {
	if name, errno := text(c.P2); errno == 0 && name == "" && c.A5&atEmptyPath != 0 {
		return fchown(p, c)
	}
	return p.chown(c.A1, c.P2, c.A5)
}

// chown keeps no owners: it looks whether the file is there, and drops setuid.
func (p *Process) chown(dirfd uintptr, at unsafe.Pointer, flags uintptr) (uintptr, syscall.Errno) {
	m, name, errno := p.resolve(dirfd, at)
	if errno != 0 {
		return fail(errno)
	}
	if flags&atSymlinkNofollow != 0 {
		if info, _, err := m.disk.LstatIfPossible(name); err != nil || info.Mode()&fs.ModeSymlink != 0 {
			return p.result(err)
		}
	}
	return p.result(m.disk.Chown(name, 0, 0))
}

func utime(p *Process, c Call) (uintptr, syscall.Errno) {
	when := p.sys.services.Now()
	if c.P2 != nil {
		when = time.Unix((*syscall.Utimbuf)(c.P2).Modtime, 0)
	}
	return p.setTime(cwd, c.P1, when)
}

func utimes(p *Process, c Call) (uintptr, syscall.Errno) { return p.utimes(cwd, c.P1, c.P2) }

func futimesat(p *Process, c Call) (uintptr, syscall.Errno) { return p.utimes(c.A1, c.P2, c.P3) }

func (p *Process) utimes(dirfd uintptr, at, times unsafe.Pointer) (uintptr, syscall.Errno) {
	when := p.sys.services.Now()
	if times != nil {
		when = time.Unix(0, (*[2]syscall.Timeval)(times)[1].Nano())
	}
	return p.setTime(dirfd, at, when)
}

// The nanoseconds that stand for now, and for the time that there is.
const (
	utimeNow  = 1<<30 - 1
	utimeOmit = 1<<30 - 2
)

// utimensat sets the time of the last change; that of the last access is not kept.
func utimensat(p *Process, c Call) (uintptr, syscall.Errno) {
	now := p.sys.services.Now()
	access, when := now, now
	if c.P3 != nil {
		times := (*[2]syscall.Timespec)(c.P3)
		var ok [2]bool
		if access, ok[0] = timeOf(times[0], now); ok[0] {
			when, ok[1] = timeOf(times[1], now)
		}
		if !ok[1] {
			return fail(syscall.EINVAL)
		}
	}
	if c.P2 == nil {
		return p.onOpen(c.A1, func(f vfs.Attributes) error { return f.Chtimes(when) })
	}
	return p.setTimes(c.A1, c.P2, access, when, c.A4)
}

// timeOf reads a time for utimensat: the zero one leaves what there is.
func timeOf(t syscall.Timespec, now time.Time) (when time.Time, ok bool) {
	switch {
	case t.Nsec == utimeOmit:
		return time.Time{}, true
	case t.Nsec == utimeNow:
		return now, true
	}
	return time.Unix(t.Sec, t.Nsec), 0 <= t.Nsec && t.Nsec < 1e9
}

func (p *Process) setTime(dirfd uintptr, at unsafe.Pointer, when time.Time) (uintptr, syscall.Errno) {
	return p.setTimes(dirfd, at, when, when, 0)
}

func (p *Process) setTimes(dirfd uintptr, at unsafe.Pointer, access, when time.Time, flags uintptr) (uintptr, syscall.Errno) {
	m, name, errno := p.resolve(dirfd, at)
	if errno != 0 {
		return fail(errno)
	}
	if flags&atSymlinkNofollow != 0 {
		if info, _, err := m.disk.LstatIfPossible(name); err != nil || info.Mode()&fs.ModeSymlink != 0 {
			return p.result(err) // the time of a link is not kept
		}
	}
	return p.result(m.disk.Chtimes(name, access, when))
}
