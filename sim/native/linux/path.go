//go:build linux && amd64

package linux

import (
	"path"
	"strings"
	"syscall"
	"unsafe"

	"powercut/vfs"
)

// cwd as a directory's descriptor means the working directory.
const cwdFD = -100

// isTop says whether a path is that of Top itself.
func isTop(name string) bool { return strings.HasPrefix(name, Top) && path.Clean(name) == Top }

// resolve finds the mount that a path is on, and the path from the mount's root.
func (p *Process) resolve(dirfd uintptr, at unsafe.Pointer) (m *mount, name string, errno syscall.Errno) {
	name, errno = text(at)
	if errno != 0 {
		return nil, "", errno
	}
	return p.resolveText(dirfd, name)
}

func (p *Process) resolveText(dirfd uintptr, name string) (*mount, string, syscall.Errno) {
	if name == "" {
		return nil, "", syscall.ENOENT
	}
	if name[0] == '/' {
		return p.absolute(name)
	}
	dir, errno := p.directory(dirfd)
	if errno != 0 {
		return nil, "", errno
	}
	where, removed := dir.file.(vfs.Located).Where()
	switch {
	case !dir.dir:
		return nil, "", syscall.ENOTDIR
	case removed:
		return nil, "", syscall.ENOENT
	}
	full := strings.TrimSuffix(where, "/") + "/" + name
	if leadsOut(full) {
		return p.absolute(path.Clean(Top + "/" + dir.m.name + full))
	}
	return dir.m, full, 0
}

// directory is what a relative path begins at.
func (p *Process) directory(dirfd uintptr) (*description, syscall.Errno) {
	if int32(dirfd) != cwdFD {
		d := p.lookup(dirfd)
		switch {
		case d == nil:
			return nil, syscall.EBADF
		case d.isDevice():
			return nil, syscall.ENOTDIR
		}
		return d, 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cwd == nil {
		return nil, NotMine
	}
	return p.cwd, 0
}

// absolute finds the mount of a path from the root of all.
func (p *Process) absolute(name string) (*mount, string, syscall.Errno) {
	top, rest, _ := strings.Cut(strings.TrimLeft(name, "/"), "/")
	id, inside, _ := strings.Cut(strings.TrimLeft(rest, "/"), "/")
	switch {
	case "/"+top != Top:
		p.unsupported("the path %s, which is on no simulated disk", name)
		return nil, "", syscall.ENOENT
	case id == "":
		return nil, "", syscall.EACCES // Top itself
	case id == ".", id == "..", leadsOut("/" + inside):
		return p.absolute(path.Clean(name)) // without dots now
	}
	m := p.mountNamed(id)
	if m == nil {
		return nil, "", syscall.ENOENT
	}
	return m, "/" + inside, 0
}

func (p *Process) mountNamed(id string) *mount {
	if p.own != nil && id == p.name {
		return p.own
	}
	p.sys.mu.Lock()
	defer p.sys.mu.Unlock()
	return p.sys.mounts[id]
}

// leadsOut says whether dots lead above the root of a mount. Those behind a symbolic
// link are the disk's to follow, which stays at its root.
func leadsOut(name string) bool {
	depth := 0
	for elem := range strings.SplitSeq(name, "/") {
		switch elem {
		case "", ".":
		case "..":
			if depth--; depth < 0 {
				return true
			}
		default:
			depth++
		}
	}
	return false
}
