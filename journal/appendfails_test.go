package journal_test

import (
	"errors"
	"slices"
	"syscall"
	"testing"

	"powercut/journal"
)

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

// failEvery lets every operation of some kinds fail from now on.
func (c *crashFs) failEvery(by map[string]error) {
	c.fail = func(_ int, kind, _ string) error { return by[kind] }
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
			c.failEvery(map[string]error{"write": &shortWrite{all, syscall.EIO}, "truncate": syscall.EIO})
		}, journal.ErrIndeterminate, false},
		{"write and the fsync of the truncation fail", func(c *crashFs) {
			c.failEvery(map[string]error{"write": &shortWrite{30, syscall.EIO}, "sync": syscall.EIO})
		}, journal.ErrIndeterminate, false},
		{"no space to truncate, half written", func(c *crashFs) {
			c.failEvery(map[string]error{"write": &shortWrite{30, syscall.ENOSPC}, "truncate": syscall.ENOSPC})
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
			_, err = j.Append(bg, number(2))
			wantOnly(t, err, tc.want)
			if tc.want == journal.ErrRefused {
				checkNeverBack(t, c)
			}
			c.fail = nil
			if tc.goesOn {
				if lsn, err := j.Append(bg, number(3)); err != nil || lsn != 2 {
					t.Errorf("append afterwards: got LSN %d and %v, want 2", lsn, err)
				}
				return
			}
			checkPoisoned(t, j)
		})
	}
}

// wantOnly checks that an Append failed in one way, and in no other.
func wantOnly(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	for _, other := range []error{journal.ErrRefused, journal.ErrIndeterminate, journal.ErrPoisoned} {
		if other != want && errors.Is(err, other) {
			t.Errorf("%v matches %v too", err, other)
		}
	}
}

// checkNeverBack checks that no power cut brings entry 2 back, which was refused.
func checkNeverBack(t *testing.T, c *crashFs) {
	t.Helper()
	for range 20 {
		m := &recorder{}
		_, _, err := journal.Open(c.clone().powerCut(seededRand(t)), base, m, crashOptions(journal.Sync, 2))
		must(t, err)
		if !slices.Equal(m.got, []int64{1}) {
			t.Fatalf("after a power cut: got %v, want [1]: entry 2 was refused", m.got)
		}
	}
}

func checkPoisoned(t *testing.T, j *journal.Journal) {
	t.Helper()
	if _, err := j.Append(bg, number(3)); !errors.Is(err, journal.ErrPoisoned) {
		t.Errorf("append afterwards: got %v, want %v", err, journal.ErrPoisoned)
	}
	if err := j.Snapshot(bg); !errors.Is(err, journal.ErrPoisoned) {
		t.Errorf("snapshot: got %v, want %v", err, journal.ErrPoisoned)
	}
	if _, ok := errors.AsType[*journal.UnsyncedError](j.Close()); !ok {
		t.Error("Close: want an UnsyncedError")
	}
}
