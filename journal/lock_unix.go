//go:build unix

package journal

import (
	"fmt"
	"os"
	"syscall"
)

// flock locks <base>.lock. That the file exists means nothing: the lock is on
// the open file, and ends with the process.
func (f files) flock() (unlock func() error, err error) {
	for {
		file, err := f.fs.OpenFile(f.lock(), os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return nil, fmt.Errorf("journal: opening the lock file: %w", err)
		}
		fd, ok := descriptor(file)
		if !ok {
			// New files are of another kind than the directory, as in a layer
			// over it: the registry is all that guards the base.
			_ = file.Close() // nothing was written
			return func() error { return nil }, f.remove(f.lock())
		}
		if err := syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			_ = file.Close() // nothing was written
			if err == syscall.EWOULDBLOCK {
				return nil, fmt.Errorf("%w: %s is open in another process", ErrLocked, f.base)
			}
			return nil, fmt.Errorf("journal: locking %s: %w", f.lock(), err)
		}
		// Purge removes the file: whoever opened it before that holds a lock
		// that nobody else would see.
		mine, err := file.Stat()
		if err == nil {
			if named, err := f.fs.Stat(f.lock()); err == nil && os.SameFile(mine, named) {
				return file.Close, nil
			}
		}
		_ = file.Close() // nothing was written
		if err != nil {
			return nil, fmt.Errorf("journal: locking %s: %w", f.lock(), err)
		}
	}
}
