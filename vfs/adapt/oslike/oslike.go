// Package oslike lets engines work on a simulated disk that take an interface of their
// own, shaped like package os.
package oslike

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/afero"
)

// FS has the functions of package os as methods, on a disk, such as the one that a
// sim.Test gives to its workload. File is the engine's own type of an open file:
// engine.Open(dir, oslike.FS[engine.File]{Disk: disk}).
type FS[File any] struct {
	Disk afero.Fs
	// Wrap adds what File has and an open file of the disk has not. Nil: nothing.
	Wrap func(afero.File) File
}

func (f FS[File]) wrap(opened afero.File, err error) (File, error) {
	var none File
	if err != nil {
		return none, err
	}
	if f.Wrap != nil {
		return f.Wrap(opened), nil
	}
	file, ok := opened.(File)
	if !ok {
		return none, errors.Join(errors.New("oslike: a file of the disk lacks a method of the engine's File: set FS.Wrap"), opened.Close())
	}
	return file, nil
}

// These and those below are what package os calls so.

func (f FS[File]) Open(name string) (File, error)   { return f.wrap(f.Disk.Open(name)) }
func (f FS[File]) Create(name string) (File, error) { return f.wrap(f.Disk.Create(name)) }

func (f FS[File]) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	return f.wrap(f.Disk.OpenFile(name, flag, perm))
}

func (f FS[File]) Mkdir(name string, perm fs.FileMode) error    { return f.Disk.Mkdir(name, perm) }
func (f FS[File]) MkdirAll(name string, perm fs.FileMode) error { return f.Disk.MkdirAll(name, perm) }
func (f FS[File]) Remove(name string) error                     { return f.Disk.Remove(name) }
func (f FS[File]) RemoveAll(name string) error                  { return f.Disk.RemoveAll(name) }
func (f FS[File]) Rename(oldname, newname string) error         { return f.Disk.Rename(oldname, newname) }
func (f FS[File]) Chmod(name string, mode fs.FileMode) error    { return f.Disk.Chmod(name, mode) }
func (f FS[File]) Stat(name string) (fs.FileInfo, error)        { return f.Disk.Stat(name) }
func (f FS[File]) Lstat(name string) (fs.FileInfo, error)       { return f.Disk.Stat(name) }
func (f FS[File]) ReadFile(name string) ([]byte, error)         { return afero.ReadFile(f.Disk, name) }

func (f FS[File]) WriteFile(name string, data []byte, perm fs.FileMode) error {
	return afero.WriteFile(f.Disk, name, data, perm)
}

func (f FS[File]) Truncate(name string, size int64) error {
	opened, err := f.Disk.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(opened.Truncate(size), opened.Close())
}

func (f FS[File]) Link(oldname, newname string) error {
	if disk, ok := f.Disk.(interface {
		Link(oldname, newname string) error
	}); ok {
		return disk.Link(oldname, newname)
	}
	return &os.LinkError{Op: "link", Old: oldname, New: newname, Err: errors.ErrUnsupported}
}

func (f FS[File]) ReadDir(name string) ([]fs.DirEntry, error) {
	infos, err := afero.ReadDir(f.Disk, name)
	entries := make([]fs.DirEntry, len(infos))
	for i, info := range infos {
		entries[i] = fs.FileInfoToDirEntry(info)
	}
	return entries, err
}

// List returns the names in a directory, in order.
func (f FS[File]) List(dir string) ([]string, error) {
	infos, err := afero.ReadDir(f.Disk, dir)
	names := make([]string, len(infos))
	for i, info := range infos {
		names[i] = info.Name()
	}
	return names, err
}

// SyncDir makes the names in a directory durable.
func (f FS[File]) SyncDir(dir string) error {
	d, err := f.Disk.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Lock creates a file and locks it, if the disk has locks, until Close.
func (f FS[File]) Lock(name string) (io.Closer, error) {
	opened, err := f.Disk.Create(name)
	if err != nil {
		return nil, err
	}
	l := lock{opened, func() error { return nil }}
	if disk, ok := f.Disk.(interface {
		Lock(string) (func() error, error)
	}); ok {
		if l.unlock, err = disk.Lock(name); err != nil {
			return nil, errors.Join(err, opened.Close())
		}
	}
	return l, nil
}

type lock struct {
	file   io.Closer
	unlock func() error
}

func (l lock) Close() error { return errors.Join(l.unlock(), l.file.Close()) }
