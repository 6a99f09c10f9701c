package journal_test

import (
	"context"
	"errors"
	iofs "io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/wire"
)

func TestOpenBadInput(t *testing.T) {
	fs := newFs(t)
	must(t, afero.WriteFile(fs, "/data/file", []byte("x"), 0o644))
	must(t, fs.MkdirAll("/data/d.log", 0o755))
	must(t, fs.MkdirAll("/data/q.qdb", 0o755))
	m := func() journal.Machine { return &recorder{} }
	for _, tc := range []struct {
		name string
		fs   afero.Fs
		base string
		m    journal.Machine
		opts journal.Options
		want error
		says string
	}{
		{"empty base", fs, "", m(), journal.Options{}, journal.ErrBadInput, "empty"},
		{"base that is a directory", fs, "/data/", m(), journal.Options{}, journal.ErrBadInput, "/data/"},
		{"dot", fs, "/data/..", m(), journal.Options{}, journal.ErrBadInput, ".."},
		{"zero byte", fs, "/data/a\x00b", m(), journal.Options{}, journal.ErrBadInput, "zero byte"},
		{"no directory", fs, "/nowhere/j", m(), journal.Options{}, iofs.ErrNotExist, "/nowhere/j"},
		{"file for a directory", fs, "/data/file/j", m(), journal.Options{}, nil, "/data/file"},
		{"directory for a log", fs, "/data/d", m(), journal.Options{}, journal.ErrBadInput, "d.log"},
		{"directory for a snapshot", fs, "/data/q", m(), journal.Options{}, journal.ErrBadInput, "q.qdb"},
		{"no machine", fs, base, nil, journal.Options{}, journal.ErrBadInput, "machine"},
		{"no filesystem", nil, base, m(), journal.Options{}, journal.ErrBadInput, "filesystem"},
		{"mode", fs, base, m(), journal.Options{Mode: 9}, journal.ErrBadInput, "mode"},
		{"batch", fs, base, m(), journal.Options{MaxBatchBytes: -1}, journal.ErrBadInput, "batch"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, _, err := journal.Open(tc.fs, tc.base, tc.m, tc.opts)
			if err == nil || tc.want != nil && !errors.Is(err, tc.want) || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v, want %v naming %q", err, tc.want, tc.says)
			}
		})
	}
}

func TestAppendBadInput(t *testing.T) {
	j, _, _ := mustOpen(t, newFs(t), journal.Options{})
	deep := []byte{}
	for range wire.MaxDepth + 1 {
		deep = append(deep, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)
	}
	for name, tc := range map[string]struct {
		payload []byte
		want    error
	}{
		"empty":         {nil, journal.ErrBadInput},
		"cut short":     {[]byte{0xf3, 0, 200, 0, 0}, wire.ErrTruncated},
		"unknown type":  {[]byte{0x7d}, wire.ErrUnknownType},
		"too deep":      {append(deep, 0x7e), wire.ErrTooDeep},
		"marker":        {wire.Encode(wire.Bytes([]byte(wire.MarkerMagic + "forged"))), journal.ErrBadInput},
		"over 256 MiB":  {make([]byte, wire.MaxPayload+1), journal.ErrTooLarge},
		"whole marker":  {wire.AppendMarker(nil, &wire.Marker{Kind: wire.Commit})[wire.HeaderSize:], journal.ErrBadInput},
		"only the head": {[]byte{2, 0, 200, 0, 0, 0, 0, 0, 0, 0}, wire.ErrCount},
	} {
		if _, err := j.Append(bg, journal.Entry{Payload: tc.payload}); !errors.Is(err, journal.ErrRefused) || !errors.Is(err, tc.want) && name != "only the head" {
			t.Errorf("%s: got %v, want %v and %v", name, err, journal.ErrRefused, tc.want)
		}
		if _, err := j.AppendAsync(journal.Entry{Payload: tc.payload}); !errors.Is(err, journal.ErrRefused) {
			t.Errorf("%s: AppendAsync: got %v", name, err)
		}
	}
	mustAppend(t, j, number(1))
	if got := j.LastLSN(); got != 1 {
		t.Errorf("last LSN: got %d, want 1: refused entries take none", got)
	}
	must(t, j.Close())
	for name, call := range map[string]func() error{
		"Append":   func() error { _, err := j.Append(bg, number(1)); return err },
		"Sync":     func() error { return j.Sync(bg) },
		"Snapshot": func() error { return j.Snapshot(bg) },
		"Roll":     func() error { return j.Roll(bg) },
		"Prune":    func() error { return j.Prune(bg) },
		"Close":    j.Close,
		"Read": func() error {
			for _, err := range j.Read(1) {
				return err
			}
			return nil
		},
	} {
		if err := call(); !errors.Is(err, journal.ErrClosed) {
			t.Errorf("%s after Close: got %v, want %v", name, err, journal.ErrClosed)
		}
	}
}

// failOn lets the nth operation of a kind fail from now on.
func (c *crashFs) failOn(kind string, n int, err error) {
	c.fail = func(_ int, k, _ string) error {
		if k == kind {
			if n--; n == 0 {
				return err
			}
		}
		return nil
	}
}

// Of each way in which an append can fail: what it is called, whether the
// journal goes on, and whether the entry may come back after a power cut.
func TestAppendFails(t *testing.T) {
	all := 1 << 20
	for _, tc := range []struct {
		name   string
		fail   func(c *crashFs)
		want   error
		goesOn bool
	}{
		{"no space, nothing written", func(c *crashFs) { c.failOn("write", 1, &shortWrite{0, syscall.ENOSPC}) }, journal.ErrRefused, true},
		{"no space, half written", func(c *crashFs) { c.failOn("write", 1, &shortWrite{30, syscall.ENOSPC}) }, journal.ErrRefused, true},
		{"all written, and an error", func(c *crashFs) { c.failOn("write", 1, &shortWrite{all, syscall.EIO}) }, journal.ErrRefused, true},
		{"write and truncate fail", func(c *crashFs) {
			c.fail = func(_ int, k, _ string) error {
				switch k {
				case "write":
					return &shortWrite{all, syscall.EIO}
				case "truncate":
					return syscall.EIO
				}
				return nil
			}
		}, journal.ErrIndeterminate, false},
		{"write and the fsync of the truncation fail", func(c *crashFs) {
			c.fail = func(_ int, k, _ string) error {
				switch k {
				case "write":
					return &shortWrite{30, syscall.EIO}
				case "sync":
					return syscall.EIO
				}
				return nil
			}
		}, journal.ErrIndeterminate, false},
		{"no space to truncate, half written", func(c *crashFs) {
			c.fail = func(_ int, k, _ string) error {
				switch k {
				case "write":
					return &shortWrite{30, syscall.ENOSPC}
				case "truncate":
					return syscall.ENOSPC
				}
				return nil
			}
		}, journal.ErrRefused, true},
		{"fsync fails", func(c *crashFs) { c.failOn("sync", 1, syscall.EIO) }, journal.ErrIndeterminate, false},
		{"fsync without space", func(c *crashFs) { c.failOn("sync", 1, syscall.ENOSPC) }, journal.ErrIndeterminate, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newCrashFs()
			j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 1))
			must(t, err)
			mustAppend(t, j, number(1))
			tc.fail(c)
			if _, err = j.Append(bg, number(2)); !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
			for _, other := range []error{journal.ErrRefused, journal.ErrIndeterminate, journal.ErrPoisoned} {
				if other != tc.want && errors.Is(err, other) {
					t.Errorf("%v matches %v too", err, other)
				}
			}
			if tc.want == journal.ErrRefused {
				for range 20 {
					m := &recorder{}
					_, _, err := journal.Open(c.clone().powerCut(seededRand(t)), base, m, crashOptions(journal.Sync, 2))
					must(t, err)
					if !slices.Equal(m.got, []int64{1}) {
						t.Fatalf("after a power cut: got %v, want [1]: entry 2 was refused", m.got)
					}
				}
			}
			c.fail = nil
			lsn, err := j.Append(bg, number(3))
			switch {
			case tc.goesOn && (err != nil || lsn != 2):
				t.Errorf("append afterwards: got LSN %d and %v, want 2", lsn, err)
			case !tc.goesOn && !errors.Is(err, journal.ErrPoisoned):
				t.Errorf("append afterwards: got %v, want %v", err, journal.ErrPoisoned)
			}
			if !tc.goesOn {
				if err := j.Snapshot(bg); !errors.Is(err, journal.ErrPoisoned) {
					t.Errorf("snapshot: got %v, want %v", err, journal.ErrPoisoned)
				}
				if _, ok := errors.AsType[*journal.UnsyncedError](j.Close()); !ok {
					t.Error("Close: want an UnsyncedError")
				}
			}
		})
	}
}

// Without space for its last rename, a roll is completed later, and until then
// entries are refused.
func TestRollCompletedLater(t *testing.T) {
	c := newCrashFs()
	j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 1))
	must(t, err)
	mustAppend(t, j, number(1))
	c.fail = func(_ int, k, path string) error {
		if k == "rename" && path == base+".log.tmp" {
			return syscall.ENOSPC
		}
		return nil
	}
	if err := j.Roll(bg); !errors.Is(err, journal.ErrRefused) {
		t.Errorf("roll: got %v", err)
	}
	if _, err := j.Append(bg, number(2)); !errors.Is(err, journal.ErrRefused) {
		t.Errorf("append: got %v", err)
	}
	n := 0
	for _, err := range j.Read(1) {
		must(t, err)
		n++
	}
	if n != 1 {
		t.Errorf("read: got %d entries, want 1", n)
	}
	c.fail = nil
	mustAppend(t, j, number(3))
	must(t, j.Close())
	m := &recorder{}
	_, rec, err := journal.Open(c, base, m, crashOptions(journal.Sync, 2))
	must(t, err)
	if !slices.Equal(m.got, []int64{1, 3}) || rec.Generation != 2 {
		t.Errorf("got %v, %+v", m.got, rec)
	}
}

// A rename that reports failure and took place all the same changes nothing.
func TestRenameReportsFailure(t *testing.T) {
	for nth := 1; nth <= 3; nth++ {
		c := newCrashFs()
		j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 1))
		must(t, err)
		mustAppend(t, j, number(1))
		n := 0
		c.fail = func(_ int, k, path string) error {
			if k == "rename" {
				if n++; n == nth {
					return errAfterEffect
				}
			}
			return nil
		}
		if err := j.Snapshot(bg); err != nil {
			t.Errorf("rename %d: got %v, want nil: it took effect", nth, err)
		}
		mustAppend(t, j, number(2))
		must(t, j.Close())
		m := &recorder{}
		_, _, err = journal.Open(c, base, m, crashOptions(journal.Sync, 2))
		must(t, err)
		if !slices.Equal(m.got, []int64{1, 2}) {
			t.Errorf("rename %d: got %v, want [1 2]", nth, m.got)
		}
	}
}

func TestLaterVersionIsRefusedByName(t *testing.T) {
	c := newCrashFs()
	j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 1))
	must(t, err)
	must(t, j.Close())
	data := slices.Clone(c.names[base+".log"].data)
	data[wire.MarkerPrefixSize+1] = wire.MarkerVersion + 1
	c.put(base+".log", data)
	_, _, err = journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 1))
	if v, ok := errors.AsType[*journal.VersionError](err); !ok || v.Got != wire.MarkerVersion+1 {
		t.Errorf("got %v, want a VersionError", err)
	}
}

// The log of one journal in the place of another's is refused.
func TestForeignLog(t *testing.T) {
	c := newCrashFs()
	closedJournal(t, c)
	other := newCrashFs()
	j, _, err := journal.Open(other, base, &recorder{}, crashOptions(journal.Sync, 99))
	must(t, err)
	mustAppend(t, j, number(77))
	must(t, j.Close())
	c.put(base+".log", other.names[base+".log"].data)
	_, _, err = journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 1))
	if _, ok := errors.AsType[*journal.CorruptError](err); !ok {
		t.Errorf("got %v, want a CorruptError", err)
	}
}

func TestReadErrorsChangeNothing(t *testing.T) {
	whole := newCrashFs()
	want := closedJournal(t, whole)
	whole.put(base+".log", append(slices.Clone(whole.names[base+".log"].data), "torn"...))
	for _, kind := range []string{"read", "stat", "open", "readdir"} {
		for nth := 1; ; nth++ {
			c := whole.clone()
			before := c.tree()
			n, fired := 0, false
			c.fail = func(_ int, k, _ string) error {
				if k == kind {
					if n++; n == nth {
						fired = true
						return syscall.EIO
					}
				}
				return nil
			}
			_, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 1))
			if !fired {
				break
			}
			if err != nil && !errors.Is(err, syscall.EIO) {
				t.Errorf("%s %d: got %v, want EIO", kind, nth, err)
			}
			if kind == "read" && err != nil && c.tree() != before {
				t.Errorf("%s %d: files changed", kind, nth)
			}
			m := &recorder{}
			_, _, err = journal.Open(c.processCrash(), base, m, crashOptions(journal.Sync, 1))
			if err != nil || !slices.Equal(m.got, want) {
				t.Errorf("%s %d, opened again: got %v, %v", kind, nth, m.got, err)
			}
		}
	}
}

func TestCancelledWaiter(t *testing.T) {
	fs := newFs(t)
	j, _, _ := mustOpen(t, fs, journal.Options{})
	ctx, cancel := context.WithCancel(bg)
	cancel()
	if err := j.Sync(bg); err != nil {
		t.Error(err)
	}
	p, err := j.AppendAsync(number(1))
	must(t, err)
	// Nobody else writes: the waiter leads, and what it writes it finishes.
	if lsn, err := p.Wait(ctx); err != nil || lsn != 1 {
		t.Errorf("got LSN %d and %v, want 1", lsn, err)
	}
	must(t, j.Close())
}

func TestPurgeLeavesOthers(t *testing.T) {
	fs := newFs(t)
	others := []string{"jj.log", "j2.qdb", "j.other.log", "j.log.tail-notes", "j.2026.11.23T02.49.57Z.qdb", "j.2026.11.23T02.49.57Z.log"}
	mine := []string{"j.log", "j.qdb", "j.log.tmp", "j.qdb.tmp", "j.log.tail-00ff-12", "j.2026.11.23T02.49.58Z.log", "j.2026.11.23T02.49.58Z-00000001-0a0b0c0d.log"}
	for _, name := range slices.Concat(others, mine) {
		must(t, afero.WriteFile(fs, "/data/"+name, []byte(name), 0o644))
	}
	must(t, journal.Purge(fs, base))
	infos, err := afero.ReadDir(fs, "/data")
	must(t, err)
	var left []string
	for _, info := range infos {
		left = append(left, info.Name())
	}
	slices.Sort(others)
	if !slices.Equal(left, others) {
		t.Errorf("left: got %v, want %v", left, others)
	}
}

// A Purge that is interrupted anywhere is finished by the next Open, or had
// not begun.
func TestPurgeInterrupted(t *testing.T) {
	for at := 1; ; at++ {
		c := newCrashFs()
		want := closedJournal(t, c)
		c.op = 0
		c.fail = func(op int, _, _ string) error {
			if op >= at {
				c.dead = errPower
			}
			return c.dead
		}
		err := journal.Purge(c, base)
		for range 5 {
			m := &recorder{}
			j, _, err := journal.Open(c.clone().powerCut(seededRand(t)), base, m, crashOptions(journal.Sync, 1))
			must(t, err)
			if len(m.got) != 0 && !slices.Equal(m.got, want) {
				t.Errorf("cut at operation %d: got %v, want nothing or %v", at, m.got, want)
			}
			must(t, j.Close())
		}
		if err == nil {
			break
		}
	}
}

func TestReadOnlyDirectoryForOs(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(dir+"/j.lock", 0o755); err != nil {
		t.Fatal(err)
	}
	if _, _, err := journal.Open(afero.NewOsFs(), dir+"/j", &recorder{}, journal.Options{}); err == nil || !strings.Contains(err.Error(), "lock") {
		t.Errorf("a directory for a lock file: got %v", err)
	}
}

// hugeMachine has a state that no snapshot can hold.
type hugeMachine struct{ recorder }

func (hugeMachine) Snapshot() ([]byte, error) { return make([]byte, wire.MaxSnapshot), nil }

func TestSnapshotTooLarge(t *testing.T) {
	c := newCrashFs()
	j, _, err := journal.Open(c, base, &hugeMachine{}, crashOptions(journal.Sync, 1))
	must(t, err)
	mustAppend(t, j, number(1))
	before := c.tree()
	if err := j.Snapshot(bg); !errors.Is(err, journal.ErrTooLarge) || c.tree() != before {
		t.Errorf("got %v, files changed: %v; want %v", err, c.tree() != before, journal.ErrTooLarge)
	}
	mustAppend(t, j, number(2))
	must(t, j.Close())
}

// A snapshot whose digest is right and whose content is none is refused with a
// type of its own, and the original's with it.
func TestSnapshotThatIsNone(t *testing.T) {
	fs := newFs(t)
	must(t, afero.WriteFile(fs, base+".qdb", []byte("not a snapshot"), 0o644))
	_, _, err := journal.Open(fs, base, &recorder{}, journal.Options{})
	if s, ok := errors.AsType[*journal.SnapshotError](err); !ok || s.Path != base+".qdb" || journal.StatusOf(err) != journal.StatusSnapshot {
		t.Errorf("got %v, want a SnapshotError that names the file", err)
	}
}
