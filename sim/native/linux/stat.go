//go:build linux && amd64

package linux

import (
	"io/fs"
	"syscall"
	"unsafe"

	"powercut/vfs"
)

const (
	atSymlinkNofollow = 0x100
	atRemovedir       = 0x200
	atSymlinkFollow   = 0x400
	atEmptyPath       = 0x1000
)

func stat(p *Process, c Call) (uintptr, syscall.Errno) { return p.stat(cwd, c.P1, c.P2, 0) }

func lstat(p *Process, c Call) (uintptr, syscall.Errno) {
	return p.stat(cwd, c.P1, c.P2, atSymlinkNofollow)
}

func newfstatat(p *Process, c Call) (uintptr, syscall.Errno) { return p.stat(c.A1, c.P2, c.P3, c.A4) }

func fstat(p *Process, c Call) (uintptr, syscall.Errno) {
	st, errno := p.describeOpen(c.A1)
	if errno != 0 {
		return fail(errno)
	}
	*(*syscall.Stat_t)(c.P2) = st
	return 0, 0
}

func (p *Process) stat(dirfd uintptr, at, to unsafe.Pointer, flags uintptr) (uintptr, syscall.Errno) {
	st, errno := p.describe(dirfd, at, flags)
	if errno != 0 {
		return fail(errno)
	}
	*(*syscall.Stat_t)(to) = st
	return 0, 0
}

// describe is what stat says of a path, or of a descriptor where there is none.
func (p *Process) describe(dirfd uintptr, at unsafe.Pointer, flags uintptr) (syscall.Stat_t, syscall.Errno) {
	name, errno := text(at)
	switch {
	case errno != 0:
		return syscall.Stat_t{}, errno
	case name == "" && flags&atEmptyPath != 0:
		return p.describeOpen(dirfd)
	case isDevice(name):
		return deviceStat, 0
	case isTop(name):
		return topStat, 0
	}
	m, name, errno := p.resolveText(dirfd, name)
	if errno != 0 {
		return syscall.Stat_t{}, errno
	}
	var info fs.FileInfo
	var err error
	if flags&atSymlinkNofollow != 0 {
		info, _, err = m.disk.LstatIfPossible(name)
	} else {
		info, err = m.disk.Stat(name)
	}
	if _, errno := p.result(err); errno != 0 {
		return syscall.Stat_t{}, errno
	}
	return m.statOf(info), 0
}

func (p *Process) describeOpen(fd uintptr) (syscall.Stat_t, syscall.Errno) {
	d := p.lookup(fd)
	if int32(fd) == cwdFD {
		var errno syscall.Errno
		if d, errno = p.directory(fd); errno != 0 {
			return syscall.Stat_t{}, errno
		}
	}
	switch {
	case d == nil:
		return syscall.Stat_t{}, syscall.EBADF
	case d.isDevice():
		return deviceStat, 0
	}
	info, err := d.file.Stat()
	if errno := errnoOf(err); errno != 0 {
		return syscall.Stat_t{}, errno
	}
	return d.m.statOf(info), 0
}

var (
	deviceStat = syscall.Stat_t{Dev: 5, Ino: 9, Nlink: 1, Mode: syscall.S_IFCHR | 0o666, Rdev: 1<<8 | 9, Blksize: 4096}
	topStat    = syscall.Stat_t{Dev: 0x70_0000, Ino: 1, Nlink: 1, Mode: syscall.S_IFDIR | 0o111, Size: 4096, Blksize: 4096}
)

// statOf is what stat says. The disk keeps one time of each file, which is all three
// here; blocks follow the size; a directory has one link, as on btrfs, or none when it
// was removed.
func (m *mount) statOf(info fs.FileInfo) syscall.Stat_t {
	i := info.(*vfs.FileInfo)
	st := syscall.Stat_t{
		Dev: m.dev, Ino: i.Ino(), Nlink: uint64(i.Links()), Mode: unixMode(i.Mode()), Size: i.Size(),
		Blksize: 4096, Blocks: (i.Size() + 4095) / 4096 * 8,
	}
	if i.IsDir() {
		st.Size, st.Blocks = 4096, 8
	}
	t := syscall.NsecToTimespec(i.ModTime().UnixNano())
	st.Mtim, st.Ctim, st.Atim = t, t, t
	return st
}

// unixMode is a mode as stat has it.
func unixMode(mode fs.FileMode) uint32 {
	out := uint32(mode.Perm())
	for _, bit := range specialBits {
		if mode&bit.fs != 0 {
			out |= bit.unix
		}
	}
	switch {
	case mode.IsDir():
		return out | syscall.S_IFDIR
	case mode&fs.ModeSymlink != 0:
		return out | syscall.S_IFLNK
	}
	return out | syscall.S_IFREG
}

// statxT is what statx fills in, in Linux's layout.
type statxT struct {
	mask, blksize              uint32
	attributes                 uint64
	nlink, uid, gid            uint32
	mode, _                    uint16
	ino, size, blocks, attMask uint64
	atime, btime, ctime, mtime statxTime
	rdevMajor, rdevMinor       uint32
	devMajor, devMinor         uint32
	mountID                    uint64
	dioMemory, dioOffset       uint32
	_                          [12]uint64
}

type statxTime struct {
	sec  int64
	nsec uint32
	_    int32
}

// statxBasic are the fields that stat has too.
const statxBasic = 0x7ff

func statx(p *Process, c Call) (uintptr, syscall.Errno) {
	st, errno := p.describe(c.A1, c.P2, c.A3)
	if errno != 0 {
		return fail(errno)
	}
	t := statxTime{sec: st.Mtim.Sec, nsec: uint32(st.Mtim.Nsec)}
	*(*statxT)(c.P5) = statxT{
		mask: statxBasic, blksize: uint32(st.Blksize), nlink: uint32(st.Nlink), mode: uint16(st.Mode),
		ino: st.Ino, size: uint64(st.Size), blocks: uint64(st.Blocks), atime: t, ctime: t, mtime: t,
		rdevMajor: uint32(st.Rdev >> 8), rdevMinor: uint32(st.Rdev & 0xff), devMajor: uint32(st.Dev >> 8), devMinor: uint32(st.Dev & 0xff),
	}
	return 0, 0
}

func access(p *Process, c Call) (uintptr, syscall.Errno) { return p.access(cwd, c.P1, c.A2, 0) }

func faccessat(p *Process, c Call) (uintptr, syscall.Errno) { return p.access(c.A1, c.P2, c.A3, 0) }

func faccessat2(p *Process, c Call) (uintptr, syscall.Errno) { return p.access(c.A1, c.P2, c.A3, c.A4) }

// access lets everything be read and written, as for root, and what has no bit for it
// not be run.
func (p *Process) access(dirfd uintptr, at unsafe.Pointer, how, flags uintptr) (uintptr, syscall.Errno) {
	const executes = 1
	if how > 7 {
		return fail(syscall.EINVAL)
	}
	st, errno := p.describe(dirfd, at, flags)
	switch {
	case errno != 0:
		return fail(errno)
	case how&executes != 0 && st.Mode&syscall.S_IFMT == syscall.S_IFREG && st.Mode&0o111 == 0:
		return fail(syscall.EACCES)
	}
	return 0, 0
}

func statfs(p *Process, c Call) (uintptr, syscall.Errno) {
	m, name, errno := p.resolve(cwd, c.P1)
	if errno != 0 {
		return fail(errno)
	}
	if _, err := m.disk.Stat(name); err != nil {
		return p.result(err)
	}
	return m.statfs(c.P2)
}

func fstatfs(p *Process, c Call) (uintptr, syscall.Errno) {
	d := p.lookup(c.A1)
	switch {
	case d == nil:
		return fail(syscall.EBADF)
	case d.isDevice():
		return fail(syscall.ENOSYS)
	}
	return d.m.statfs(c.P2)
}

// endlessBlocks is how many blocks a disk without a bound says that it has.
const endlessBlocks = 1 << 28

// statfs says that the filesystem is ext4, with the room that is left.
func (m *mount) statfs(to unsafe.Pointer) (uintptr, syscall.Errno) {
	const ext4 = 0xef53
	blocks, free := uint64(endlessBlocks), uint64(endlessBlocks/2)
	if capacity, left, ok := m.disk.Space(); ok {
		blocks, free = uint64(capacity/4096), uint64(left/4096)
	}
	*(*syscall.Statfs_t)(to) = syscall.Statfs_t{Type: ext4, Bsize: 4096, Frsize: 4096, Blocks: blocks, Bfree: free, Bavail: free,
		Files: 1 << 20, Ffree: 1 << 19, Namelen: 255, Fsid: syscall.Fsid{X__val: [2]int32{int32(m.dev), 0}}}
	return 0, 0
}
