package vfs_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/afero"
	"pgregory.net/rapid"

	"powercut/vfs"
)

const block = 4096

// room measures how many blocks are left, on a copy of the disk.
func room(d *vfs.Disk) int {
	copied := d.ProcessCrash().Mount(vfs.Options{})
	defer copied.Release()
	f, err := copied.Create("/measure")
	if err != nil {
		return 0 // posix and xfs on a full disk
	}
	n, _ := f.Write(make([]byte, 64*block))
	return n / block
}

func allocate(f afero.File, blocks int64) error { return f.(vfs.Allocator).Allocate(blocks * block) }

// TestAllocateReserves: what is preallocated is taken from what others can fill,
// and is there for its own file, whatever crashes in between.
func TestAllocateReserves(t *testing.T) {
	for _, p := range filesystems {
		t.Run(p.String(), func(t *testing.T) {
			d := vfs.New(vfs.Options{CapacityBytes: 10 * block, Filesystem: p})
			f := must(d.Create("/f"))
			is(t, "allocate", allocate(f, 4), nil)
			expect(t, "room", room(d), 6)
			g := must(d.Create("/g"))
			n, err := g.Write(make([]byte, 10*block))
			is(t, "fill", err, syscall.ENOSPC)
			expect(t, "filled", n, 6*block)
			must(f.WriteAt(make([]byte, 3*block), block)) // into what is reserved
			is(t, "allocate what there is already", allocate(f, 4), nil)
			is(t, "allocate more", allocate(f, 5), syscall.ENOSPC)
			expect(t, "size after that", must(f.Stat()).Size(), int64(4*block))
			_, err = f.WriteAt([]byte("x"), 4*block)
			is(t, "write beyond", err, syscall.ENOSPC)
			d.SyncAll()
			for _, crashed := range []*vfs.Disk{d.ProcessCrash().Mount(vfs.Options{}), d.Crash(p, &fixedSource{}).Mount(vfs.Options{})} {
				expect(t, "room after a crash", room(crashed), 0)
				h := must(crashed.OpenFile("/f", os.O_RDWR, 0))
				_, err := h.WriteAt([]byte("x"), 0)
				is(t, "write into what is reserved, after a crash", err, nil)
				is(t, "truncate", h.Truncate(block+1), nil)
				expect(t, "room after a truncation", room(crashed), 2)
			}
			is(t, "remove", d.Remove("/f"), nil)
			expect(t, "room while it is open", room(d), 4) // its program is gone in the copy
			_, err = g.WriteAt(make([]byte, 4*block), 6*block)
			is(t, "fill while it is open", err, syscall.ENOSPC)
			is(t, "close", f.Close(), nil)
			must(g.WriteAt(make([]byte, 4*block), 6*block))
			expect(t, "room in the end", room(d), 0)
		})
	}
}

// TestReservationGoesWithTheSize: a power cut takes a reservation with the size
// that it made, and gives it back with a truncation that was lost.
func TestReservationGoesWithTheSize(t *testing.T) {
	rooms := func(d *vfs.Disk) (found []string) {
		for im := range d.Images(vfs.POSIX) {
			size := len(im.Tree()["/f"])
			found = append(found, fmt.Sprintf("%d blocks, room for %d", size/block, room(im.Mount(vfs.Options{}))))
			im.Release()
		}
		slices.Sort(found)
		return slices.Compact(found)
	}
	options := vfs.Options{CapacityBytes: 10 * block, SectorBytes: 4096}
	d := vfs.New(options)
	f := must(d.Create("/f"))
	d.SyncAll()
	is(t, "allocate", allocate(f, 2), nil)
	expect(t, "allocated", rooms(d), []string{"0 blocks, room for 10", "1 blocks, room for 9", "2 blocks, room for 8"})
	is(t, "fsync", f.Sync(), nil)
	expect(t, "durable", rooms(d), []string{"2 blocks, room for 8"})
	must(f.WriteAt(make([]byte, block), 0))
	expect(t, "written to, or not", rooms(d), []string{"2 blocks, room for 8"})
	is(t, "truncate", f.Truncate(0), nil)
	expect(t, "room for programs", room(d), 10)
	expect(t, "truncated, or not", rooms(d), []string{"0 blocks, room for 10", "1 blocks, room for 9", "2 blocks, room for 8"})
}

// spaceFile is a file as the model of the space knows it.
type spaceFile struct {
	size   int64
	blocks map[int64]bool // reserved or written to
	names  int
	open   int
}

// space is a naive model of a disk's space: every file with its set of blocks.
type space struct {
	t        *rapid.T
	disk     *vfs.Disk
	fs       vfs.Profile
	capacity int
	names    map[string]*spaceFile
	handles  []spaceHandle
	// keepsSize says that blocks may have been reserved behind the end of a file.
	keepsSize bool
}

type spaceHandle struct {
	f    afero.File
	file *spaceFile
}

func (s *space) used() (n int) {
	seen := map[*spaceFile]bool{}
	count := func(f *spaceFile) {
		if !seen[f] && f.names+f.open > 0 {
			seen[f], n = true, n+len(f.blocks)
		}
	}
	for _, f := range s.names {
		count(f)
	}
	for _, h := range s.handles {
		count(h.file)
	}
	return n
}

// write is how many bytes of a write there is room for.
func (s *space) write(f *spaceFile, off, n int64, written func(i int64) bool) int64 {
	free := s.capacity - s.used()
	for at := off; at < off+n; at = (at/block + 1) * block {
		i := at / block
		if f.blocks[i] {
			if s.fs == vfs.Btrfs && free <= 0 && written(i) {
				return at - off
			}
			continue
		}
		if free--; free < 0 {
			return at - off
		}
	}
	return n
}

func (s *space) handle() (spaceHandle, bool) {
	if len(s.handles) == 0 {
		return spaceHandle{}, false
	}
	return s.handles[rapid.IntRange(0, len(s.handles)-1).Draw(s.t, "handle")], true
}

func (s *space) name() string {
	return rapid.SampledFrom([]string{"/a", "/b", "/c"}).Draw(s.t, "name")
}

func (s *space) enospc(what string, err error, want bool) {
	s.t.Helper()
	if want != (kind(err) == syscall.ENOSPC) || !want && err != nil {
		s.t.Fatalf("%s: got %v, want ENOSPC: %v", what, err, want)
	}
}

// kind is the errno of an error, 0 for none.
func kind(err error) syscall.Errno {
	for ; err != nil; err = unwrap(err) {
		if e, ok := err.(syscall.Errno); ok {
			return e
		}
	}
	return 0
}

func unwrap(err error) error {
	if u, ok := err.(interface{ Unwrap() error }); ok {
		return u.Unwrap()
	}
	return nil
}

// step does one thing near the capacity and compares what it is told.
func (s *space) step(what string) {
	blocks := int64(rapid.IntRange(0, 6).Draw(s.t, "blocks"))
	bytes := max(0, blocks*block+int64(rapid.IntRange(-1, 1).Draw(s.t, "and bytes")))
	switch what {
	case "create", "remove", "rename", "link":
		s.onNames(what)
	case "process crash":
		s.disk = s.disk.ProcessCrash().Mount(vfs.Options{})
		for _, h := range s.handles {
			h.file.open = 0
		}
		s.handles = nil
	case "sync all":
		s.disk.SyncAll()
	default:
		if h, ok := s.handle(); ok {
			s.onHandle(what, h, bytes)
		}
	}
}

// onHandle does one thing to an open file.
func (s *space) onHandle(what string, h spaceHandle, bytes int64) {
	switch what {
	case "write":
		s.writeTo(h, bytes)
	case "truncate":
		s.truncate(h, bytes)
	case "allocate":
		s.allocate(h, bytes)
	case "fallocate":
		s.fallocate(h, bytes)
	case "fsync":
		if err := h.f.Sync(); kind(err) == syscall.ENOSPC {
			s.t.Fatalf("fsync: %v", err)
		}
	case "fail a page", "flusher":
		s.fail(what, h, bytes/block)
	case "evict":
		s.disk.Evict()
	case "close":
		s.enospc("close", h.f.Close(), false)
		h.file.open--
		s.handles = slices.DeleteFunc(s.handles, func(g spaceHandle) bool { return g.f == h.f })
	}
}

// blocksIn is how many blocks a range of bytes touches.
func blocksIn(off, n int64) int { return int((off+n+block-1)/block - off/block) }

func (s *space) writeTo(h spaceHandle, bytes int64) {
	f := h.file
	off := int64(rapid.IntRange(0, 4*block).Draw(s.t, "offset"))
	// Only btrfs cares whether a block holds data yet; there the model leaves that
	// to the disk.
	if more := blocksIn(off, bytes); s.fs == vfs.Btrfs && s.used()+more >= s.capacity {
		return
	}
	want := s.write(f, off, bytes, func(int64) bool { return true })
	n, err := h.f.WriteAt(make([]byte, bytes), off)
	s.enospc(fmt.Sprintf("write %d+%d", off, bytes), err, want < bytes)
	if int64(n) != want {
		s.t.Fatalf("wrote %d of %d bytes at %d, want %d", n, bytes, off, want)
	}
	for at := off; at < off+want; at = (at/block + 1) * block {
		f.blocks[at/block] = true
	}
	if want > 0 {
		f.size = max(f.size, off+want)
	}
}

func (s *space) truncate(h spaceHandle, bytes int64) {
	s.enospc("truncate", h.f.Truncate(bytes), false)
	h.file.cut(bytes)
}

// cut is a truncation: the blocks behind it are free, unless it made the file longer.
func (f *spaceFile) cut(bytes int64) {
	was := f.size
	if f.size = bytes; bytes > was {
		return
	}
	for i := range f.blocks {
		if i*block >= bytes {
			delete(f.blocks, i)
		}
	}
}

func (s *space) allocate(h spaceHandle, bytes int64) {
	if bytes == 0 {
		return
	}
	f, more := h.file, 0
	for i := int64(0); i*block < bytes; i++ {
		if !f.blocks[i] {
			more++
		}
	}
	lacks := more > 0 && s.used()+more > s.capacity
	s.enospc(fmt.Sprintf("allocate %d", bytes), h.f.(vfs.Allocator).Allocate(bytes), lacks)
	for i := int64(0); i*block < bytes && !lacks; i++ {
		f.blocks[i] = true
		f.size = max(f.size, bytes)
	}
}

// fail lets a write-back fail, which takes no block and gives none.
func (s *space) fail(what string, h spaceHandle, page int64) {
	s.disk.SetInjector(once(vfs.OpSync, vfs.Outcome{Sync: vfs.SyncDropPage, Page: page}))
	if what == "flusher" {
		s.disk.SetInjector(once(vfs.OpTruncate, vfs.Outcome{Sync: vfs.SyncFlusherFails}))
		_ = h.f.Truncate(h.file.size)
		h.file.cut(h.file.size)
	}
	_ = h.f.Sync() // told, or not: see TestWhoIsToldOfAFailure
	s.disk.SetInjector(nil)
}

// TestSpace drives a disk near its capacity, preallocating, and holds every
// answer against a naive model of who has which block; and what each disk counts,
// those that crashes leave too, against a count of its own.
func TestSpace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &space{t: t, names: map[string]*spaceFile{}, capacity: rapid.IntRange(1, 12).Draw(t, "capacity"),
			fs: rapid.SampledFrom(filesystems).Draw(t, "filesystem")}
		s.disk = vfs.New(vfs.Options{CapacityBytes: int64(s.capacity) * block, Filesystem: s.fs})
		actions := map[string]func(*rapid.T){"": func(t *rapid.T) {
			s.t = t
			vfs.CheckSpace(t, s.disk, s.keepsSize)
		}}
		for _, what := range []string{"create", "create again", "write", "write again", "truncate", "allocate", "allocate again", "fallocate", "fallocate again", "fsync", "close", "remove", "rename", "link",
			"process crash", "sync all", "fail a page", "flusher", "evict", "power cut"} {
			actions[what] = func(t *rapid.T) {
				s.t = t
				if what != "power cut" {
					s.step(strings.TrimSuffix(what, " again"))
					return
				}
				p := rapid.SampledFrom(vfs.Profiles()).Draw(t, "profile")
				im := s.disk.Crash(p, rapidSource{t})
				left := im.Mount(vfs.Options{})
				vfs.CheckSpace(t, left, s.keepsSize)
				for i := range rapid.IntRange(1, 3).Draw(t, "operations behind it") {
					f, err := left.OpenFile(s.name(), os.O_RDWR|os.O_CREATE, 0o644)
					if err == nil {
						_ = f.(vfs.Allocator).Allocate(int64(i+1) * block)
						_, _ = f.WriteAt(make([]byte, 2*block), int64(i)*block)
					}
					vfs.CheckSpace(t, left, s.keepsSize)
				}
				left.Release()
				im.Release()
			}
		}
		t.Repeat(actions)
	})
}
