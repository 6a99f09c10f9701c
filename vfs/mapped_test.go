package vfs_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/spf13/afero"
	"pgregory.net/rapid"

	"powercut/vfs"
)

// mirror is a file as somebody has it in memory who asks for what changed.
type mirror struct {
	f       vfs.Mappable
	content []byte
	now     uint64
}

// follow brings the mirror up to date, by what the disk says has changed alone.
func (m *mirror) follow() {
	size, from, to, now := m.f.Changes(m.now)
	m.now = now
	if int64(len(m.content)) > size {
		m.content = m.content[:size]
	}
	m.content = append(m.content, make([]byte, size-int64(len(m.content)))...)
	if to = min(to, size); from < to {
		m.f.LookAt(m.content[from:to], from)
	}
}

// TestMirrorsStayTrue: who has a file in memory and asks for what changed sees what
// everybody else sees, whatever is done to the file, and whatever fails.
func TestMirrorsStayTrue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := vfs.New(vfs.Options{})
		f := must(d.OpenFile("/f", os.O_RDWR|os.O_CREATE, 0o644))
		m := &mirror{f: f.(vfs.Mappable)}
		offsets := rapid.SampledFrom([]int64{0, 1, 100, 4095, 4096, 5000, 8192, 12287})
		for step := range rapid.IntRange(1, 20).Draw(t, "steps") {
			off, n := offsets.Draw(t, "offset"), offsets.Draw(t, "bytes")
			data := bytes.Repeat([]byte{byte('a' + step%26)}, int(n))
			what := rapid.SampledFrom([]string{"write", "write", "truncate", "punch", "zero", "allocate", "store", "sync", "drop", "revert", "flusher", "evict"}).Draw(t, "what")
			switch what {
			case "write":
				must(f.WriteAt(data, off))
			case "truncate":
				check(f.Truncate(off))
			case "punch", "zero", "allocate":
				mode := map[string]vfs.FallocateMode{"punch": vfs.FallocatePunchHole | vfs.FallocateKeepSize, "zero": vfs.FallocateZeroRange, "allocate": 0}[what]
				check(f.(vfs.RangeAllocator).Fallocate(mode, off, n+1))
			case "store":
				if size := must(f.Stat()).Size(); off+n <= size {
					check(f.(vfs.Mappable).StoreAt(data, off))
				}
			case "sync":
				_ = f.Sync() // it may tell of a failure
			case "drop", "revert":
				failure := map[string]vfs.SyncFailure{"drop": vfs.SyncDropClean, "revert": vfs.SyncRevert}[what]
				d.SetInjector(once(vfs.OpSync, vfs.Outcome{Sync: failure}))
				_ = f.Sync()
				d.SetInjector(nil)
			case "flusher":
				d.SetInjector(once(vfs.OpWrite, vfs.Outcome{Sync: vfs.SyncFlusherFails}))
				must(f.WriteAt(data, off))
				d.SetInjector(nil)
			case "evict":
				d.Evict()
			}
			if rapid.Bool().Draw(t, "follows") {
				continue // and asks later, of more than one change
			}
			m.follow()
			if want := must(afero.ReadFile(d, "/f")); !slices.Equal(m.content, want) {
				t.Fatalf("after %s at %d, %d bytes: the mirror has %d bytes, and the file %d; or they differ", what, off, n, len(m.content), len(want))
			}
		}
	})
}

// A store that fails, or that is lost, is in the memory that the program has of the file, and
// so in the file: what is missing is its write-back, and the next fsync tells.
func TestStoresThatFail(t *testing.T) {
	for name, out := range map[string]vfs.Outcome{
		"an error":          {Err: syscall.EIO},
		"no room":           {Err: syscall.ENOSPC, Effect: vfs.EffectPartial, N: 3},
		"silently lost":     {Effect: vfs.EffectNone},
		"in part, silently": {Effect: vfs.EffectPartial, N: 3},
	} {
		t.Run(name, func(t *testing.T) {
			d := vfs.New(vfs.Options{})
			f := must(d.OpenFile("/f", os.O_RDWR|os.O_CREATE, 0o644))
			must(f.Write(bytes.Repeat([]byte("o"), 8192)))
			d.SyncAll()
			d.SetInjector(once(vfs.OpWrite, out))
			if err := f.(vfs.Mappable).StoreAt([]byte("stored"), 0); err != nil {
				t.Fatal(err)
			}
			d.SetInjector(nil)
			if got := must(afero.ReadFile(d, "/f")); !bytes.HasPrefix(got, []byte("storedo")) {
				t.Errorf("the file has %.10q", got)
			}
			if err := f.Sync(); (err != nil) != (out.Err != nil) || out.Err != nil && !errors.Is(err, out.Err) {
				t.Errorf("the fsync says %v, want %v", err, out.Err)
			}
			medium := func() string {
				im := d.Crash(vfs.Ext4, bulk{rand.New(rand.NewPCG(1, 2))})
				defer im.Release()
				disk := im.Mount(vfs.Options{})
				defer disk.Release()
				return string(must(afero.ReadFile(disk, "/f"))[:7])
			}
			if got := medium(); got != "ooooooo" {
				t.Errorf("the medium has %q", got)
			}
			if err := f.(vfs.Mappable).StoreAt([]byte("s"), 0); err != nil {
				t.Fatal(err)
			}
			if err := f.Sync(); err != nil {
				t.Fatal(err)
			}
			if got := medium(); got != "storedo" {
				t.Errorf("behind another store and an fsync the medium has %q", got)
			}
		})
	}
}
