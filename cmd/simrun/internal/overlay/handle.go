package overlay

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/afero"
)

var (
	_ afero.Fs   = (*Fs)(nil)
	_ afero.File = (*handle)(nil)
)

// handle is an open file, or the directory.
type handle struct {
	o      *Fs
	name   string
	f      *file // nil: the directory
	off    int64
	closed bool
}

// usable says why a handle can't be used for what is asked of files.
func (h *handle) usable(op string) error {
	switch {
	case h.closed:
		return pathError(op, h.name, fs.ErrClosed)
	case h.f == nil || h.f.dir:
		return pathError(op, h.name, errors.New("is a directory"))
	}
	return nil
}

// Name implements afero.File.
func (h *handle) Name() string { return h.name }

// Close implements afero.File.
func (h *handle) Close() error {
	if h.closed {
		return pathError("close", h.name, fs.ErrClosed)
	}
	h.closed = true
	return nil
}

// Stat implements afero.File.
func (h *handle) Stat() (fs.FileInfo, error) {
	if h.f == nil {
		return os.Stat(h.o.dir)
	}
	return info{h.f, h.name}, nil
}

// ReadAt implements afero.File.
func (h *handle) ReadAt(b []byte, off int64) (int, error) {
	if err := h.usable("read"); err != nil {
		return 0, err
	}
	return h.f.readAt(b, off)
}

// Read implements afero.File.
func (h *handle) Read(b []byte) (int, error) {
	n, err := h.ReadAt(b, h.off)
	h.off += int64(n)
	if n > 0 && errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// WriteAt implements afero.File.
func (h *handle) WriteAt(b []byte, off int64) (int, error) {
	if err := h.usable("write"); err != nil {
		return 0, err
	}
	return h.f.writeAt(b, off)
}

// Write implements afero.File.
func (h *handle) Write(b []byte) (int, error) {
	n, err := h.WriteAt(b, h.off)
	h.off += int64(n)
	return n, err
}

// WriteString implements afero.File.
func (h *handle) WriteString(s string) (int, error) { return h.Write([]byte(s)) }

// Seek implements afero.File.
func (h *handle) Seek(offset int64, whence int) (int64, error) {
	if err := h.usable("seek"); err != nil {
		return 0, err
	}
	switch whence {
	case io.SeekCurrent:
		offset += h.off
	case io.SeekEnd:
		offset += h.f.size
	}
	if offset < 0 {
		return 0, pathError("seek", h.name, errors.New("negative position"))
	}
	h.off = offset
	return offset, nil
}

// Truncate implements afero.File.
func (h *handle) Truncate(size int64) error {
	if err := h.usable("truncate"); err != nil {
		return err
	}
	return h.f.truncate(size)
}

// Sync implements afero.File: what is tried out here need not last.
func (h *handle) Sync() error {
	if h.closed {
		return pathError("sync", h.name, fs.ErrClosed)
	}
	return nil
}

// Readdirnames implements afero.File. It returns all names, sorted.
func (h *handle) Readdirnames(int) ([]string, error) {
	if h.f != nil {
		return nil, pathError("readdir", h.name, errors.New("is no directory"))
	}
	return h.o.names(), nil
}

// Readdir implements afero.File, as Readdirnames does.
func (h *handle) Readdir(int) ([]fs.FileInfo, error) {
	names, err := h.Readdirnames(-1)
	infos := make([]fs.FileInfo, 0, len(names))
	for _, name := range names {
		infos = append(infos, info{h.o.files[name], name})
	}
	return infos, err
}
