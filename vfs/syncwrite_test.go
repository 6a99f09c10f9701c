package vfs_test

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"powercut/vfs"
)

// hookFunc is a vfs.Hook.
type hookFunc func(op vfs.Op)

func (f hookFunc) Before(op vfs.Op) { f(op) }

func (f hookFunc) After(op vfs.Op, _ vfs.Result) {}

// TestSyncWriteIsTwoOperations: a crash between the two finds the write pending,
// and torn.
func TestSyncWriteIsTwoOperations(t *testing.T) {
	for _, flag := range []int{os.O_SYNC, vfs.O_DSYNC} {
		d, f := overwritten(t, vfs.Options{})
		check(f.Sync())
		g := must(d.OpenFile("/f", os.O_RDWR|flag, 0))
		var seen []string
		var between []string
		d.SetHook(hookFunc(func(op vfs.Op) {
			seen = append(seen, fmt.Sprintf("%v %s %d+%d", op.Kind, op.Path, op.Offset, op.Len))
			if op.Kind == vfs.OpSync {
				between = contents(d, vfs.POSIX, "/f")
			}
		}))
		must(g.WriteAt(bytes.Repeat([]byte("n"), 1000), 100))
		expect(t, "operations", seen, []string{"write /f 100+1000", "sync /f 100+1000"})
		if len(between) < 3 || !slices.Contains(between, young) {
			t.Errorf("between the two operations: %d images: %.60q", len(between), between)
		}
		if got := contents(d, vfs.POSIX, "/f"); len(got) != 1 {
			t.Errorf("after it %d images", len(got))
		}
		if _, settled := d.Settled(); !settled || len(d.Pending()) > 0 {
			t.Errorf("after it is pending: %v", d.Pending())
		}
	}
}

// TestSyncWriteFails: in each way in which an fsync does, for what it wrote
// alone. Nothing is said of what else is pending, and the position stays.
func TestSyncWriteFails(t *testing.T) {
	const page = 4096
	fill := func(b string) string { return strings.Repeat(b, page) }
	for _, c := range []struct {
		name   string
		fail   vfs.SyncFailure
		err    error
		cache  string // of the page that was written
		medium []string
		next   error // of the fsync that follows
		synced []string
	}{
		{"drop-clean", vfs.SyncDropClean, syscall.EIO, "n", []string{"o"}, nil, []string{"o"}},
		{"revert", vfs.SyncRevert, syscall.EIO, "o", []string{"o"}, nil, []string{"o"}},
		{"keep-dirty", vfs.SyncKeepDirty, syscall.EIO, "n", []string{"n", "o"}, nil, []string{"n"}},
		{"next-fails", vfs.SyncNextFails, nil, "n", []string{"n", "o"}, syscall.EIO, []string{"o"}},
		{"lies", vfs.SyncLies, nil, "n", []string{"n", "o"}, nil, []string{"n"}},
		{"journal", vfs.SyncJournalFails, syscall.EIO, "n", []string{"n", "o"}, nil, []string{"n", "o"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := vfs.New(vfs.Options{SectorBytes: page})
			f := must(d.Create("/f"))
			must(f.Write([]byte(fill("o") + fill("o") + fill("o"))))
			d.SyncAll()
			must(f.WriteAt([]byte(fill("a")), 0))
			g := must(d.OpenFile("/f", os.O_RDWR|os.O_SYNC, 0))
			must(g.Seek(page, 0))
			d.SetInjector(once(vfs.OpSync, vfs.Outcome{Sync: c.fail}))
			n, err := g.Write([]byte(fill("n")))
			is(t, "write", err, c.err)
			wantN, wantOff := page, int64(2*page)
			if c.err != nil {
				is(t, "write", err, vfs.ErrInjected)
				wantN, wantOff = 0, page
			}
			if off := must(g.Seek(0, 1)); n != wantN || off != wantOff {
				t.Errorf("%d bytes, then at %d; want %d and %d", n, off, wantN, wantOff)
			}
			expect(t, "cache", content(t, f), fill("a")+fill(c.cache)+fill("o"))
			shown := func() (first, second []string) {
				for _, s := range contents(d, vfs.POSIX, "/f") {
					first, second = append(first, s[:1]), append(second, s[page:page+1])
				}
				slices.Sort(first)
				slices.Sort(second)
				return slices.Compact(first), slices.Compact(second)
			}
			first, second := shown()
			expect(t, "what else was pending", first, []string{"a", "o"})
			expect(t, "what was written", second, c.medium)
			is(t, "next fsync", g.Sync(), c.next)
			first, second = shown()
			expect(t, "what was written, after the next fsync", second, c.synced)
			if c.next == nil && c.name != "journal" {
				expect(t, "what else was pending, after the next fsync", first, []string{"a"})
			}
		})
	}
}

// TestSyncWriteFailsInTheMiddle: of an older write that is pending in more pages,
// those that the failed one did not write are kept.
func TestSyncWriteFailsInTheMiddle(t *testing.T) {
	d := vfs.New(vfs.Options{SectorBytes: 4096})
	f := must(d.Create("/f"))
	check(must(d.Open("/")).Sync())
	must(f.Write(bytes.Repeat([]byte("a"), 20000)))
	g := must(d.OpenFile("/f", os.O_RDWR|vfs.O_DSYNC, 0))
	d.SetInjector(once(vfs.OpSync, vfs.Outcome{Sync: vfs.SyncDropClean}))
	_, err := g.WriteAt(bytes.Repeat([]byte("b"), 100), 5000)
	is(t, "write", err, syscall.EIO)
	check(g.Sync())
	want := strings.Repeat("a", 4096) + strings.Repeat("\x00", 4096) + strings.Repeat("a", 20000-8192)
	expect(t, "after the fsync", contents(d, vfs.Ext4, "/f"), []string{want})
	d.Evict()
	expect(t, "cache", content(t, f), want)
}

// TestSyncWriteFlags: as Linux reads them.
func TestSyncWriteFlags(t *testing.T) {
	for _, c := range []struct {
		flag    int
		renamed bool // whether a rename before is committed with it
		durable bool
	}{
		{0, false, false}, {vfs.O_DSYNC, false, true}, {os.O_SYNC, true, true}, {os.O_SYNC | vfs.O_DSYNC, true, true},
	} {
		d, f := overwritten(t, vfs.Options{})
		check(f.Sync())
		g := must(d.OpenFile("/f", os.O_RDWR|c.flag, 0))
		check(d.Rename("/f", "/g"))
		must(g.WriteAt([]byte("x"), 0))
		renamed, durable := true, true
		for im := range d.Images(vfs.Ext4) {
			_, old := im.Tree()["/f"]
			renamed = renamed && !old
			for e := range im.Walk() {
				durable = durable && e.Data[0] == 'x'
			}
		}
		if renamed != c.renamed || durable != c.durable {
			t.Errorf("%#x: the rename is committed: %v, the data durable: %v; want %v, %v", c.flag, renamed, durable, c.renamed, c.durable)
		}
	}
}

// TestSyncWritesAreNotPending: nothing of overwrites that were durable at once is
// listed, beside what is pending in other pages of the file.
func TestSyncWritesAreNotPending(t *testing.T) {
	d := vfs.New(vfs.Options{})
	f := must(d.Create("/f"))
	must(f.Write(make([]byte, 1<<20)))
	d.SyncAll()
	must(f.WriteAt([]byte("pending"), 0))
	g := must(d.OpenFile("/f", os.O_RDWR|vfs.O_DSYNC, 0))
	for i := range 100 {
		must(g.WriteAt([]byte("durable"), int64(4096+i*300)))
	}
	if got := d.Pending(); len(got) != 1 {
		t.Errorf("pending: %v", got)
	}
	var list []string
	for im := range d.Specials(vfs.POSIX) {
		list = append(list, im.Name())
	}
	if len(list) != 5 {
		t.Errorf("special images: %v", list)
	}
}
