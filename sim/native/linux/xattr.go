//go:build linux && amd64

package linux

import (
	"syscall"
	"unsafe"

	"powercut/vfs"
)

// A call on extended attributes is told whose they are: of a path, of a path of which a
// symbolic link at the end is not followed, or of a descriptor.
type xattrsOf func(p *Process, c Call) (vfs.Xattrs, syscall.Errno)

func ofPath(follows bool) xattrsOf {
	return func(p *Process, c Call) (vfs.Xattrs, syscall.Errno) {
		m, name, errno := p.resolve(cwd, c.P1)
		if errno != 0 {
			return nil, errno
		}
		return m.disk.XattrsAt(name, follows), 0
	}
}

func ofDescriptor(p *Process, c Call) (vfs.Xattrs, syscall.Errno) {
	d := p.lookup(c.A1)
	switch {
	case d == nil:
		return nil, syscall.EBADF
	case d.isDevice():
		return nil, syscall.EOPNOTSUPP
	}
	return d.file.(vfs.Xattrs), 0
}

// maxXattr is what a value may have, and a list of names: more room is not looked at.
const maxXattr = 65536

// maxXattrName bounds the name of an attribute: at a longer one no more is read.
const maxXattrName = 255

// xattrName reads the name of an attribute.
func xattrName(p unsafe.Pointer) (string, syscall.Errno) {
	name, errno := text(p)
	switch {
	case errno == syscall.ENAMETOOLONG, errno == 0 && (name == "" || len(name) > maxXattrName):
		return "", syscall.ERANGE
	}
	return name, errno
}

// setxattr has its arguments looked at before the file, as Linux does.
func setxattr(of xattrsOf) func(*Process, Call) (uintptr, syscall.Errno) {
	return func(p *Process, c Call) (uintptr, syscall.Errno) {
		if c.A5&^3 != 0 {
			return fail(syscall.EINVAL)
		}
		attr, errno := xattrName(c.P2)
		switch {
		case errno != 0:
			return fail(errno)
		case c.A4 > maxXattr:
			return fail(syscall.E2BIG)
		case c.A4 > 0 && c.P3 == nil:
			return fail(syscall.EFAULT)
		}
		x, errno := of(p, c)
		if errno != 0 {
			return fail(errno)
		}
		return p.result(x.SetXattr(attr, unsafe.Slice((*byte)(c.P3), c.A4), vfs.XattrFlags(c.A5)))
	}
}

// named is a call on an attribute that is there.
func named(of xattrsOf, do func(*Process, Call, vfs.Xattrs, string) (uintptr, syscall.Errno)) func(*Process, Call) (uintptr, syscall.Errno) {
	return func(p *Process, c Call) (uintptr, syscall.Errno) {
		attr, errno := xattrName(c.P2)
		if errno != 0 {
			return fail(errno)
		}
		x, errno := of(p, c)
		if errno != 0 {
			return fail(errno)
		}
		return do(p, c, x, attr)
	}
}

func getxattr(of xattrsOf) func(*Process, Call) (uintptr, syscall.Errno) {
	return named(of, func(p *Process, c Call, x vfs.Xattrs, attr string) (uintptr, syscall.Errno) {
		value, err := x.GetXattr(attr)
		if err != nil {
			return p.result(err)
		}
		return fill(value, c.P3, c.A4)
	})
}

func listxattr(of xattrsOf) func(*Process, Call) (uintptr, syscall.Errno) {
	return func(p *Process, c Call) (uintptr, syscall.Errno) {
		x, errno := of(p, c)
		if errno != 0 {
			return fail(errno)
		}
		names, err := x.ListXattrs()
		if err != nil {
			return p.result(err)
		}
		var list []byte
		for _, name := range names {
			list = append(append(list, name...), 0)
		}
		return fill(list, c.P2, c.A3)
	}
}

func removexattr(of xattrsOf) func(*Process, Call) (uintptr, syscall.Errno) {
	return named(of, func(p *Process, _ Call, x vfs.Xattrs, attr string) (uintptr, syscall.Errno) {
		return p.result(x.RemoveXattr(attr))
	})
}

// fill hands over what was asked for, or, without room, how long it is.
func fill(b []byte, to unsafe.Pointer, room uintptr) (uintptr, syscall.Errno) {
	switch {
	case room == 0:
	case room < uintptr(len(b)):
		return fail(syscall.ERANGE)
	case to == nil && len(b) > 0:
		return fail(syscall.EFAULT)
	default:
		copy(unsafe.Slice((*byte)(to), room), b)
	}
	return uintptr(len(b)), 0
}
