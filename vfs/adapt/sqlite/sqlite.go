// Package sqlite lets github.com/ncruces/go-sqlite3 work on a simulated disk.
package sqlite

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/vfs"
	"github.com/spf13/afero"
)

// New returns a VFS whose files are on a disk, such as the one that a sim.Test gives
// to its workload. It does what the package's own VFS does on Linux, call by call, but
// for two things: whoever reads or writes a database keeps others away, as with
// SQLite's dotfile locks, if the disk has locks; and there is no shared memory, so
// that WAL mode needs PRAGMA locking_mode=EXCLUSIVE before it. Temporary files have no
// place: PRAGMA temp_store=MEMORY.
func New(disk afero.Fs) vfs.VFS { return system{disk} }

type system struct{ disk afero.Fs }

func (s system) FullPathname(name string) (string, error) { return path.Join("/", name), nil }

func (s system) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	mode := os.O_RDWR
	if flags&vfs.OPEN_READONLY != 0 {
		mode = os.O_RDONLY
	}
	if flags&vfs.OPEN_CREATE != 0 {
		mode |= os.O_CREATE
	}
	if flags&vfs.OPEN_EXCLUSIVE != 0 {
		mode |= os.O_EXCL
	}
	opened, err := s.disk.OpenFile(name, mode, 0o666)
	if err != nil {
		return nil, flags, err
	}
	const journals = vfs.OPEN_MAIN_JOURNAL | vfs.OPEN_SUPER_JOURNAL | vfs.OPEN_WAL
	isNew := flags&vfs.OPEN_CREATE != 0 && flags&journals != 0
	return &file{File: opened, on: s, name: name, nameToSync: isNew}, flags, nil
}

func (s system) Delete(name string, syncDir bool) error {
	err := s.disk.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return vfs.SystemError(err, sqlite3.IOERR_DELETE_NOENT)
	}
	if err != nil || !syncDir {
		return err
	}
	return s.syncDir(name)
}

// syncDir makes a name durable, or its absence.
func (s system) syncDir(name string) error {
	dir, err := s.disk.Open(path.Dir(name))
	if err != nil {
		return nil // as the package's own VFS has it
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return vfs.SystemError(err, sqlite3.IOERR_DIR_FSYNC)
	}
	return nil
}

func (s system) Access(name string, _ vfs.AccessFlag) (bool, error) {
	return afero.Exists(s.disk, name)
}

// file has ReadAt, WriteAt and Truncate from the disk.
type file struct {
	afero.File
	on         system
	name       string
	nameToSync bool // with the first Sync
	level      vfs.LockLevel
	unlock     func() error // nil: not locked
}

func (f *file) Close() error { return errors.Join(f.Unlock(vfs.LOCK_NONE), f.File.Close()) }

// Sync is fdatasync, if the disk tells that from fsync: SQLite on Linux trusts it.
func (f *file) Sync(vfs.SyncFlag) error {
	sync := f.File.Sync
	if disk, ok := f.File.(interface{ Datasync() error }); ok {
		sync = disk.Datasync
	}
	if err := sync(); err != nil || !f.nameToSync {
		return err
	}
	f.nameToSync = false
	return f.on.syncDir(f.name)
}

func (f *file) Size() (int64, error) { return f.Seek(0, io.SeekEnd) }

func (f *file) Lock(level vfs.LockLevel) error {
	if disk, ok := f.on.disk.(interface {
		Lock(string) (func() error, error)
	}); ok && f.unlock == nil {
		var err error
		if f.unlock, err = disk.Lock(f.name); err != nil {
			return sqlite3.BUSY
		}
	}
	f.level = max(f.level, level)
	return nil
}

func (f *file) Unlock(level vfs.LockLevel) (err error) {
	if f.unlock != nil && level == vfs.LOCK_NONE {
		err, f.unlock = f.unlock(), nil
	}
	f.level = min(f.level, level)
	return err
}

func (f *file) CheckReservedLock() (bool, error) { return f.level >= vfs.LOCK_RESERVED, nil }

func (*file) SectorSize() int { return 4096 }

func (*file) DeviceCharacteristics() vfs.DeviceCharacteristic {
	return vfs.IOCAP_POWERSAFE_OVERWRITE | vfs.IOCAP_SUBPAGE_READ
}
