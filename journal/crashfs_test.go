package journal_test

import (
	"errors"
	"fmt"
	iofs "io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"syscall"
	"testing"

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

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
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

var seedCount uint64

// seededRand draws something else each time, and the same in every run of the
// same tests.
func seededRand(t testing.TB) *rand.Rand {
	t.Helper()
	seedCount++
	return rand.New(rand.NewPCG(seedCount, 5))
}
