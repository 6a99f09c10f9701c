package vfs_test

import (
	"bytes"
	"os"
	"slices"
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
