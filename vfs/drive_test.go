package vfs_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path"
	"syscall"
	"testing"

	"github.com/spf13/afero"
	"pgregory.net/rapid"

	"powercut/vfs"
)

// driver does to a disk what its draws say: every operation, on few names so
// that they meet, every fault, crashes of both kinds from which it goes on.
type driver struct {
	t     interface{ Fatalf(string, ...any) }
	draw  func(n int) int // one of [0, n)
	disk  *vfs.Disk
	files []afero.File
	did   []string
}

func newDriver(t interface{ Fatalf(string, ...any) }, draw func(n int) int) *driver {
	r := &driver{t: t, draw: draw}
	options := vfs.Options{
		SectorBytes:   []int{512, 4096}[draw(2)],
		Filesystem:    vfs.Profiles()[draw(len(vfs.Profiles()))],
		CapacityBytes: []int64{0, 0, 0, 10 << 12}[draw(4)],
	}
	r.disk = vfs.New(options)
	r.note("disk %+v", options)
	return r
}

func (r *driver) note(format string, args ...any) {
	r.did = append(r.did, fmt.Sprintf(format, args...))
}

// failf fails with all that was done.
func (r *driver) failf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	for _, s := range r.did {
		text += "\n\t" + s
	}
	r.t.Fatalf("%s", text)
}

func pick[T any](r *driver, from []T) T { return from[r.draw(len(from))] }

var (
	drivenPaths = []string{"/a", "/b", "/d", "/d/a", "/d/b", "/d/e", "/d/e/a", "/f"}
	drivenFlags = []int{os.O_RDWR | os.O_CREATE, os.O_RDWR | os.O_CREATE | os.O_TRUNC, os.O_RDWR,
		os.O_RDWR | os.O_SYNC, os.O_RDWR | vfs.O_DSYNC, os.O_RDWR | os.O_CREATE | os.O_SYNC, os.O_WRONLY | os.O_APPEND | vfs.O_DSYNC, os.O_RDONLY}
	drivenSizes  = []int{0, 1, 100, 512, 700, 4096, 5000, 9000, 12288}
	drivenErrors = []error{nil, syscall.EIO, syscall.ENOSPC}
)

// step does one thing.
func (r *driver) step() {
	d := r.disk
	switch what := r.draw(33); what {
	case 0, 1, 2:
		name, flag := pick(r, drivenPaths), pick(r, drivenFlags)
		f, err := d.OpenFile(name, flag, 0o644)
		r.note("open %s %#x: %v", name, flag, err)
		if err == nil {
			r.files = append(r.files, f)
		}
	case 3:
		name := pick(r, drivenPaths)
		r.note("mkdir %s: %v", name, d.Mkdir(name, 0o755))
	case 4:
		name := pick(r, drivenPaths)
		r.note("remove %s: %v", name, d.Remove(name))
	case 5:
		name := pick(r, drivenPaths)
		r.note("remove all of %s: %v", name, d.RemoveAll(name))
	case 6, 7:
		from, to := pick(r, drivenPaths), pick(r, drivenPaths)
		r.note("rename %s %s: %v", from, to, d.Rename(from, to))
	case 8:
		from, to := pick(r, drivenPaths), pick(r, drivenPaths)
		r.note("link %s %s: %v", from, to, d.Link(from, to))
	case 9, 22:
		r.syncDir(pick(r, []string{"/", "/d", "/d/e", "/f"}))
	case 23: // a directory that comes and goes
		name := pick(r, []string{"/d", "/d/e", "/f"})
		r.note("mkdir %s: %v", name, d.Mkdir(name, 0o755))
		r.note("write %s/a: %v", name, afero.WriteFile(d, name+"/a", []byte("a"), 0o644))
	case 24:
		name := pick(r, []string{"/d", "/d/e", "/f"})
		r.note("remove all of %s: %v", name, d.RemoveAll(name))
		r.syncDir(path.Dir(name))
	case 25:
		name := pick(r, drivenPaths)
		r.note("symlink %s: %v", name, d.SymlinkIfPossible(pick(r, []string{"a", "d", "/d/a", "../b"}), name))
	case 26:
		from, to := pick(r, drivenPaths), pick(r, drivenPaths)
		flags := pick(r, []vfs.RenameFlags{0, vfs.RenameNoReplace, vfs.RenameExchange, vfs.RenameExchange})
		r.note("rename %s %s with %d: %v", from, to, flags, d.RenameWith(from, to, flags))
	case 27:
		name, size := pick(r, drivenPaths), pick(r, drivenSizes)
		r.note("truncate %s to %d: %v", name, size, d.Truncate(name, int64(size)))
	case 28:
		r.temporary()
	case 29:
		if r.draw(4) == 0 {
			r.note("syncfs: %v", d.SyncFS())
		}
	case 10:
		d.Evict()
		r.note("evict")
	case 11, 12:
		kind, out := r.fault()
		d.SetInjector(once(kind, out))
		r.note("fault on %v: %+v", kind, out)
	case 13:
		r.crash()
	default:
		r.file(what)
	}
}

// attributes changes a mode or an extended attribute.
func (r *driver) attributes() {
	name, attr := pick(r, drivenPaths), pick(r, []string{"user.x", "user.y"})
	of := r.disk.XattrsAt(name, true)
	if r.draw(2) == 0 {
		f := pick(r, r.files)
		name, of = f.Name(), f.(vfs.Xattrs)
	}
	switch r.draw(4) {
	case 0:
		r.note("removexattr %s %s: %v", name, attr, of.RemoveXattr(attr))
	case 1:
		r.note("chmod %s: %v", name, r.disk.Chmod(name, pick(r, []fs.FileMode{0o600, 0o644, 0o755})))
	default:
		r.note("setxattr %s %s: %v", name, attr, of.SetXattr(attr, []byte{'a' + byte(len(r.did)%26)}, 0))
	}
}

// temporary makes a file without a name, or gives it one.
func (r *driver) temporary() {
	if len(r.files) > 0 && r.draw(2) == 0 {
		f, name := pick(r, r.files), pick(r, drivenPaths)
		r.note("link %s to %s: %v", f.Name(), name, f.(vfs.LinkTaker).LinkTo(name))
		return
	}
	f, err := r.disk.OpenFile("/", os.O_RDWR|vfs.O_TMPFILE, 0o644)
	r.note("open a temporary file: %v", err)
	if err == nil {
		r.files = append(r.files, f)
	}
}

// syncDir leaves the directory open, now and then.
func (r *driver) syncDir(name string) {
	dir, err := r.disk.Open(name)
	if err == nil {
		if err = dir.Sync(); r.draw(2) == 0 {
			r.files = append(r.files, dir)
		} else {
			_ = dir.Close() // a fault may strike it
		}
	}
	r.note("sync directory %s: %v", name, err)
}

// file does something with an open file.
func (r *driver) file(what int) {
	if len(r.files) == 0 {
		return
	}
	i := r.draw(len(r.files))
	f := r.files[i]
	off, n := pick(r, drivenSizes), pick(r, drivenSizes)
	switch what {
	case 14, 15, 16:
		fill := bytes.Repeat([]byte{'a' + byte(len(r.did)%26)}, n)
		_, err := f.WriteAt(fill, int64(off))
		r.note("write %s %d+%d: %v", f.Name(), off, n, err)
	case 17:
		_, err := f.Write(bytes.Repeat([]byte{'A' + byte(len(r.did)%26)}, n))
		r.note("append %s %d: %v", f.Name(), n, err)
	case 18:
		r.note("truncate %s %d: %v", f.Name(), n, f.Truncate(int64(n)))
	case 19:
		r.note("allocate %s %d: %v", f.Name(), n, f.(vfs.Allocator).Allocate(int64(n)))
	case 20:
		if n > 4096 {
			r.note("datasync %s: %v", f.Name(), f.(vfs.DataSyncer).Datasync())
		} else {
			r.note("sync %s: %v", f.Name(), f.Sync())
		}
	case 30:
		mode := pick(r, []vfs.FallocateMode{vfs.FallocatePunchHole | vfs.FallocateKeepSize, vfs.FallocateZeroRange, vfs.FallocateKeepSize})
		r.note("fallocate %s %#x %d+%d: %v", f.Name(), mode, off, n, f.(vfs.RangeAllocator).Fallocate(mode, int64(off), int64(n)))
	case 31:
		m := f.(vfs.Mappable)
		if r.draw(2) == 0 {
			r.note("sync range %s %d+%d: %v", f.Name(), off, n, m.SyncRange(int64(off), int64(n)))
		} else if size, _, _, _ := m.Changes(0); int64(off+n) <= size {
			r.note("store %s %d+%d: %v", f.Name(), off, n, m.StoreAt(bytes.Repeat([]byte{'0' + byte(len(r.did)%10)}, n), int64(off)))
		}
	case 32:
		r.attributes()
	case 21:
		r.note("close %s: %v", f.Name(), f.Close())
		r.files = append(r.files[:i], r.files[i+1:]...)
	}
}

// fault draws what happens to the next operation of a kind.
func (r *driver) fault() (vfs.OpKind, vfs.Outcome) {
	switch r.draw(4) {
	case 0, 1:
		failure := vfs.SyncFailure(r.draw(int(vfs.SyncDeviceAway) + 1))
		return pick(r, []vfs.OpKind{vfs.OpSync, vfs.OpSync, vfs.OpSyncDir}), vfs.Outcome{Sync: failure, Page: int64(r.draw(4))}
	case 2:
		return pick(r, []vfs.OpKind{vfs.OpWrite, vfs.OpTruncate, vfs.OpRename, vfs.OpClose}), vfs.Outcome{Sync: vfs.SyncFlusherFails, Evict: r.draw(2) == 0}
	}
	out := vfs.Outcome{Err: pick(r, drivenErrors), Effect: vfs.Effect(r.draw(4)), N: int64(r.draw(5000))}
	out.ReadOnly = r.draw(16) == 1
	if r.draw(4) == 1 {
		out.Quota = vfs.Quota{Dir: pick(r, []string{"/", "/d"}), Bytes: int64(pick(r, drivenSizes))}
	}
	kind := vfs.OpKind(1 + r.draw(int(vfs.OpChmod)))
	if kind == vfs.OpWrite {
		switch r.draw(4) {
		case 0:
			out.Torn = uint64(1 + r.draw(255))
		case 1:
			out.Flip = int64(1 + r.draw(1000))
		case 2:
			out.Redirect = &vfs.Redirect{Offset: int64(r.draw(20000)), Path: pick(r, []string{"", "/a", "/d/a"})}
		}
	}
	return kind, out
}

// crash goes on with what a crash leaves.
func (r *driver) crash() {
	var im *vfs.Image
	if r.draw(2) == 0 {
		im = r.disk.ProcessCrash()
	} else {
		im = r.disk.Crash(vfs.Profiles()[r.draw(len(vfs.Profiles()))], r)
	}
	r.note("crash: %v", im.Choice())
	r.disk.Release()
	r.disk, r.files = im.Mount(vfs.Options{}), nil
	im.Release()
}

// Uint64n implements vfs.Source.
func (r *driver) Uint64n(n uint64) uint64 { return uint64(r.draw(int(min(n, 1<<31)))) }

// run does steps until there are no more draws, and checks on the way.
func (r *driver) run(steps int, more func() bool) {
	for k := 0; k < steps && more(); k++ {
		r.step()
		if k%12 == 11 {
			r.check()
		}
	}
	r.check()
	r.disk.Release()
}

// TestDiskStateMachine: whatever is done to a disk, and whatever fails, its
// images are what its profiles allow. -rapid.checks=N runs more sequences.
func TestDiskStateMachine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := newDriver(t, func(n int) int {
			if n <= 1 {
				return 0
			}
			return rapid.IntRange(0, n-1).Draw(t, "draw")
		})
		r.run(rapid.IntRange(1, 24).Draw(t, "steps"), func() bool { return true })
	})
}

// FuzzDisk is the same with the fuzzer's bytes as draws.
func FuzzDisk(f *testing.F) {
	f.Add([]byte{})
	for seed := range uint64(8) {
		src := &fixedSource{state: seed}
		b := make([]byte, 200)
		for i := range b {
			b[i] = byte(src.Uint64n(256))
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r := newDriver(t, func(n int) int {
			if n <= 1 || len(data) == 0 {
				return 0
			}
			k := int(data[0])
			if data = data[1:]; n > 256 && len(data) > 0 {
				k, data = k<<8|int(data[0]), data[1:]
			}
			return k % n
		})
		r.run(60, func() bool { return len(data) > 0 })
	})
}
