package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/spf13/afero"
)

// aferoFs is pebble's filesystem as an afero.Fs. It lacks what that has no operation for:
// a file can't be cut off, so that to make one longer is to write zeros.
type aferoFs struct{ vfs.FS }

var category = vfs.WriteCategoryUnspecified

func (a aferoFs) Name() string { return "pebble's vfs" }

func (a aferoFs) Create(name string) (afero.File, error) {
	return a.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o666)
}

func (a aferoFs) Open(name string) (afero.File, error) { return a.OpenFile(name, os.O_RDONLY, 0) }

func (a aferoFs) OpenFile(name string, flag int, _ os.FileMode) (afero.File, error) {
	info, err := a.FS.Stat(name)
	var f vfs.File
	switch {
	case err == nil && info.IsDir():
		f, err = a.OpenDir(name)
	case err == nil && flag&(os.O_CREATE|os.O_EXCL) == os.O_CREATE|os.O_EXCL:
		err = &fs.PathError{Op: "open", Path: name, Err: fs.ErrExist}
	case err != nil && flag&os.O_CREATE != 0 || err == nil && flag&os.O_TRUNC != 0:
		f, err = a.FS.Create(name, category)
	case err != nil:
		err = &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	default:
		f, err = a.OpenReadWrite(name, category)
	}
	if err != nil {
		return nil, err
	}
	return &aferoFile{File: f, on: a, name: name, atEnd: flag&os.O_APPEND != 0}, nil
}

func (a aferoFs) Mkdir(name string, perm os.FileMode) error { return a.MkdirAll(name, perm) }

func (a aferoFs) Stat(name string) (os.FileInfo, error) { return a.FS.Stat(name) }

func (aferoFs) Chmod(string, os.FileMode) error            { return errors.ErrUnsupported }
func (aferoFs) Chown(string, int, int) error               { return errors.ErrUnsupported }
func (aferoFs) Chtimes(string, time.Time, time.Time) error { return errors.ErrUnsupported }

type aferoFile struct {
	vfs.File
	on     aferoFs
	name   string
	offset int64
	atEnd  bool
}

func (f *aferoFile) Name() string { return f.name }

func (f *aferoFile) Stat() (os.FileInfo, error) { return f.File.Stat() }

func (f *aferoFile) size() (int64, error) {
	info, err := f.File.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func (f *aferoFile) Read(b []byte) (int, error) {
	n, err := f.ReadAt(b, f.offset)
	f.offset += int64(n)
	if n > 0 && errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

func (f *aferoFile) Write(b []byte) (int, error) {
	if f.atEnd {
		size, err := f.size()
		if err != nil {
			return 0, err
		}
		f.offset = size
	}
	n, err := f.WriteAt(b, f.offset)
	f.offset += int64(n)
	return n, err
}

func (f *aferoFile) WriteString(s string) (int, error) { return f.Write([]byte(s)) }

func (f *aferoFile) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += f.offset
	case io.SeekEnd:
		size, err := f.size()
		if err != nil {
			return 0, err
		}
		offset += size
	}
	f.offset = offset
	return offset, nil
}

func (f *aferoFile) Truncate(to int64) error {
	size, err := f.size()
	switch {
	case err != nil:
		return err
	case to < size:
		return &fs.PathError{Op: "truncate", Path: f.name, Err: errors.ErrUnsupported}
	case to == size:
		return nil
	}
	_, err = f.WriteAt(make([]byte, to-size), size)
	return err
}

func (f *aferoFile) Readdirnames(int) ([]string, error) { return f.on.List(f.name) }

func (f *aferoFile) Readdir(int) (infos []os.FileInfo, err error) {
	names, err := f.on.List(f.name)
	for _, name := range names {
		info, err := f.on.FS.Stat(path.Join(f.name, name))
		if err != nil {
			return nil, err
		}
		infos = append(infos, info)
	}
	return infos, err
}
