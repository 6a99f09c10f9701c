package vfs

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"

	"github.com/spf13/afero"
)

var _ afero.File = (*handle)(nil)

// handle is an open file or directory.
type handle struct {
	d      *Disk
	n      *node
	name   string // as it was opened, for errors
	path   string // cleaned, for Op
	flag   int
	off    int64
	moves  uint64 // Disk.moves when path was right
	closed bool

	since      int64    // the Seq of its open
	opened     uint64   // the same as an Op shows it, if the disk notes opens
	seenErrors uint64   // see fsyncErrors
	listing    []string // of a directory: what Readdir has yet to return
	listed     bool
}

var errAppendWriteAt = errors.New("vfs: invalid use of WriteAt on file opened with O_APPEND")

// Name implements afero.File.
func (f *handle) Name() string { return f.name }

// canRead and canWrite go by how the file was opened. Both bits at once, which
// Linux takes, allow neither.
func (f *handle) canRead() bool {
	return f.flag&accessMask == os.O_RDONLY || f.flag&accessMask == os.O_RDWR
}

func (f *handle) canWrite() bool {
	return f.flag&accessMask == os.O_WRONLY || f.flag&accessMask == os.O_RDWR
}

// begin starts an operation on the handle.
func (f *handle) begin(op *Op, out *Outcome) error {
	f.d.mu.Lock()
	if f.closed {
		f.d.mu.Unlock()
		return fs.ErrClosed
	}
	op.Path = f.where()
	switch op.Kind {
	case OpSync:
		if f.n.isDir() {
			op.Kind = OpSyncDir
		}
	case OpRead, OpWrite:
		if op.Offset < 0 {
			op.Offset = f.position(op.Kind)
		}
	}
	err := f.d.proceed(op, out, f.n.dev)
	if err == nil && f.closed { // while the hook had another actor go on
		err = fs.ErrClosed
	}
	return err
}

// atPosition as the offset of an operation means the handle's own.
const atPosition = -1

// position is where the next sequential read or write is.
func (f *handle) position(kind OpKind) int64 {
	if kind == OpWrite && f.flag&os.O_APPEND != 0 {
		return f.n.size
	}
	return f.off
}

// where is the name that the file has now, or the last one that it had.
func (f *handle) where() string {
	if f.moves == f.d.moves || f.d.cut {
		return f.path
	}
	f.moves = f.d.moves
	if p, err := f.d.walk(f.path, keepLink); err == nil && p.node == f.n {
		return f.path
	}
	if len(f.n.links) > 0 {
		f.path = f.d.pathOf(f.n.links[0])
	}
	return f.path
}

// Located is what a file or directory implements that knows its own name.
type Located interface {
	// Where returns the name that it has now, from the disk's root, or the last one
	// that it had; removed says that it has none any more. It is no operation.
	Where() (name string, removed bool)
	// Inode returns its number on the disk, and whether it is a directory. It is no
	// operation.
	Inode() (number uint64, dir bool)
}

var _ Located = (*handle)(nil)

// Where implements Located.
func (f *handle) Where() (name string, removed bool) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if f.d.layer == nil {
		return f.path, true
	}
	return f.where(), f.n.isRemoved()
}

// Inode implements Located.
func (f *handle) Inode() (number uint64, dir bool) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	return f.n.ino, f.n.isDir()
}

// end ends an operation that begin started: one on a closed handle it did not.
func (f *handle) end(op *Op, out *Outcome, n int64, err error) {
	if op.Seq != 0 {
		f.d.end(op, out, n, err)
	}
}

// fail wraps an error for the caller.
func (f *handle) fail(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	return pathError(op, f.name, err)
}

// Close implements afero.File. Of its faults the one that matters is an error
// after the handle is closed, as on Linux.
func (f *handle) Close() error {
	op := Op{Kind: OpClose}
	var out Outcome
	err := f.begin(&op, &out)
	if err == nil {
		f.d.afterwards(f.n, &out)
		f.close()
		err = out.Err
	}
	err = f.fail("close", err)
	f.end(&op, &out, 0, err)
	return err
}

// close lets go of the file. Where a truncation to nothing came before, the close is
// what makes ext4 protect what was written since: see barrier.
func (f *handle) close() {
	f.closed = true
	f.d.handles--
	if f.opened != 0 {
		f.d.opens = slices.DeleteFunc(f.d.opens, func(o *handle) bool { return o == f })
	}
	if f.n.truncated != 0 {
		if f.n.waitsForBlocks() {
			f.n.barriers = append(f.n.barriers, barrier{seq: f.d.seq, trunc: f.n.truncated})
		}
		f.n.truncated = 0
	}
	if f.n.handles--; f.n.handles == 0 {
		f.d.forget(f.n)
		f.d.reap(f.n)
	}
}

// Stat implements afero.File.
func (f *handle) Stat() (fs.FileInfo, error) {
	op := Op{Kind: OpStat}
	var out Outcome
	err := f.begin(&op, &out)
	if err == nil {
		err = out.Err
	}
	var info *FileInfo
	if err == nil {
		info = f.n.info(path.Base(f.name))
	}
	err = f.fail("stat", err)
	f.end(&op, &out, 0, err)
	if err != nil {
		return nil, err
	}
	return info, nil
}

// Read implements afero.File.
func (f *handle) Read(b []byte) (int, error) {
	op := Op{Kind: OpRead, Offset: atPosition, Len: int64(len(b))}
	var out Outcome
	err := f.begin(&op, &out)
	n := 0
	if err == nil && len(b) > 0 {
		n, err = f.read(b, f.off, &out)
		f.off += int64(n)
		if n > 0 && err == io.EOF {
			err = nil
		}
	}
	err = f.fail("read", err)
	f.end(&op, &out, int64(n), err)
	return n, err
}

// errShortRead is what ReadAt says of an injected short read, which Read
// returns without an error: a positioned read may not.
var errShortRead = &injectedError{io.ErrUnexpectedEOF}

// ReadAt implements afero.File.
func (f *handle) ReadAt(b []byte, off int64) (int, error) {
	if off < 0 {
		return 0, pathError("readat", f.name, errors.New("negative offset"))
	}
	if len(b) == 0 {
		return 0, nil // no system call, and so no operation
	}
	op := Op{Kind: OpRead, Offset: off, Len: int64(len(b))}
	var out Outcome
	err := f.begin(&op, &out)
	n := 0
	if err == nil {
		n, err = f.read(b, off, &out)
		if err == nil && n < len(b) {
			err = errShortRead
		}
	}
	err = f.fail("read", err)
	f.end(&op, &out, int64(n), err)
	return n, err
}

// read returns io.EOF with a count below len(b) where the file ends.
func (f *handle) read(b []byte, off int64, out *Outcome) (int, error) {
	switch {
	case !f.canRead(): // the kernel looks at that before anything else
		return 0, errBadHandle
	case f.n.isDir():
		return 0, errIsDir
	case out.effect() == EffectNone:
		return 0, out.Err
	}
	if errors.Is(out.Err, io.EOF) {
		out.Err = io.EOF // injected: the file seems to end, as readers know it
	}
	want := b // a short read moves less, and is no end of the file
	if out.effect() == EffectPartial {
		want = b[:min(int64(len(b)), max(out.N, 0))]
	}
	n := f.n.readAt(want, off)
	if bit := out.Flip - 1; bit >= 0 && bit/8 < int64(n) {
		b[bit/8] ^= 1 << (bit % 8)
	}
	if out.Err == nil && n < len(want) {
		return n, io.EOF
	}
	return n, out.Err
}

// Seek implements afero.File. It is no operation of the disk's.
func (f *handle) Seek(offset int64, whence int) (int64, error) {
	f.d.mu.Lock()
	defer f.d.mu.Unlock()
	if err := f.seekable(); err != nil {
		return 0, err
	}
	switch whence {
	case seekData, seekHole:
		at, err := f.n.seekBlock(offset, whence)
		if err != nil {
			return 0, f.fail("seek", err)
		}
		offset = at
	case io.SeekStart:
	case io.SeekCurrent:
		offset += f.off
	case io.SeekEnd:
		offset += f.n.size
	default:
		return 0, f.fail("seek", errInvalid)
	}
	if offset < 0 {
		return 0, f.fail("seek", errInvalid)
	}
	if f.n.isDir() && offset == 0 {
		f.listed = false // a directory is read from its beginning again
	}
	f.off = offset
	return offset, nil
}

// seekable says why nobody can seek any more.
func (f *handle) seekable() error {
	switch {
	case f.closed:
		return f.fail("seek", fs.ErrClosed)
	case f.d.cut:
		return f.fail("seek", ErrPowerCut)
	}
	return nil
}

// Readdir implements afero.File. The names come in order. What is added or
// removed after the first call doesn't show.
func (f *handle) Readdir(count int) ([]fs.FileInfo, error) {
	var infos []fs.FileInfo
	err := f.readdir(count, func(name string) {
		if n := f.d.node(f.n.entries.get(name)); n != nil {
			infos = append(infos, n.info(name))
		}
	})
	return infos, err
}

// Readdirnames implements afero.File.
func (f *handle) Readdirnames(count int) ([]string, error) {
	var names []string
	err := f.readdir(count, func(name string) { names = append(names, name) })
	return names, err
}

// readdir is the operation, and calls found with each name that it returns.
func (f *handle) readdir(count int, found func(name string)) error {
	op := Op{Kind: OpReaddir}
	var out Outcome
	err := f.begin(&op, &out)
	returned := 0
	switch {
	case err != nil:
	case !f.n.isDir():
		err = errNotDir
	case out.effect() == EffectNone:
		err = out.Err
	case f.d.of(&f.n.inode).failed != nil && f.d.options.Filesystem == Btrfs:
		err = &injectedError{errIO} // the fault's doing, like what it failed
	default:
		returned, err = f.list(count, found)
		if out.Err != nil {
			err = out.Err
		}
	}
	err = f.fail("readdirent", err)
	f.end(&op, &out, int64(returned), err)
	return err
}

// list calls found with the next names, at most count if that is above 0, and
// returns how many there were. The directory is listed as it was at the first call.
func (f *handle) list(count int, found func(name string)) (returned int, err error) {
	if !f.listed {
		f.listed, f.listing = true, f.listing[:0]
		f.n.entries.each(func(name string, _ uint64) bool { f.listing = append(f.listing, name); return true })
	}
	for len(f.listing) > 0 && (count <= 0 || returned < count) {
		found(f.listing[0])
		f.listing = f.listing[1:]
		returned++
	}
	switch {
	case count > 0 && returned == count:
	case f.n.isRemoved():
		return returned, errNotExist
	case count > 0 && returned == 0:
		return returned, io.EOF
	}
	return returned, nil
}
