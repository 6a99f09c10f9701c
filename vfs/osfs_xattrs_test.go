//go:build linux

package vfs_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"unsafe"

	"pgregory.net/rapid"

	"powercut/vfs"
)

var (
	someXattrs = []string{"user.a", "user.a", "user.b", "user.b", "user.a.b/c", "user.", "", "a", "nothing.a", "user." + longName[5:], "user." + longName}
	rootXattrs = []string{"trusted.a", "trusted."}
)

// xattr looks at, or changes, an extended attribute. A filesystem may lack those.
func (p *pair) xattr(say string, disk, real vfs.Xattrs) {
	names := someXattrs
	if isRoot {
		names = slices.Concat(names, rootXattrs)
	}
	attr := rapid.SampledFrom(names).Draw(p.t, "attribute")
	what := rapid.SampledFrom([]string{"set", "set", "set", "get", "list", "remove"}).Draw(p.t, "what of attributes")
	say = fmt.Sprintf("%s: %s %q", say, what, attr)
	switch what {
	case "set":
		value := []byte(strings.Repeat("v", rapid.SampledFrom([]int{0, 1, 5, 20, 65537}).Draw(p.t, "length")))
		flags := rapid.SampledFrom([]vfs.XattrFlags{0, 0, 0, vfs.XattrCreate, vfs.XattrReplace, 3, 4}).Draw(p.t, "flags")
		err := real.SetXattr(attr, value, flags)
		if err == syscall.EOPNOTSUPP && strings.HasPrefix(attr, "user.") {
			return
		}
		p.sameKind(fmt.Sprint(say, " ", len(value), " ", flags), nil, nil, disk.SetXattr(attr, value, flags), err)
	case "get":
		got, err := disk.GetXattr(attr)
		want, realErr := real.GetXattr(attr)
		p.sameKind(say, got, want, err, realErr)
	case "list":
		got, err := disk.ListXattrs()
		want, realErr := real.ListXattrs()
		p.sameKind(say, got, want, err, realErr)
	case "remove":
		p.sameKind(say, nil, nil, disk.RemoveXattr(attr), real.RemoveXattr(attr))
	}
}

// xattrOfOpen is xattr of an open file.
func (p *pair) xattrOfOpen(f *filePair) {
	if _, closed := f.real.Stat(); closed == nil {
		p.xattr("of a handle", f.disk.(vfs.Xattrs), realXattrs{fd: f.real.(*os.File).Fd()})
	}
}

// realXattrs are the system's, of a path, or of a descriptor if there is none.
type realXattrs struct {
	path    string
	follows bool
	fd      uintptr
}

// call makes one of three system calls, for a path, a path of which a link at its end is
// not followed, and a descriptor.
func (x realXattrs) call(numbers [3]uintptr, args ...uintptr) (int, error) {
	var all [6]uintptr
	copy(all[1:], args)
	nr := numbers[2]
	all[0] = x.fd
	if x.path != "" || x.fd == 0 {
		path, err := syscall.BytePtrFromString(x.path)
		if err != nil {
			return 0, err
		}
		if nr = numbers[1]; x.follows {
			nr = numbers[0]
		}
		all[0] = uintptr(unsafe.Pointer(path))
	}
	n, _, errno := syscall.Syscall6(nr, all[0], all[1], all[2], all[3], all[4], all[5])
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// cString is a name with the zero that ends it.
func cString(s string) uintptr {
	b := append([]byte(s), 0)
	return uintptr(unsafe.Pointer(&b[0]))
}

func (x realXattrs) SetXattr(attr string, value []byte, flags vfs.XattrFlags) error {
	room := append(value, 0)
	_, err := x.call([3]uintptr{syscall.SYS_SETXATTR, syscall.SYS_LSETXATTR, syscall.SYS_FSETXATTR},
		cString(attr), uintptr(unsafe.Pointer(&room[0])), uintptr(len(value)), uintptr(flags))
	return err
}

func (x realXattrs) GetXattr(attr string) ([]byte, error) {
	value := make([]byte, 100)
	n, err := x.call([3]uintptr{syscall.SYS_GETXATTR, syscall.SYS_LGETXATTR, syscall.SYS_FGETXATTR},
		cString(attr), uintptr(unsafe.Pointer(&value[0])), uintptr(len(value)))
	return value[:n], err
}

// ListXattrs leaves out what the system adds by itself.
func (x realXattrs) ListXattrs() (names []string, err error) {
	list := make([]byte, 4096)
	n, err := x.call([3]uintptr{syscall.SYS_LISTXATTR, syscall.SYS_LLISTXATTR, syscall.SYS_FLISTXATTR}, uintptr(unsafe.Pointer(&list[0])), uintptr(len(list)))
	for name := range strings.SplitSeq(string(list[:n]), "\x00") {
		if strings.HasPrefix(name, "user.") || strings.HasPrefix(name, "trusted.") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, err
}

func (x realXattrs) RemoveXattr(attr string) error {
	_, err := x.call([3]uintptr{syscall.SYS_REMOVEXATTR, syscall.SYS_LREMOVEXATTR, syscall.SYS_FREMOVEXATTR}, cString(attr))
	return err
}
