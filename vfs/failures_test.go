package vfs_test

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/afero"

	"powercut/vfs"
	"powercut/vfs/internal/recording"
)

// filesystems are those that a disk can act like.
var filesystems = []vfs.Profile{vfs.POSIX, vfs.Ext4, vfs.Ext4Writeback, vfs.Ext4NoAutoDAAlloc, vfs.XFS, vfs.Btrfs}

// ownCrash is what a power cut leaves of a file, by the rules of the disk's own
// filesystem.
func ownCrash(d *vfs.Disk, p vfs.Profile, name string) string {
	var out []string
	for _, c := range contents(d, p, name) {
		out = append(out, recording.Content([]byte(c)))
	}
	return strings.Join(out, " or ")
}

// TestWhoIsToldOfAFailure goes through the table of failures, descriptor by
// descriptor: those that were open when it happened, one that was opened before
// anybody was told, and one that was opened after.
func TestWhoIsToldOfAFailure(t *testing.T) {
	for _, c := range []struct {
		name string
		kind vfs.OpKind // that the fault strikes
		out  vfs.Outcome
		// What the struck descriptor's fsync returns at once: a failure that
		// nobody was told of at once is told by the next one.
		first, told error
		unseen      bool // somebody can open the file before anybody was told
	}{
		{"drop-clean", vfs.OpSync, vfs.Outcome{Sync: vfs.SyncDropClean}, syscall.EIO, syscall.EIO, false},
		{"drop-page", vfs.OpSync, vfs.Outcome{Sync: vfs.SyncDropPage, Page: 1}, syscall.EIO, syscall.EIO, false},
		{"keep-dirty", vfs.OpSync, vfs.Outcome{Sync: vfs.SyncKeepDirty}, syscall.EIO, syscall.EIO, false},
		{"revert", vfs.OpSync, vfs.Outcome{Sync: vfs.SyncRevert}, syscall.EIO, syscall.EIO, false},
		{"thin-no-space", vfs.OpSync, vfs.Outcome{Sync: vfs.SyncDropClean, Err: syscall.ENOSPC}, syscall.ENOSPC, syscall.ENOSPC, false},
		{"flusher-fails", vfs.OpWrite, vfs.Outcome{Sync: vfs.SyncFlusherFails}, nil, syscall.EIO, true},
	} {
		for _, p := range filesystems {
			t.Run(c.name+"/"+p.String(), func(t *testing.T) {
				d := vfs.New(vfs.Options{Filesystem: p})
				check(afero.WriteFile(d, "/f", bytes.Repeat([]byte("o"), 12288), 0o644))
				d.SyncAll()
				f := must(d.OpenFile("/f", os.O_RDWR, 0))
				writes := must(d.OpenFile("/f", os.O_RDWR, 0))
				reads := must(d.Open("/f"))
				data := must(d.Open("/f")).(vfs.DataSyncer)
				closed := must(d.Open("/f"))
				other := must(d.Create("/other"))
				d.SetInjector(once(c.kind, c.out))
				must(f.WriteAt(bytes.Repeat([]byte("n"), 12288), 0))
				is(t, "close tells nothing", closed.Close(), nil)
				if c.unseen {
					early := must(d.Open("/f"))
					is(t, "opened before anybody was told", early.Sync(), c.told)
					is(t, "opened before anybody was told, again", early.Sync(), nil)
					is(t, "f", f.Sync(), c.told)
				} else {
					is(t, "f", f.Sync(), c.first)
				}
				late := must(d.Open("/f"))
				is(t, "f again", f.Sync(), nil)
				is(t, "open to write", writes.Sync(), c.told)
				is(t, "open to read", reads.Sync(), c.told)
				is(t, "fdatasync", data.Datasync(), c.told)
				is(t, "opened after somebody was told", late.Sync(), nil)
				is(t, "another file", other.Sync(), nil)
				is(t, "the directory", must(d.Open("/")).Sync(), nil)
				for range 2 {
					is(t, "open to write, again", writes.Sync(), nil)
					is(t, "open to read, again", reads.Sync(), nil)
					is(t, "fdatasync, again", data.Datasync(), nil)
				}
				// Written again it is durable.
				must(f.WriteAt(bytes.Repeat([]byte("m"), 12288), 0))
				is(t, "written again", writes.Sync(), nil)
				expect(t, "written again", ownCrash(d, p, "/f"), "{m12288}")
			})
		}
	}
}

// TestUntoldFailureSurvivesTheProcess: the kernel goes on when a program dies,
// and tells the next one, if nobody was told.
func TestUntoldFailureSurvivesTheProcess(t *testing.T) {
	for _, sync := range []vfs.SyncFailure{vfs.SyncFlusherFails, vfs.SyncNextFails, vfs.SyncRevert} {
		d, f := overwritten(t, vfs.Options{})
		if sync == vfs.SyncFlusherFails {
			d.SetInjector(once(vfs.OpWrite, vfs.Outcome{Sync: sync}))
			must(f.WriteAt([]byte("x"), 0))
		} else {
			d.SetInjector(once(vfs.OpSync, vfs.Outcome{Sync: sync}))
			_ = f.Sync()
		}
		var want error = syscall.EIO
		if sync == vfs.SyncRevert {
			want = nil // f was told
		}
		d = d.ProcessCrash().Mount(vfs.Options{})
		g := must(d.Open("/f"))
		is(t, fmt.Sprint("after a process crash, ", sync), g.Sync(), want)
		is(t, "again", g.Sync(), nil)
	}
}

// TestWhatAFailureLeaves: what shows, before and after the page is evicted, and
// what is on the medium.
func TestWhatAFailureLeaves(t *testing.T) {
	type want struct{ cached, evicted, medium string }
	all := func(w want) map[vfs.Profile]want {
		m := map[vfs.Profile]want{}
		for _, p := range filesystems {
			m[p] = w
		}
		return m
	}
	but := func(m map[vfs.Profile]want, p vfs.Profile, w want) map[vfs.Profile]want {
		m[p] = w
		return m
	}
	page := func(n int64) vfs.Outcome { return vfs.Outcome{Sync: vfs.SyncDropPage, Page: n} }
	flusher := vfs.Outcome{Sync: vfs.SyncFlusherFails}
	for _, c := range []struct {
		name    string
		durable int // bytes of the file before
		steps   []string
		out     vfs.Outcome
		kind    vfs.OpKind
		want    map[vfs.Profile]want
	}{
		{
			"the middle page of an overwrite", 12288, []string{"pwrite f 0 n 12288"}, page(1), vfs.OpSync,
			but(all(want{"{n12288}", "{n4096 o4096 n4096}", "{n4096 o4096 n4096}"}), vfs.Btrfs, want{"{n12288}", "{o12288}", "{o12288}"}),
		},
		{
			"the last of two pages that were written", 16384, []string{"pwrite f 4096 n 100", "pwrite f 12000 n 100"}, page(5), vfs.OpSync,
			but(all(want{"{o4096 n100 o7804 n100 o4284}", "{o4096 n100 o12188}", "{o4096 n100 o12188}"}), vfs.Btrfs,
				want{"{o4096 n100 o7804 n100 o4284}", "{o16384}", "{o16384}"}),
		},
		{
			"the only page", 4096, []string{"pwrite f 0 n 4096"}, page(3), vfs.OpSync,
			all(want{"{n4096}", "{o4096}", "{o4096}"}),
		},
		{
			"the middle page of an append", 4096, []string{"append f n 12288"}, page(1), vfs.OpSync,
			but(but(but(all(want{"{o4096 n12288}", "{o4096 012288}", "{o4096 012288}"}),
				vfs.Btrfs, want{"{o4096 n12288}", "{o4096 012288}", "{o4096} or {o4096 012288}"}),
				vfs.XFS, want{"{o4096 n12288}", "{o4096 012288}", "{o4096}"}),
				vfs.POSIX, want{"{o4096 n12288}", "{o4096 n4096 04096 n4096}", "{o4096 n4096 04096 n4096}"}),
		},
		{
			"the last page of an append", 4096, []string{"append f n 8192"}, page(1), vfs.OpSync,
			but(but(but(all(want{"{o4096 n8192}", "{o4096 08192}", "{o4096 08192}"}),
				vfs.Btrfs, want{"{o4096 n8192}", "{o4096 08192}", "{o4096} or {o4096 08192}"}),
				vfs.XFS, want{"{o4096 n8192}", "{o4096 08192}", "{o4096}"}),
				vfs.POSIX, want{"{o4096 n8192}", "{o4096 n4096 04096}", "{o4096} or {o4096 n4096} or {o4096 n4096 04096}"}),
		},
		{
			"a page after a truncation", 12288, []string{"ftruncate f 0", "pwrite f 0 n 12288"}, page(1), vfs.OpSync,
			but(but(but(all(want{"{n12288}", "{012288}", "{012288}"}),
				vfs.Btrfs, want{"{n12288}", "{012288}", "{} or {012288}"}),
				vfs.XFS, want{"{n12288}", "{012288}", "{}"}),
				vfs.POSIX, want{"{n12288}", "{n4096 04096 n4096}", "{n4096 04096 n4096}"}),
		},
		{
			"the flusher, of an overwrite", 12288, []string{"pwrite f 0 n 8192"}, flusher, vfs.OpWrite,
			all(want{"{o12288}", "{o12288}", "{o12288}"}),
		},
		{
			"the flusher, of an append", 4096, []string{"append f n 4096"}, flusher, vfs.OpWrite,
			but(but(but(all(want{"{o4096 04096}", "{o4096 04096}", "{o4096 04096}"}), vfs.XFS, want{"{o4096 04096}", "{o4096 04096}", "{o4096}"}),
				vfs.Btrfs, want{"{o4096 04096}", "{o4096 04096}", "{o4096} or {o4096 04096}"}),
				vfs.POSIX, want{"{o4096 04096}", "{o4096 04096}", "{o4096} or {o4096 04096}"}),
		},
	} {
		for _, p := range filesystems {
			t.Run(c.name+"/"+p.String(), func(t *testing.T) {
				s := &recording.Script{Disk: vfs.New(vfs.Options{Filesystem: p, SectorBytes: 4096}), Handles: map[string]afero.File{}}
				check(afero.WriteFile(s.Disk, "/f", bytes.Repeat([]byte("o"), c.durable), 0o644))
				s.Disk.SyncAll()
				check(s.Do("open f f"))
				s.Disk.SetInjector(once(c.kind, c.out))
				for _, step := range c.steps {
					check(s.Do(step))
				}
				f := s.Handles["f"]
				is(t, "fsync", f.Sync(), syscall.EIO)
				show := func() string {
					return recording.Content([]byte(content(t, f)))
				}
				w := c.want[p]
				if w == (want{}) {
					return
				}
				expect(t, "cached", show(), w.cached)
				is(t, "fsync again", f.Sync(), nil)
				expect(t, "medium", ownCrash(s.Disk, p, "/f"), w.medium)
				s.Disk.Evict()
				expect(t, "evicted", show(), w.evicted)
				expect(t, "medium, after the eviction", ownCrash(s.Disk, p, "/f"), w.medium)
			})
		}
	}
}

// TestAfterTheJournalFailed: what still works, operation by operation.
func TestAfterTheJournalFailed(t *testing.T) {
	for _, p := range filesystems {
		t.Run(p.String(), func(t *testing.T) {
			d := vfs.New(vfs.Options{Filesystem: p})
			check(d.Mkdir("/d", 0o755))
			check(afero.WriteFile(d, "/d/g", []byte(old), 0o644))
			d.SyncAll()
			f := must(d.OpenFile("/d/f", os.O_RDWR|os.O_CREATE, 0o644))
			must(f.Write([]byte(young)))
			g, dir := must(d.OpenFile("/d/g", os.O_RDWR, 0)), must(d.Open("/d"))
			d.SetInjector(once(vfs.OpSync, vfs.Outcome{Sync: vfs.SyncJournalFails}))
			is(t, "fsync", f.Sync(), syscall.EIO)
			type answers struct{ fsync, syncDir, readdir, read, write, open, stat error }
			want := answers{write: syscall.EROFS}
			switch p {
			case vfs.XFS:
				e := syscall.EIO
				want = answers{e, e, e, e, e, e, e}
			case vfs.Btrfs:
				want = answers{write: syscall.EROFS, syncDir: syscall.EROFS, readdir: syscall.EIO}
			}
			for range 2 {
				is(t, "fsync again", f.Sync(), want.fsync)
				is(t, "fsync of another", g.Sync(), want.fsync)
				is(t, "fsync of the directory", dir.Sync(), want.syncDir)
				_, err := dir.Readdirnames(-1)
				is(t, "readdir", err, want.readdir)
				_, err = f.ReadAt(make([]byte, 3), 0)
				is(t, "read", err, want.read)
				_, err = f.WriteAt([]byte("x"), 0)
				is(t, "write", err, want.write)
				is(t, "truncate", f.Truncate(0), want.write)
				is(t, "rename", d.Rename("/d/f", "/h"), want.write)
				is(t, "remove", d.Remove("/d/f"), want.write)
				is(t, "mkdir", d.Mkdir("/e", 0o755), want.write)
				is(t, "link", d.Link("/d/f", "/h"), want.write)
				is(t, "chmod", d.Chmod("/d/f", 0o600), want.write)
				_, err = d.Create("/h")
				is(t, "create", err, want.write)
				_, err = d.OpenFile("/d/f", os.O_RDWR, 0)
				is(t, "open to write", err, want.write)
				h, err := d.Open("/d/f")
				is(t, "open", err, want.open)
				if err == nil {
					is(t, "close what was opened since", h.Close(), nil)
				}
				_, err = d.Stat("/d/f")
				is(t, "stat", err, want.stat)
			}
			is(t, "close", f.Close(), nil)
			is(t, "close of the directory", dir.Close(), nil)
			is(t, "close again", f.Close(), os.ErrClosed)
		})
	}
}

// TestDroppedReplacement: where ext4 protects a replaced file, data that a failed
// fsync dropped doesn't come back all the same.
func TestDroppedReplacement(t *testing.T) {
	d := vfs.New(vfs.Options{Filesystem: vfs.Ext4, SectorBytes: 4096})
	check(afero.WriteFile(d, "/f", bytes.Repeat([]byte("o"), 8192), 0o644))
	d.SyncAll()
	f := must(d.Create("/tmp"))
	must(f.Write(bytes.Repeat([]byte("n"), 8192)))
	check(d.Rename("/tmp", "/f"))
	d.SetInjector(once(vfs.OpSync, vfs.Outcome{Sync: vfs.SyncDropClean}))
	is(t, "fsync", f.Sync(), syscall.EIO)
	expect(t, "old, or zeros", ownCrash(d, vfs.Ext4, "/f"), "{08192} or {o8192}")
}

// TestEvictOnAnOperation: an eviction that an outcome asks for takes place
// before the operation, so that a read shows what a failed fsync left.
func TestEvictOnAnOperation(t *testing.T) {
	d, f := overwritten(t, vfs.Options{})
	d.SetInjector(once(vfs.OpSync, vfs.Outcome{Sync: vfs.SyncDropClean}))
	is(t, "fsync", f.Sync(), syscall.EIO)
	expect(t, "cached", content(t, f), young)
	d.SetInjector(once(vfs.OpRead, vfs.Outcome{Evict: true}))
	expect(t, "evicted", content(t, f), old)
	is(t, "fsync again", f.Sync(), nil)
}

// TestFullDiskUnderLatency: what an operation waits for doesn't change what a
// full disk takes.
func TestFullDiskUnderLatency(t *testing.T) {
	d := vfs.New(vfs.Options{CapacityBytes: 4096})
	f := must(d.Create("/f"))
	d.SetInjector(once(vfs.OpWrite, vfs.Outcome{Latency: 1, Evict: true}))
	n, err := f.Write(make([]byte, 8192))
	is(t, "write", err, syscall.ENOSPC)
	expect(t, "bytes written", n, 4096)
}
