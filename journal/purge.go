package journal

import (
	"errors"
	iofs "io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/afero"
)

// Purge removes every file of a base: log, snapshot, archives, kept tails,
// lock. It touches no file of another base, even one whose name begins with
// this one's. A base that is open is ErrLocked. If Purge is interrupted, the
// next Open or Purge finishes it.
//
// Where a directory can't be fsynced it removes them as well, and then returns a
// *DirSyncError: a power cut may bring some of them back.
func Purge(fs afero.Fs, base string) error {
	f, err := newFiles(fs, base)
	if err != nil {
		return err
	}
	unlock, err := f.takeLock()
	if err != nil {
		return err
	}
	err = f.purge()
	if unlockErr := unlock(); err == nil {
		err = unlockErr
	}
	return err
}

func (f files) purge() error {
	// From here on there is no way back: the mark says that the rest, however
	// much of it is left, is to go.
	mark, err := f.fs.OpenFile(f.purging(), os.O_RDWR|os.O_CREATE, 0o644)
	if err == nil {
		err = mark.Close() // it is empty: all that counts is its name
	}
	if err != nil {
		return err
	}
	err = f.syncDir()
	unsynced, accepted := errors.AsType[*DirSyncError](err)
	if accepted {
		f.acceptNoDirSync = true
	} else if err != nil {
		return err
	}
	if err := f.removeAll(); err != nil {
		return err
	}
	if err := f.syncDir(); err != nil {
		return err
	}
	if err := f.removeLocks(); err != nil {
		return err
	}
	if accepted {
		return unsynced
	}
	return nil
}

// removeLocks removes the lock files, which are made anew by whoever comes next. There
// is one of rayforce's only where files are flock'ed.
func (f files) removeLocks() error {
	if _, ok := f.fs.(locker); !ok && f.hasDescriptors() {
		if err := f.remove(f.rayforceLock()); err != nil {
			return err
		}
	}
	return f.remove(f.lock())
}

// finishPurge completes a Purge that a crash interrupted.
func (f files) finishPurge(rec *Recovery) error {
	_, err := f.fs.Stat(f.purging())
	if errors.Is(err, iofs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return &ReadError{Path: f.purging(), Err: err}
	}
	if err := f.syncDir(); err != nil {
		return err // the mark must outlast what it is about
	}
	// The mark may come back until the new log's name is durable, and with that so is
	// the mark's end: nothing is acknowledged before.
	if err := f.removeAll(); err != nil {
		return err
	}
	rec.repaired("finished an interrupted purge")
	return nil
}

// removeAll removes the files of the base, and last the mark that they are to go: as
// long as that is there, Open goes on with it.
func (f files) removeAll() error {
	names, err := f.list()
	if err != nil {
		return err
	}
	for _, name := range names {
		if f.owns(name, names) {
			if err := f.remove(filepath.Join(f.dir, name)); err != nil {
				return err
			}
		}
	}
	if err := f.syncDir(); err != nil {
		return err
	}
	return f.remove(f.purging())
}

// owns says whether a name in the directory is that of a file of this base,
// its lock and its purge mark left out.
func (f files) owns(name string, names []string) bool {
	rest, ok := strings.CutPrefix(name, filepath.Base(f.base))
	if !ok {
		return false
	}
	switch rest {
	case ".log", ".log.tmp", ".qdb", ".qdb.tmp":
		return true
	}
	if tail, ok := strings.CutPrefix(rest, ".log.tail-"); ok {
		return isTailPart(strings.TrimSuffix(tail, ".tmp"))
	}
	part, ok := f.archivePart(name)
	return ok && !isBase(f, part, names)
}

// isBase says whether what looks like an archive is the active log of another
// base, named like an archive of this one: such a base has other files too.
func isBase(f files, part string, names []string) bool {
	prefix := filepath.Base(f.base) + "." + part
	for _, name := range names {
		switch rest, ok := strings.CutPrefix(name, prefix); {
		case !ok || rest == ".log":
		case rest == ".qdb", rest == ".lock", rest == ".lk", rest == ".purge", strings.HasPrefix(rest, ".log."), strings.HasPrefix(rest, ".qdb."):
			return true
		default:
			if other, ok := strings.CutPrefix(rest, "."); ok && isArchivePart(strings.TrimSuffix(other, ".log")) {
				return true
			}
		}
	}
	return false
}
