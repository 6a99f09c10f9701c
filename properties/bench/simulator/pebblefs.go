package simulator

import (
	"errors"
	"io/fs"
	"os"
	"time"

	pebble "github.com/cockroachdb/pebble/v2/vfs"
	"github.com/spf13/afero"
)

// pebbleFs is pebble's crashable MemFS as an afero.Fs, with what the journal uses of
// one: it neither truncates nor changes modes, since MemFS doesn't, and its files have
// no position.
type pebbleFs struct {
	fs     *pebble.MemFS
	source random
	locked bool
}

var errUnsupported = errors.ErrUnsupported

// Crashed keeps each unsynced block, or name, with a probability of a half.
func (p *pebbleFs) Crashed() Crashable {
	return &pebbleFs{fs: p.fs.CrashClone(pebble.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: p.source.Rand}), source: p.source}
}

// Release leaves the memory to the garbage collector: MemFS has no other way.
func (p *pebbleFs) Release() {}

// Lock is what the journal asks a filesystem for that has no descriptors.
func (p *pebbleFs) Lock(string) (unlock func() error, err error) {
	if p.locked {
		return nil, fs.ErrExist
	}
	p.locked = true
	return func() error { p.locked = false; return nil }, nil
}

func (p *pebbleFs) Name() string { return "pebble" }

func (p *pebbleFs) Create(name string) (afero.File, error) {
	return p.file(p.fs.Create(name, pebble.WriteCategoryUnspecified))(name)
}

func (p *pebbleFs) Open(name string) (afero.File, error) { return p.file(p.fs.Open(name))(name) }

// OpenFile creates a file only where it is asked to; MemFS does it always.
func (p *pebbleFs) OpenFile(name string, flag int, _ os.FileMode) (afero.File, error) {
	_, err := p.fs.Stat(name)
	missing := errors.Is(err, fs.ErrNotExist)
	switch {
	case err != nil && !missing:
		return nil, err
	case missing && flag&os.O_CREATE == 0:
		return nil, err
	case !missing && flag&(os.O_CREATE|os.O_EXCL) == os.O_CREATE|os.O_EXCL:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrExist}
	case missing || flag&os.O_TRUNC != 0:
		return p.Create(name)
	case flag&(os.O_WRONLY|os.O_RDWR) == 0:
		return p.Open(name)
	}
	return p.file(p.fs.OpenReadWrite(name, pebble.WriteCategoryUnspecified))(name)
}

func (p *pebbleFs) file(f pebble.File, err error) func(name string) (afero.File, error) {
	return func(name string) (afero.File, error) {
		if err != nil {
			return nil, err // a nil *pebbleFile must not become a non-nil interface
		}
		return &pebbleFile{File: f, fs: p.fs, name: name}, nil
	}
}

func (p *pebbleFs) Mkdir(name string, perm os.FileMode) error    { return p.fs.MkdirAll(name, perm) }
func (p *pebbleFs) MkdirAll(name string, perm os.FileMode) error { return p.fs.MkdirAll(name, perm) }
func (p *pebbleFs) Remove(name string) error                     { return p.fs.Remove(name) }
func (p *pebbleFs) RemoveAll(name string) error                  { return p.fs.RemoveAll(name) }
func (p *pebbleFs) Rename(from, to string) error                 { return p.fs.Rename(from, to) }
func (p *pebbleFs) Stat(name string) (os.FileInfo, error)        { return p.fs.Stat(name) }
func (p *pebbleFs) Chmod(string, os.FileMode) error              { return errUnsupported }
func (p *pebbleFs) Chown(string, int, int) error                 { return errUnsupported }
func (p *pebbleFs) Chtimes(string, time.Time, time.Time) error   { return errUnsupported }

// pebbleFile is a file of MemFS as afero has it.
type pebbleFile struct {
	pebble.File
	fs   *pebble.MemFS
	name string
}

func (f *pebbleFile) Name() string                      { return f.name }
func (f *pebbleFile) Stat() (os.FileInfo, error)        { return f.File.Stat() }
func (f *pebbleFile) WriteString(s string) (int, error) { return f.Write([]byte(s)) }
func (f *pebbleFile) Seek(int64, int) (int64, error)    { return 0, errUnsupported }
func (f *pebbleFile) Truncate(int64) error              { return errUnsupported }

func (f *pebbleFile) Readdirnames(int) ([]string, error) { return f.fs.List(f.name) }

func (f *pebbleFile) Readdir(int) ([]os.FileInfo, error) {
	names, err := f.Readdirnames(-1)
	var infos []os.FileInfo
	for _, name := range names {
		info, statErr := f.fs.Stat(f.fs.PathJoin(f.name, name))
		if statErr != nil {
			return infos, statErr
		}
		infos = append(infos, info)
	}
	return infos, err
}
