//go:build linux && !386 && !arm && !mips && !mipsle

package fuse

import (
	"context"
	"strings"
	"syscall"

	"powercut/vfs"
)

// Extended attributes. The kernel asks for those of its own at every turn, before each
// write, too: these are no operations of the program's, and the disk has none of them.

// onXattrs does something with the attributes of what is here, if the disk may have such.
func (n *node) onXattrs(attr string, f func(vfs.Xattrs) error) syscall.Errno {
	if !strings.HasPrefix(attr, "user.") && !strings.HasPrefix(attr, "trusted.") {
		return syscall.EOPNOTSUPP
	}
	name := n.name()
	return n.do(func(d *vfs.Disk) error { return f(d.XattrsAt(name, false)) })
}

// fit copies what was asked for, or says how large it is.
func fit(dest, all []byte, errno syscall.Errno) (uint32, syscall.Errno) {
	if errno == 0 && len(all) > len(dest) {
		errno = syscall.ERANGE
	}
	copy(dest, all)
	return uint32(len(all)), errno
}

func (n *node) Getxattr(_ context.Context, attr string, dest []byte) (uint32, syscall.Errno) {
	var value []byte
	errno := n.onXattrs(attr, func(x vfs.Xattrs) (err error) { value, err = x.GetXattr(attr); return err })
	return fit(dest, value, errno)
}

func (n *node) Setxattr(_ context.Context, attr string, value []byte, flags uint32) syscall.Errno {
	return n.onXattrs(attr, func(x vfs.Xattrs) error { return x.SetXattr(attr, value, vfs.XattrFlags(flags)) })
}

func (n *node) Removexattr(_ context.Context, attr string) syscall.Errno {
	return n.onXattrs(attr, func(x vfs.Xattrs) error { return x.RemoveXattr(attr) })
}

func (n *node) Listxattr(_ context.Context, dest []byte) (uint32, syscall.Errno) {
	name := n.name()
	var names []string
	errno := n.do(func(d *vfs.Disk) (err error) { names, err = d.XattrsAt(name, false).ListXattrs(); return err })
	all := ""
	for _, attr := range names {
		all += attr + "\x00"
	}
	return fit(dest, []byte(all), errno)
}
