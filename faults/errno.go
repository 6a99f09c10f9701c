package faults

import (
	"io"
	"slices"
	"syscall"
)

// EOF is the errno of a short read that claims the end of the file: the caller
// gets io.EOF, as if the file ended there. No system has an errno of this
// number.
const EOF = syscall.Errno(0x7fff_0001)

// errnoNames are the errors that storage code meets, in the order in which a
// message lists them.
var errnoNames = []struct {
	name  string
	errno syscall.Errno
}{
	{"EIO", syscall.EIO},
	{"ENOSPC", syscall.ENOSPC},
	{"EDQUOT", syscall.EDQUOT},
	{"EROFS", syscall.EROFS},
	{"EACCES", syscall.EACCES},
	{"EPERM", syscall.EPERM},
	{"EMFILE", syscall.EMFILE},
	{"ENFILE", syscall.ENFILE},
	{"ENOMEM", syscall.ENOMEM},
	{"EFBIG", syscall.EFBIG},
	{"EBUSY", syscall.EBUSY},
	{"EINTR", syscall.EINTR},
	{"EAGAIN", syscall.EAGAIN},
	{"EINVAL", syscall.EINVAL},
	{"EBADF", syscall.EBADF},
	{"ENOTSUP", syscall.ENOTSUP},
	{"ENOSYS", syscall.ENOSYS},
	{"ENOENT", syscall.ENOENT},
	{"EEXIST", syscall.EEXIST},
	{"ENOTDIR", syscall.ENOTDIR},
	{"EISDIR", syscall.EISDIR},
	{"ENOTEMPTY", syscall.ENOTEMPTY},
	{"EXDEV", syscall.EXDEV},
	{"EMLINK", syscall.EMLINK},
	{"ENAMETOOLONG", syscall.ENAMETOOLONG},
	{"ENODEV", syscall.ENODEV},
	{"ENXIO", syscall.ENXIO},
	{"ESTALE", syscall.ESTALE},
	{"ETIMEDOUT", syscall.ETIMEDOUT},
	{"EOF", EOF},
}

func errnoNamed(name string) (syscall.Errno, bool) {
	for _, e := range errnoNames {
		if e.name == name {
			return e.errno, true
		}
	}
	return 0, false
}

func errnoName(errno syscall.Errno) (string, bool) {
	i := slices.IndexFunc(errnoNames, func(e struct {
		name  string
		errno syscall.Errno
	}) bool {
		return e.errno == errno
	})
	if i < 0 {
		return "", false
	}
	return errnoNames[i].name, true
}

// asError is the error that an operation reports for errno.
func asError(errno syscall.Errno) error {
	switch errno {
	case 0:
		return nil
	case EOF:
		return io.EOF
	}
	return errno
}
