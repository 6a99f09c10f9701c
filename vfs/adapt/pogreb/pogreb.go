// Package pogreb lets github.com/akrylysov/pogreb work on a simulated disk.
package pogreb

import (
	"errors"
	"os"
	"path"

	"github.com/akrylysov/pogreb/fs"
	"github.com/spf13/afero"
)

// New returns a FileSystem whose files are in a directory of a disk, such as the one
// that a sim.Test gives to its workload. It does what pogreb's fs.OS does on Linux,
// call by call.
//
// The database's own path is to be ".": pogreb makes that directory with package os,
// whatever its FileSystem.
func New(disk afero.Fs, dir string) fs.FileSystem { return system{disk, dir} }

type system struct {
	disk afero.Fs
	dir  string
}

func (s system) at(name string) string { return path.Join(s.dir, name) }

func (s system) OpenFile(name string, flag int, perm os.FileMode) (fs.File, error) {
	opened, err := s.disk.OpenFile(s.at(name), flag, perm)
	if err != nil {
		return nil, err
	}
	return file{opened}, nil
}

func (s system) Stat(name string) (os.FileInfo, error) { return s.disk.Stat(s.at(name)) }

func (s system) Remove(name string) error { return s.disk.Remove(s.at(name)) }

func (s system) Rename(oldname, newname string) error {
	return s.disk.Rename(s.at(oldname), s.at(newname))
}

func (s system) ReadDir(name string) ([]os.FileInfo, error) {
	return afero.ReadDir(s.disk, s.at(name))
}

// CreateLockFile opens the file, and locks it if the disk has locks. It says whether
// the file was there: then the database was not closed.
func (s system) CreateLockFile(name string, perm os.FileMode) (fs.LockFile, bool, error) {
	_, err := s.disk.Stat(s.at(name))
	existed := err == nil
	opened, err := s.disk.OpenFile(s.at(name), os.O_RDWR|os.O_CREATE, perm)
	if err != nil {
		return nil, false, err
	}
	lock := &lockFile{File: opened, on: s, name: name, unlock: func() error { return nil }}
	if disk, ok := s.disk.(interface {
		Lock(string) (func() error, error)
	}); ok {
		if lock.unlock, err = disk.Lock(s.at(name)); err != nil {
			return nil, false, errors.Join(os.ErrExist, opened.Close())
		}
	}
	return lock, existed, nil
}

type lockFile struct {
	afero.File
	on     system
	name   string
	unlock func() error
}

// Unlock removes the file, and then lets go of it.
func (l *lockFile) Unlock() error {
	if err := l.on.Remove(l.name); err != nil {
		return err
	}
	return errors.Join(l.unlock(), l.Close())
}

// file has the rest from the disk.
type file struct{ afero.File }

func (f file) Slice(start, end int64) ([]byte, error) {
	b := make([]byte, end-start)
	if _, err := f.ReadAt(b, start); err != nil {
		return nil, err
	}
	return b, nil
}
