package journal_test

import (
	"context"
	"errors"
	"slices"
	"syscall"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/wire"
)

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
