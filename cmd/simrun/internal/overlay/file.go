package overlay

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// blockBytes is what is copied when a part of it is changed.
const blockBytes = 64 << 10

// file is a file as it is seen: a real one, or none, and what was changed of it.
type file struct {
	o    *Fs
	path string // of the real file
	dir  bool
	time time.Time
	size int64
	real *os.File // nil: it was made here
	// realBytes is how much of the real file is still seen.
	realBytes int64
	changed   map[int64]int64 // block number to its offset in the scratch file
}

// block reads what is seen of one block into b, which has its size; zeros are
// behind the file's end.
func (f *file) block(n int64, b []byte) error {
	if at, ok := f.changed[n]; ok {
		if _, err := f.o.scratch.ReadAt(b, at); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("overlay: %w", err)
		}
		return nil
	}
	clear(b)
	from := n * blockBytes
	have := min(int64(len(b)), f.realBytes-from)
	if f.real == nil || have <= 0 {
		return nil
	}
	if _, err := f.real.ReadAt(b[:have], from); err != nil {
		return err // also io.EOF: it became shorter meanwhile
	}
	return nil
}

// put keeps the new content of a block.
func (f *file) put(n int64, b []byte) error {
	at, ok := f.changed[n]
	if !ok {
		at = f.o.used
	}
	if _, err := f.o.scratch.WriteAt(b, at); err != nil {
		return fmt.Errorf("overlay: keeping what is changed of %s: %w", filepath.Base(f.path), err)
	}
	if !ok {
		if f.changed == nil {
			f.changed = make(map[int64]int64)
		}
		f.changed[n] = at
		f.o.used += blockBytes
	}
	return nil
}

func (f *file) readAt(b []byte, off int64) (n int, err error) {
	var buf [blockBytes]byte
	for n < len(b) && off < f.size {
		in := off % blockBytes
		want := min(int64(len(b)-n), f.size-off, blockBytes-in)
		if _, changed := f.changed[off/blockBytes]; !changed && f.real != nil && off+want <= f.realBytes {
			// Nothing of it is changed, so it comes straight from the file.
			if _, err := f.real.ReadAt(b[n:n+int(want)], off); err != nil {
				return n, err
			}
		} else {
			if err := f.block(off/blockBytes, buf[:]); err != nil {
				return n, err
			}
			copy(b[n:n+int(want)], buf[in:])
		}
		n += int(want)
		off += want
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

// writeAt keeps nothing of what is there already: a recovery writes much again
// that it has just read.
func (f *file) writeAt(b []byte, off int64) (n int, err error) {
	var buf [blockBytes]byte
	for n < len(b) {
		in := off % blockBytes
		part := b[n:min(len(b), n+int(blockBytes-in))]
		if err := f.block(off/blockBytes, buf[:]); err != nil {
			return n, err
		}
		if seen := buf[in : in+int64(len(part))]; !bytes.Equal(seen, part) {
			copy(seen, part)
			if err := f.put(off/blockBytes, buf[:]); err != nil {
				return n, err
			}
		}
		n += len(part)
		off += int64(len(part))
		f.size = max(f.size, off)
	}
	f.time = time.Now()
	return n, nil
}

func (f *file) truncate(size int64) error {
	if size < f.size {
		f.realBytes = min(f.realBytes, size)
		for n := range f.changed {
			if n*blockBytes >= size {
				delete(f.changed, n)
			}
		}
		if _, ok := f.changed[size/blockBytes]; ok {
			var buf [blockBytes]byte
			if err := f.block(size/blockBytes, buf[:]); err != nil {
				return err
			}
			clear(buf[size%blockBytes:])
			if err := f.put(size/blockBytes, buf[:]); err != nil {
				return err
			}
		}
	}
	f.size, f.time = size, time.Now()
	return nil
}

// info is what Stat tells of a file.
type info struct {
	f    *file
	name string
}

func (i info) Name() string       { return i.name }
func (i info) Size() int64        { return i.f.size }
func (i info) ModTime() time.Time { return i.f.time }
func (i info) IsDir() bool        { return i.f.dir }
func (i info) Sys() any           { return nil }
func (i info) Mode() fs.FileMode {
	if i.f.dir {
		return fs.ModeDir | 0o755
	}
	return 0o644
}
