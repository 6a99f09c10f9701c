package journal_test

import (
	"errors"
	"io"
	iofs "io/fs"
	"maps"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/afero"
)

type crashFile struct {
	afero.File // nil
	fs         *crashFs
	path       string
	ino        *crashInode // nil: the directory
}

func (f *crashFile) Close() error { return f.fs.step("close", f.path) }

func (f *crashFile) Stat() (os.FileInfo, error) { return f.fs.Stat(f.path) }

func (f *crashFile) Readdirnames(int) ([]string, error) {
	if err := f.fs.step("readdir", f.path); err != nil {
		return nil, err
	}
	var names []string
	for _, path := range sortedKeys(f.fs.names) {
		names = append(names, filepath.Base(path))
	}
	return names, nil
}

func (f *crashFile) Sync() error {
	if f.ino == nil {
		if err := f.fs.step("syncdir", f.path); err != nil {
			return err
		}
		f.fs.pending = nil
		f.fs.durable = maps.Clone(f.fs.names)
		return nil
	}
	if err := f.fs.step("sync", f.path); err != nil {
		if f.fs.dead == nil && f.fs.drops {
			f.ino.drop()
		}
		return err
	}
	f.ino.medium, f.ino.versions = f.ino.reaching(), nil
	return nil
}

func (f *crashFile) ReadAt(b []byte, off int64) (int, error) {
	if err := f.fs.step("read", f.path); err != nil {
		return 0, err
	}
	if off >= int64(len(f.ino.data)) {
		return 0, io.EOF
	}
	n := copy(b, f.ino.data[off:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// change replaces the content; data is never changed in place, so that
// versions share it.
func (f *crashFile) change(data []byte, from, to int64) {
	for page := from / crashPage; page*crashPage < to; page++ {
		delete(f.ino.clean, int(page))
	}
	f.ino.data = data
	f.ino.versions = append(f.ino.versions, f.ino.reaching())
}

func (f *crashFile) WriteAt(b []byte, off int64) (int, error) {
	if err := f.fs.step("write", f.path); err != nil {
		if part, ok := errors.AsType[*shortWrite](err); ok {
			n := min(part.n, len(b))
			f.change(overwrite(f.ino.data, b[:n], off), off, off+int64(n))
			return n, err
		}
		return 0, err
	}
	if room := int64(len(f.ino.data)) - off; f.fs.full && room < int64(len(b)) {
		n := max(room, 0)
		f.change(overwrite(f.ino.data, b[:n], off), off, off+n)
		return int(n), &iofs.PathError{Op: "write", Path: f.path, Err: syscall.ENOSPC}
	}
	f.change(overwrite(f.ino.data, b, off), off, off+int64(len(b)))
	return len(b), nil
}

func (f *crashFile) Truncate(size int64) error {
	if err := f.fs.step("truncate", f.path); err != nil {
		return err
	}
	n := make([]byte, size)
	copy(n, f.ino.data)
	f.change(n, 0, 0)
	return nil
}

func overwrite(data, b []byte, off int64) []byte {
	if len(b) == 0 {
		return data
	}
	n := make([]byte, max(len(data), int(off)+len(b)))
	copy(n, data)
	copy(n[off:], b)
	return n
}

// shortWrite makes a write fail after n bytes.
type shortWrite struct {
	n   int
	err error
}

func (s *shortWrite) Error() string { return s.err.Error() }

func (s *shortWrite) Unwrap() error { return s.err }

type crashInfo struct {
	name string
	size int64
	dir  bool
}

func (i crashInfo) Name() string { return filepath.Base(i.name) }

func (i crashInfo) Size() int64 { return i.size }

func (i crashInfo) IsDir() bool { return i.dir }

func (i crashInfo) Mode() os.FileMode {
	if i.dir {
		return os.ModeDir | 0o755
	}
	return 0o644
}

func (i crashInfo) ModTime() time.Time { return time.Time{} }

func (i crashInfo) Sys() any { return nil }
