// Package overlay shows a directory of real files as one that can be written to,
// and leaves the files as they are. What is changed goes to a scratch file: so
// scratch space grows with what is changed and not with what the files hold, and
// memory by a few bytes for each 64 KiB of it.
//
// It is made for one reader and writer, such as a recovery that is tried out. It
// knows no directories below, no links and no permissions.
package overlay

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/afero"
)

// Fs is the directory. Of afero.Fs it implements what opens, looks at, renames and
// removes files; the rest is refused with a permission error.
type Fs struct {
	afero.Fs // refuses
	dir      string
	files    map[string]*file // by the last element of the path
	scratch  *os.File
	used     int64 // bytes of the scratch file
}

// New shows the files of a directory whose names begin with prefix. Close it.
func New(dir, prefix string) (*Fs, error) {
	dir = filepath.Clean(dir)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("overlay: %w", err)
	}
	o := &Fs{Fs: afero.NewReadOnlyFs(afero.NewMemMapFs()), dir: dir, files: make(map[string]*file)}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		f := &file{o: o, path: filepath.Join(dir, e.Name()), dir: e.IsDir()}
		info, err := os.Stat(f.path)
		if err == nil {
			f.size, f.realBytes, f.time, f.dir = info.Size(), info.Size(), info.ModTime(), info.IsDir()
		}
		if err == nil && !f.dir {
			f.real, err = os.Open(f.path)
		}
		if err != nil {
			_ = o.Close() // the first error tells more
			return nil, fmt.Errorf("overlay: %w", err)
		}
		o.files[e.Name()] = f
	}
	if o.scratch, err = os.CreateTemp("", "simrun-overlay-*"); err != nil {
		_ = o.Close() // the first error tells more
		return nil, fmt.Errorf("overlay: a place for what is changed: %w", err)
	}
	// Without a name it is gone whatever becomes of this process. Where that can't
	// be, Close removes it.
	_ = os.Remove(o.scratch.Name())
	return o, nil
}

// Close ends the view, and forgets what was changed.
func (o *Fs) Close() error {
	for _, f := range o.files {
		if f.real != nil {
			_ = f.real.Close() // nothing was written
		}
	}
	if o.scratch == nil {
		return nil
	}
	_ = os.Remove(o.scratch.Name()) // it may be gone
	return o.scratch.Close()
}

// Len is how many files there are.
func (o *Fs) Len() int { return len(o.files) }

// ScratchBytes is how much of the files was changed, in whole blocks.
func (o *Fs) ScratchBytes() int64 { return o.used }

// Name implements afero.Fs.
func (o *Fs) Name() string { return "overlay" }

// Open implements afero.Fs.
func (o *Fs) Open(name string) (afero.File, error) { return o.OpenFile(name, os.O_RDONLY, 0) }

// OpenFile implements afero.Fs.
func (o *Fs) OpenFile(name string, flag int, _ fs.FileMode) (afero.File, error) {
	if filepath.Clean(name) == o.dir {
		return &handle{o: o, name: name}, nil
	}
	key, err := o.key("open", name)
	if err != nil {
		return nil, err
	}
	f := o.files[key]
	switch {
	case f == nil && flag&os.O_CREATE == 0:
		return nil, pathError("open", name, syscall.ENOENT)
	case f != nil && flag&(os.O_CREATE|os.O_EXCL) == os.O_CREATE|os.O_EXCL:
		return nil, pathError("open", name, syscall.EEXIST)
	case f == nil:
		f = &file{o: o, path: name, time: time.Now()}
		o.files[key] = f
	}
	if flag&os.O_TRUNC != 0 {
		if err := f.truncate(0); err != nil {
			return nil, err
		}
	}
	return &handle{o: o, name: name, f: f}, nil
}

// Stat implements afero.Fs.
func (o *Fs) Stat(name string) (fs.FileInfo, error) {
	if filepath.Clean(name) == o.dir {
		return os.Stat(o.dir)
	}
	key, err := o.key("stat", name)
	if err != nil {
		return nil, err
	}
	f := o.files[key]
	if f == nil {
		return nil, pathError("stat", name, syscall.ENOENT)
	}
	return info{f, key}, nil
}

// Remove implements afero.Fs.
func (o *Fs) Remove(name string) error {
	key, err := o.key("remove", name)
	if err == nil && o.files[key] == nil {
		err = pathError("remove", name, syscall.ENOENT)
	}
	if err != nil {
		return err
	}
	delete(o.files, key) // who has it open goes on with it
	return nil
}

// Rename implements afero.Fs.
func (o *Fs) Rename(from, to string) error {
	key, err := o.key("rename", from)
	if err == nil && o.files[key] == nil {
		err = pathError("rename", from, syscall.ENOENT)
	}
	if err != nil {
		return err
	}
	as, err := o.key("rename", to)
	if err != nil {
		return err
	}
	f := o.files[key]
	delete(o.files, key)
	o.files[as] = f
	return nil
}

// key is the last element of a name in the directory.
func (o *Fs) key(op, name string) (string, error) {
	clean := filepath.Clean(name)
	if filepath.Dir(clean) != o.dir {
		return "", pathError(op, name, syscall.ENOENT)
	}
	return filepath.Base(clean), nil
}

func (o *Fs) names() []string { return slices.Sorted(maps.Keys(o.files)) }

func pathError(op, name string, err error) error {
	return &fs.PathError{Op: op, Path: name, Err: err}
}
