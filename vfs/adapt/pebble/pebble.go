// Package pebble lets github.com/cockroachdb/pebble work on a simulated disk.
package pebble

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/spf13/afero"
)

// New returns a vfs.FS whose files are on a disk, such as that of a sim.Test. It does
// what pebble's vfs.Default does on Linux, but for advice, such as to read ahead.
func New(disk afero.Fs) vfs.FS { return fsys{disk} }

// fsys has Remove, RemoveAll, Rename and MkdirAll from the disk.
type fsys struct{ afero.Fs }

func (f fsys) Create(name string, _ vfs.DiskWriteCategory) (vfs.File, error) {
	opened, err := f.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		if err = f.Remove(name); err == nil {
			opened, err = f.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		}
	}
	return wrap(opened, err)
}

func (f fsys) Open(name string, _ ...vfs.OpenOption) (vfs.File, error) { return wrap(f.Fs.Open(name)) }
func (f fsys) OpenDir(name string) (vfs.File, error)                   { return wrap(f.Fs.Open(name)) }

func (f fsys) OpenReadWrite(name string, _ vfs.DiskWriteCategory, _ ...vfs.OpenOption) (vfs.File, error) {
	return wrap(f.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o666))
}

func (f fsys) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	if err := f.Rename(oldname, newname); err != nil {
		return nil, err
	}
	return f.OpenReadWrite(newname, category)
}

func (f fsys) Link(oldname, newname string) error {
	if disk, ok := f.Fs.(interface {
		Link(oldname, newname string) error
	}); ok {
		return disk.Link(oldname, newname)
	}
	return &os.LinkError{Op: "link", Old: oldname, New: newname, Err: errors.ErrUnsupported}
}

func (f fsys) Lock(name string) (io.Closer, error) {
	disk, ok := f.Fs.(interface {
		Lock(string) (func() error, error)
	})
	if !ok {
		return nil, &fs.PathError{Op: "lock", Path: name, Err: errors.ErrUnsupported}
	}
	opened, err := f.Fs.Create(name)
	if err != nil {
		return nil, err
	}
	unlock, err := disk.Lock(name)
	if err != nil {
		return nil, errors.Join(err, opened.Close())
	}
	return closer(func() error { return errors.Join(unlock(), opened.Close()) }), nil
}

type closer func() error

func (c closer) Close() error { return c() }

func (f fsys) List(dir string) ([]string, error) {
	d, err := f.Fs.Open(dir)
	if err != nil {
		return nil, err
	}
	names, err := d.Readdirnames(-1)
	return names, errors.Join(err, d.Close())
}

func (f fsys) Stat(name string) (vfs.FileInfo, error) { return inform(f.Fs.Stat(name)) }
func (fsys) PathBase(p string) string                 { return path.Base(p) }
func (fsys) PathJoin(elem ...string) string           { return path.Join(elem...) }
func (fsys) PathDir(p string) string                  { return path.Dir(p) }
func (fsys) GetDiskUsage(string) (_ vfs.DiskUsage, _ error) {
	return vfs.DiskUsage{}, vfs.ErrUnsupported
}
func (fsys) Unwrap() vfs.FS { return nil }

func wrap(f afero.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return file{f}, nil
}

// file has the rest from the disk.
type file struct{ afero.File }

func (f file) Stat() (vfs.FileInfo, error) { return inform(f.File.Stat()) }

// SyncData is fdatasync, where the disk tells that from fsync.
func (f file) SyncData() error {
	if disk, ok := f.File.(interface{ Datasync() error }); ok {
		return disk.Datasync()
	}
	return f.Sync()
}

func (file) Preallocate(_, _ int64) error { return nil }
func (file) SyncTo(int64) (bool, error)   { return false, nil }
func (file) Prefetch(_, _ int64) error    { return nil }
func (file) Fd() uintptr                  { return vfs.InvalidFd }

// info is of a file on the one device that there is.
type info struct{ os.FileInfo }

func (info) DeviceID() (_ vfs.DeviceID) { return }

func inform(i os.FileInfo, err error) (vfs.FileInfo, error) {
	if err != nil {
		return nil, err
	}
	return info{i}, nil
}
