package journal_test

import (
	"errors"
	"fmt"
	"io"
	iofs "io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/afero"
)

// crashFs is one directory on a disk that loses whatever the standard allows:
// small, slow, and written apart from package vfs, so that the two check each
// other.
type crashFs struct {
	afero.Fs // nil: what is not implemented here panics

	names   map[string]*crashInode
	durable map[string]*crashInode
	pending []nameEffect

	op   int
	fail func(op int, kind, path string) error // nil: nothing fails
	dead error                                 // every operation's fate from now on
	// full: there is no space for another file, or for a file to grow.
	full bool
	// drops: a failed fsync leaves the pages clean and the medium as it was;
	// otherwise they stay dirty.
	drops bool
}

type crashInode struct {
	data   []byte // what programs see
	medium []byte // what is durable
	// versions are the contents since the last sync that may reach the medium.
	versions [][]byte
	// clean are the pages that differ from the medium, are not dirty, and so
	// reach it by no sync: an fsync failed on them.
	clean map[int]bool
}

const crashPage = 4096

// reaching is the content that a sync would bring to the medium.
func (ino *crashInode) reaching() []byte {
	data := slices.Clone(ino.data)
	for page := range ino.clean { // in any order: they don't overlap
		at := page * crashPage
		if at < len(data) {
			n := clear0(data[at:min(at+crashPage, len(data))])
			if at < len(ino.medium) {
				copy(n, ino.medium[at:])
			}
		}
	}
	return data
}

func clear0(b []byte) []byte {
	clear(b)
	return b
}

// drop is an fsync that fails: what was dirty is clean, and not durable.
func (ino *crashInode) drop() {
	if ino.clean == nil {
		ino.clean = map[int]bool{}
	}
	for page := 0; page*crashPage < max(len(ino.data), len(ino.medium)); page++ {
		at := func(b []byte) []byte {
			return b[min(page*crashPage, len(b)):min((page+1)*crashPage, len(b))]
		}
		if !slices.Equal(at(ino.data), at(ino.medium)) {
			ino.clean[page] = true
		}
	}
	ino.versions = append(ino.versions, ino.reaching())
}

// nameEffect is an addition, a removal, or, with both names, a rename.
type nameEffect struct {
	add, remove string
	inode       *crashInode
}

// errAfterEffect fails a rename that took place.
var errAfterEffect = errors.New("reply lost")

var errPower = errors.New("power is off")

const crashDir = "/data"

func newCrashFs() *crashFs {
	return &crashFs{names: map[string]*crashInode{}, durable: map[string]*crashInode{}}
}

func (c *crashFs) step(kind, path string) error {
	if c.dead != nil {
		return c.dead
	}
	c.op++
	if c.fail != nil {
		if err := c.fail(c.op, kind, path); err != nil {
			return &iofs.PathError{Op: kind, Path: path, Err: err}
		}
	}
	return c.dead
}

// fate decides what survives a power cut.
type fate struct {
	keep   func() bool     // whether a pending effect persists
	half   func() bool     // whether a rename that does leaves its old name too
	pick   func(n int) int // one of n versions
	padded func() bool     // whether a size is rounded up to a page
}

// powerCut returns one possible disk after the power was lost.
func (c *crashFs) powerCut(rnd *rand.Rand) *crashFs {
	style := rnd.IntN(4)
	return c.cut(fate{
		keep: func() bool {
			switch style {
			case 0:
				return true
			case 1:
				return false
			}
			return rnd.IntN(2) == 0
		},
		half:   func() bool { return rnd.IntN(3) == 0 },
		pick:   rnd.IntN,
		padded: func() bool { return rnd.IntN(4) == 0 },
	})
}

func (c *crashFs) cut(f fate) *crashFs {
	img := newCrashFs()
	names := make(map[string]*crashInode)
	for name, ino := range c.durable {
		names[name] = ino
	}
	lost := map[string]bool{} // names whose pending removal did not persist
	for _, e := range c.pending {
		persists := f.keep()
		if e.add != "" && persists && lost[e.add] {
			persists = false
		}
		if e.add != "" && e.remove != "" {
			if !persists {
				lost[e.remove] = true
				continue
			}
			names[e.add] = e.inode
			if f.half() { // by halves
				lost[e.remove] = true
			} else {
				delete(names, e.remove)
			}
			continue
		}
		switch {
		case e.add != "" && persists:
			names[e.add] = e.inode
		case e.remove != "" && persists:
			delete(names, e.remove)
		case e.remove != "":
			lost[e.remove] = true
		}
	}
	content := map[*crashInode]*crashInode{}
	for _, name := range sortedKeys(names) {
		ino := names[name]
		if content[ino] == nil {
			data := ino.crash(f)
			content[ino] = &crashInode{data: data, medium: data}
		}
		img.names[name], img.durable[name] = content[ino], content[ino]
	}
	return img
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (ino *crashInode) crash(f fate) []byte {
	all := append([][]byte{ino.medium}, ino.versions...)
	pick := func() []byte {
		if f.keep() {
			return all[len(all)-1]
		}
		return all[f.pick(len(all))]
	}
	size := len(pick())
	if f.padded() {
		size = min(len(all[len(all)-1]), (size+4095)/4096*4096)
	}
	data := make([]byte, size)
	for at := 0; at < size; at += 512 {
		if from := pick(); at < len(from) {
			copy(data[at:min(at+512, size)], from[at:])
		}
	}
	return data
}

// processCrash kills all handles and keeps the page cache.
func (c *crashFs) processCrash() *crashFs {
	return &crashFs{names: c.names, durable: c.durable, pending: c.pending, full: c.full}
}

// clone is a disk of its own with the same content.
func (c *crashFs) clone() *crashFs {
	inodes := map[*crashInode]*crashInode{}
	dup := func(ino *crashInode) *crashInode {
		if inodes[ino] == nil {
			inodes[ino] = &crashInode{data: ino.data, medium: ino.medium, versions: slices.Clone(ino.versions), clean: maps.Clone(ino.clean)}
		}
		return inodes[ino]
	}
	n := newCrashFs()
	for name, ino := range c.names {
		n.names[name] = dup(ino)
	}
	for name, ino := range c.durable {
		n.durable[name] = dup(ino)
	}
	for _, e := range c.pending {
		if e.inode != nil {
			e.inode = dup(e.inode)
		}
		n.pending = append(n.pending, e)
	}
	return n
}

// tree is the visible content, for comparison.
func (c *crashFs) tree() string {
	s := ""
	for _, name := range sortedKeys(c.names) {
		s += fmt.Sprintf("%s %x\n", name, c.names[name].data)
	}
	return s
}

func (c *crashFs) Name() string { return "crashFs" }

func (c *crashFs) Open(name string) (afero.File, error) { return c.OpenFile(name, os.O_RDONLY, 0) }

func (c *crashFs) OpenFile(name string, flag int, _ os.FileMode) (afero.File, error) {
	if err := c.step("open", name); err != nil {
		return nil, err
	}
	if name == crashDir {
		return &crashFile{fs: c, path: name}, nil
	}
	ino := c.names[name]
	switch {
	case ino == nil && flag&os.O_CREATE == 0:
		return nil, &iofs.PathError{Op: "open", Path: name, Err: os.ErrNotExist}
	case ino != nil && flag&os.O_EXCL != 0:
		return nil, &iofs.PathError{Op: "open", Path: name, Err: os.ErrExist}
	case ino == nil && c.full:
		return nil, &iofs.PathError{Op: "open", Path: name, Err: syscall.ENOSPC}
	case ino == nil:
		ino = &crashInode{}
		c.names[name] = ino
		c.pending = append(c.pending, nameEffect{add: name, inode: ino})
	}
	return &crashFile{fs: c, path: name, ino: ino}, nil
}

func (c *crashFs) Stat(name string) (os.FileInfo, error) {
	if err := c.step("stat", name); err != nil {
		return nil, err
	}
	if name == crashDir {
		return crashInfo{name: name, dir: true}, nil
	}
	if ino := c.names[name]; ino != nil {
		return crashInfo{name: name, size: int64(len(ino.data))}, nil
	}
	return nil, &iofs.PathError{Op: "stat", Path: name, Err: os.ErrNotExist}
}

func (c *crashFs) Remove(name string) error {
	if err := c.step("remove", name); err != nil {
		return err
	}
	if c.names[name] == nil {
		return &iofs.PathError{Op: "remove", Path: name, Err: os.ErrNotExist}
	}
	delete(c.names, name)
	c.pending = append(c.pending, nameEffect{remove: name})
	return nil
}

func (c *crashFs) Rename(from, to string) error {
	failed := c.step("rename", from)
	if failed != nil && !errors.Is(failed, errAfterEffect) {
		return failed
	}
	ino := c.names[from]
	if ino == nil {
		return &iofs.PathError{Op: "rename", Path: from, Err: os.ErrNotExist}
	}
	if c.names[to] == ino {
		return nil // as the standard has it: nothing happens
	}
	delete(c.names, from)
	c.names[to] = ino
	c.pending = append(c.pending, nameEffect{add: to, remove: from, inode: ino})
	return failed
}

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
		f.fs.durable = make(map[string]*crashInode)
		for name, ino := range f.fs.names {
			f.fs.durable[name] = ino
		}
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

func overwrite(data, b []byte, off int64) []byte {
	if len(b) == 0 {
		return data
	}
	n := make([]byte, max(len(data), int(off)+len(b)))
	copy(n, data)
	copy(n[off:], b)
	return n
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
func (i crashInfo) Size() int64  { return i.size }
func (i crashInfo) IsDir() bool  { return i.dir }
func (i crashInfo) Mode() os.FileMode {
	if i.dir {
		return os.ModeDir | 0o755
	}
	return 0o644
}
func (i crashInfo) ModTime() time.Time { return time.Time{} }
func (i crashInfo) Sys() any           { return nil }

var seedCount uint64

// seededRand draws something else each time, and the same in every run of the
// same tests.

func seededRand(t testing.TB) *rand.Rand {
	t.Helper()
	seedCount++
	return rand.New(rand.NewPCG(seedCount, 5))
}
