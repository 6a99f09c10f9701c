package vfs

import (
	"errors"
	"os"
)

// Write implements afero.File.
func (f *handle) Write(b []byte) (int, error) {
	op := Op{Kind: OpWrite, Offset: atPosition, Len: int64(len(b)), Flag: f.flag}
	var out Outcome
	err := f.begin(&op, &out)
	n, was := 0, int64(0)
	if err == nil {
		off := f.position(OpWrite)
		was = f.off
		if n, err = f.write(b, off, &out); n > 0 {
			f.off = off + int64(n)
		}
		f.d.afterwards(f.n, &out)
	}
	err = f.fail("write", err)
	f.end(&op, &out, int64(n), err)
	if syncErr := f.syncWritten(&op, n); syncErr != nil {
		f.d.mu.Lock()
		f.off = was // it moves with the count that is returned
		f.d.mu.Unlock()
		return 0, syncErr
	}
	return n, err
}

// WriteString implements afero.File.
func (f *handle) WriteString(s string) (int, error) { return f.Write([]byte(s)) }

// WriteAt implements afero.File.
func (f *handle) WriteAt(b []byte, off int64) (int, error) {
	if f.flag&os.O_APPEND != 0 {
		return 0, errAppendWriteAt
	}
	if off < 0 {
		return 0, pathError("writeat", f.name, errors.New("negative offset"))
	}
	if len(b) == 0 {
		return 0, nil // no system call, and so no operation
	}
	op := Op{Kind: OpWrite, Offset: off, Len: int64(len(b)), Flag: f.flag}
	var out Outcome
	err := f.begin(&op, &out)
	n := 0
	if err == nil {
		n, err = f.write(b, off, &out)
		f.d.afterwards(f.n, &out)
	}
	err = f.fail("write", err)
	f.end(&op, &out, int64(n), err)
	if syncErr := f.syncWritten(&op, n); syncErr != nil {
		return 0, syncErr
	}
	return n, err
}

// maxFileBytes is how large a file can get: what ext4 allows.
const maxFileBytes = 1<<44 - pageBytes

// write carries out a write as the outcome says, and returns what the caller is
// told: how many bytes, and why not more.
func (f *handle) write(b []byte, off int64, out *Outcome) (int, error) {
	d := f.d
	switch {
	case !f.canWrite():
		return 0, errBadHandle
	case d.of(&f.n.inode).failed != nil && out.effect() != EffectNone: // a write that is lost meets no filesystem
		return 0, d.of(&f.n.inode).failed
	case off > maxFileBytes-int64(len(b)):
		return 0, errFileTooBig
	}
	data := b // what lands on the disk, whatever the caller is told
	if room, lacking := d.room(f.n, off, int64(len(b))); room < int64(len(b)) && out.Err == nil {
		data = b[:room]
		if !out.withoutSync().disturbs() {
			// The disk is full by itself: nobody injected that.
			n := f.store(data, off)
			return n, lacking
		}
		out.Err = lacking
	}
	if bit := out.Flip - 1; bit >= 0 && bit/8 < int64(len(data)) {
		// In a copy: the caller's bytes are not the disk's to change.
		data = append([]byte(nil), data...)
		data[bit/8] ^= 1 << (bit % 8)
	}
	told := len(b) // of a write that is lost, all of it
	switch out.effect() {
	case EffectNone:
		if out.Err != nil {
			told = 0
		}
	case EffectPartial:
		told = int(min(int64(len(data)), max(out.N, 0)))
		if out.Torn == 0 {
			f.store(data[:told], off)
		} else {
			f.storeSectors(data, off, out.Torn)
		}
		if out.Err == nil && told < len(b) {
			// A short count without an error is no answer that io.Writer allows.
			return told, &injectedError{errShortWrite}
		}
	default:
		f.redirect(data, off, out.Redirect)
	}
	return told, out.Err
}

var errShortWrite = errors.New("short write")

// store is the write itself.
func (f *handle) store(data []byte, off int64) int {
	if len(data) > 0 {
		f.n.write(f.d, data, off)
		f.n.modNanos = f.d.now()
	}
	return len(data)
}

// storeSectors writes the sectors of a request that a mask names: bit i is
// sector i, counted from the one that off is in. Sectors beyond 63 have bit 63.
func (f *handle) storeSectors(data []byte, off int64, mask uint64) {
	first := off / 512
	for at := off; at < off+int64(len(data)); {
		next := min((at/512+1)*512, off+int64(len(data)))
		if mask&(1<<min(at/512-first, 63)) != 0 {
			f.store(data[at-off:next-off], at)
		}
		at = next
	}
}

// redirect is a write that lands where the device, by mistake, puts it.
func (f *handle) redirect(data []byte, off int64, to *Redirect) {
	if to == nil {
		f.store(data, off)
		return
	}
	g := *f
	if to.Path != "" {
		p, err := f.d.walk(cleanPath(to.Path), followLink)
		if err != nil || p.node == nil || p.node.isDir() {
			return // nothing there to hit: lost
		}
		g.n = p.node
	}
	g.store(data, max(to.Offset, 0))
}

// afterwards is what the kernel does after an operation on a file and by itself:
// nothing, or a write-back that fails.
func (d *Disk) afterwards(n *node, out *Outcome) {
	if out.Sync == SyncFlusherFails {
		d.flusherFails(n)
	}
}

// Truncate implements afero.File.
func (f *handle) Truncate(size int64) error {
	op := Op{Kind: OpTruncate, Offset: size}
	var out Outcome
	err := f.begin(&op, &out)
	err = f.d.change(&out, err, func() error {
		if size < 0 || !f.canWrite() {
			return errInvalid
		}
		return f.d.truncate(f.n, size, &out)
	})
	err = f.fail("truncate", err)
	f.end(&op, &out, 0, err)
	return err
}

// Truncate changes the size of the file that a path names, as os.Truncate does.
func (d *Disk) Truncate(name string, size int64) error {
	op := Op{Kind: OpTruncate, Path: cleanPath(name), Offset: size}
	var out Outcome
	err := d.begin(&op, &out)
	err = d.change(&out, err, func() error {
		if size < 0 {
			return errInvalid
		}
		p, err := d.find(name, followLink)
		switch {
		case err != nil:
			return err
		case p.node.isDir():
			return errIsDir
		}
		return d.truncate(p.node, size, &out)
	})
	if err != nil {
		err = pathError("truncate", name, err)
	}
	d.end(&op, &out, 0, err)
	return err
}

func (d *Disk) truncate(n *node, size int64, out *Outcome) error {
	switch {
	case d.of(&n.inode).failed != nil:
		return d.of(&n.inode).failed
	case size > maxFileBytes:
		return errFileTooBig
	}
	n.resize(d, size, true)
	n.modNanos = d.now()
	d.afterwards(n, out)
	return nil
}
