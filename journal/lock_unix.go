//go:build unix

package journal

import (
	"errors"
	"fmt"
	iofs "io/fs"
	"os"
	"syscall"

	"github.com/spf13/afero"
)

// flock locks <base>.lock, and <base>.lk, which rayforce has locked while it has the
// base open. That the files exist means nothing: the lock is on the open file, and
// ends with the process.
func (f files) flock() (unlock func() error, err error) {
	ours, err := f.flockFile(f.lock(), "another process")
	if err != nil {
		return nil, err
	}
	if ours == nil {
		return func() error { return nil }, nil
	}
	theirs, err := f.flockFile(f.rayforceLock(), "rayforce, which holds "+f.rayforceLock()+",")
	if err != nil {
		_ = ours() // the first error tells more
		return nil, err
	}
	if theirs == nil {
		return ours, nil
	}
	return func() error {
		err := theirs()
		if ourErr := ours(); err == nil {
			err = ourErr
		}
		return err
	}, nil
}

// flockFile locks a lock file. owner is who else may have it locked. unlock is nil if
// the file is none of the operating system's, and was removed again.
func (f files) flockFile(path, owner string) (unlock func() error, err error) {
	for range lockAttempts {
		unlock, gone, err := f.flockOnce(path, owner)
		if err != nil || !gone {
			return unlock, err
		}
	}
	return nil, fmt.Errorf("%w: %s was another file each time that it was locked: either others remove it all the time, or this filesystem does not tell files apart", ErrLocked, path)
}

// lockAttempts is how often flock begins again because somebody removed the
// file. Each time, that somebody has finished a Purge.
const lockAttempts = 100

// flockOnce locks the file that has the name now. gone says that it had lost the
// name by the time it was locked: nobody else would see such a lock.
func (f files) flockOnce(path, owner string) (unlock func() error, gone bool, err error) {
	file, err := f.fs.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, false, fmt.Errorf("journal: opening the lock file: %w", err)
	}
	fd, ok := descriptor(file)
	if !ok {
		// New files are of another kind than the directory, as in a layer
		// over it: the registry is all that guards the base.
		_ = file.Close() // nothing was written
		return nil, false, f.remove(path)
	}
	if err = syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
		gone, err = f.isGone(file, path)
	}
	if err == nil && !gone {
		return file.Close, false, nil
	}
	_ = file.Close() // nothing was written
	switch {
	case err == syscall.EWOULDBLOCK:
		return nil, false, fmt.Errorf("%w: %s is open in %s", ErrLocked, f.base, owner)
	case err != nil:
		return nil, false, fmt.Errorf("journal: locking %s: %w", path, err)
	}
	return nil, true, nil
}

// isGone says whether the lock file's name is another file's by now, or nobody's.
func (f files) isGone(file afero.File, path string) (bool, error) {
	mine, err := file.Stat()
	if err != nil {
		return false, err
	}
	named, err := f.fs.Stat(path)
	if errors.Is(err, iofs.ErrNotExist) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	return !sameFile(mine, named), nil
}

// sameFile is os.SameFile that sees through a FileInfo which only wraps one of
// the operating system's.
func sameFile(a, b os.FileInfo) bool {
	if os.SameFile(a, b) {
		return true
	}
	x, ok := a.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	y, ok := b.Sys().(*syscall.Stat_t)
	return ok && x.Dev == y.Dev && x.Ino == y.Ino
}
