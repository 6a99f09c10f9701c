package vfs

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

var (
	// ErrPowerCut is what every operation returns after the power was cut, and
	// every operation on a handle of a disk that went.
	ErrPowerCut = errors.New("vfs: the power was cut")
	// ErrInjected is matched by every error that an Injector made up, beside
	// the error itself.
	ErrInjected = errors.New("vfs: injected fault")
	// ErrLocked is returned by Disk.Lock for a name that is locked already.
	ErrLocked = errors.New("vfs: locked already")
	// ErrUnlawful is matched by the error of Disk.Choose for a choice that the
	// profile does not allow, or that names what is not pending.
	ErrUnlawful = errors.New("vfs: not a lawful choice")
	// ErrOutside is matched by the error of an operation on a path that a symbolic
	// link leads out of the disk, see Disk.SetMountPoint.
	ErrOutside = errors.New("vfs: a symbolic link leads out of the disk")
)

// injectedError makes an error match ErrInjected and itself. Its text is that
// of a real one: code under test may look at it.
type injectedError struct{ err error }

func (e *injectedError) Error() string        { return e.err.Error() }
func (e *injectedError) Unwrap() error        { return e.err }
func (e *injectedError) Is(target error) bool { return target == ErrInjected }

// Timeout is asked for by os.IsTimeout and net code.
func (e *injectedError) Timeout() bool {
	t, ok := e.err.(interface{ Timeout() bool })
	return ok && t.Timeout()
}

func pathError(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: name, Err: err}
}

func linkError(op, oldName, newName string, err error) error {
	return &os.LinkError{Op: op, Old: oldName, New: newName, Err: err}
}

// The errors that a disk returns by itself, as Linux does.
const (
	errExist        = syscall.EEXIST
	errNotExist     = syscall.ENOENT
	errIsDir        = syscall.EISDIR
	errNotDir       = syscall.ENOTDIR
	errNotEmpty     = syscall.ENOTEMPTY
	errInvalid      = syscall.EINVAL
	errBadHandle    = syscall.EBADF
	errNoSpace      = syscall.ENOSPC
	errQuota        = syscall.EDQUOT
	errReadOnly     = syscall.EROFS
	errIO           = syscall.EIO
	errNameTooLong  = syscall.ENAMETOOLONG
	errBusy         = syscall.EBUSY
	errPermission   = syscall.EPERM
	errTooManyLink  = syscall.EMLINK
	errFileTooBig   = syscall.EFBIG
	errLoop         = syscall.ELOOP
	errNoData       = syscall.ENXIO
	errNotSupported = syscall.EOPNOTSUPP
	errTooManyOpen  = syscall.EMFILE
	errAccess       = syscall.EACCES
	errRange        = syscall.ERANGE
	errTooBig       = syscall.E2BIG
	errNoAttribute  = syscall.ENODATA
	errCrossDevice  = syscall.EXDEV
)
