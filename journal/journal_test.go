package journal_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/journal/wire"
)

var bg = context.Background()

const base = "/data/j"

// source is an entry that evaluates text.
func source(format string, args ...any) journal.Entry {
	return journal.Entry{Payload: wire.Encode(wire.String(fmt.Sprintf(format, args...)))}
}

// newFs is an empty filesystem in memory, with the base's directory.
func newFs(t testing.TB) afero.Fs {
	t.Helper()
	fs := afero.NewMemMapFs()
	if err := fs.MkdirAll("/data", 0o755); err != nil {
		t.Fatal(err)
	}
	return fs
}

func mustOpen(t testing.TB, fs afero.Fs, opts journal.Options) (*journal.Journal, *rayfall.Machine, journal.Recovery) {
	t.Helper()
	m := rayfall.New()
	j, rec, err := journal.Open(fs, base, m, opts)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return j, m, rec
}

func mustAppend(t testing.TB, j *journal.Journal, entries ...journal.Entry) {
	t.Helper()
	for _, e := range entries {
		if _, err := j.Append(bg, e); err != nil {
			t.Fatalf("append: %v", err)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantInt(t testing.TB, m *rayfall.Machine, name string, want int64) {
	t.Helper()
	v, ok := m.Get(name)
	if !ok || !wire.Equal(v, wire.Int(want)) {
		t.Errorf("%s: got %v, want %d", name, v, want)
	}
}

func TestAppendAndReopen(t *testing.T) {
	for _, mode := range []journal.Mode{journal.Sync, journal.Async} {
		t.Run(mode.String(), func(t *testing.T) {
			fs := newFs(t)
			j, _, rec := mustOpen(t, fs, journal.Options{Mode: mode})
			if rec.LastLSN != 0 {
				t.Errorf("last LSN of a new journal: got %d, want 0", rec.LastLSN)
			}
			mustAppend(t, j, source("(set x 1)"), source("(set x (+ x 1))"), source("(nope)"))
			big := source("(set y %q)", strings.Repeat("a", 5000))
			mustAppend(t, j, big)
			if got := j.LastLSN(); got != 4 {
				t.Errorf("last LSN: got %d, want 4", got)
			}
			must(t, j.Close())
			j, m, rec := mustOpen(t, fs, journal.Options{Mode: mode})
			wantInt(t, m, "x", 2)
			if rec.Entries != 4 || rec.EvalErrors != 1 || rec.LastLSN != 4 || rec.TailBytes != 0 {
				t.Errorf("recovery: got %+v", rec)
			}
			n := uint64(0)
			for e, err := range j.Read(1) {
				must(t, err)
				if n++; e.LSN != n {
					t.Errorf("LSN: got %d, want %d", e.LSN, n)
				}
				if n == 4 && string(e.Payload) != string(big.Payload) {
					t.Error("the compressed entry reads back differently")
				}
			}
			if n != 4 {
				t.Errorf("entries read: got %d, want 4", n)
			}
			must(t, j.Close())
			rep, err := journal.Validate(fs, base+".log")
			must(t, err)
			if rep.Entries != 4 || rep.ValidBytes != rep.SizeBytes || !rep.Markers {
				t.Errorf("report: got %+v", rep)
			}
		})
	}
}

func TestSnapshotRollPrune(t *testing.T) {
	fs := newFs(t)
	j, _, _ := mustOpen(t, fs, journal.Options{})
	mustAppend(t, j, source("(set x 1)"))
	must(t, j.Roll(bg))
	mustAppend(t, j, source("(set x (+ x 1))"))
	must(t, j.Roll(bg))
	must(t, j.Close())
	j, m, rec := mustOpen(t, fs, journal.Options{})
	wantInt(t, m, "x", 2)
	if rec.Archives != 2 || rec.Generation != 3 {
		t.Errorf("recovery: got %+v", rec)
	}
	mustAppend(t, j, source("(set x (+ x 1))"))
	must(t, j.Snapshot(bg))
	mustAppend(t, j, source("(set x (+ x 1))"))
	must(t, j.Prune(bg))
	first := uint64(0)
	for e, err := range j.Read(1) {
		must(t, err)
		if first == 0 {
			first = e.LSN
		}
	}
	if first != 4 {
		t.Errorf("first LSN after Prune: got %d, want 4", first)
	}
	must(t, j.Close())
	j, m, rec = mustOpen(t, fs, journal.Options{})
	wantInt(t, m, "x", 4)
	if rec.SnapshotLSN != 3 || rec.Entries != 1 || rec.SnapshotBindings != 1 {
		t.Errorf("recovery: got %+v", rec)
	}
	must(t, j.Close())
	must(t, journal.Purge(fs, base))
	if names, _ := afero.ReadDir(fs, "/data"); len(names) != 0 {
		t.Errorf("after Purge: got %v, want nothing", names)
	}
}

// Concurrent appends share batches, and each gets an LSN of its own.
func TestGroupCommit(t *testing.T) {
	fs := newFs(t)
	j, m, _ := mustOpen(t, fs, journal.Options{})
	mustAppend(t, j, source("(set x 0)"))
	const writers, each = 16, 50
	lsns := make([][]uint64, writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for range each {
				lsn, err := j.Append(bg, source("(set x (+ x 1))"))
				if err != nil {
					t.Error(err)
					return
				}
				lsns[w] = append(lsns[w], lsn)
			}
		})
	}
	wg.Wait()
	seen := map[uint64]bool{}
	for _, ls := range lsns {
		for _, lsn := range ls {
			if seen[lsn] {
				t.Errorf("LSN %d was given twice", lsn)
			}
			seen[lsn] = true
		}
	}
	must(t, j.Close())
	wantInt(t, m, "x", writers*each)
	j, m, _ = mustOpen(t, fs, journal.Options{})
	wantInt(t, m, "x", writers*each)
	must(t, j.Close())
}

func TestPending(t *testing.T) {
	fs := newFs(t)
	j, _, _ := mustOpen(t, fs, journal.Options{})
	a, err := j.AppendAsync(source("(set x 1)"))
	must(t, err)
	b, err := j.AppendAsync(source("(set y nope)"))
	must(t, err)
	if a.Done() || b.Done() || j.LastLSN() != 0 {
		t.Error("sync mode: an entry was written before anybody waited")
	}
	lsn, err := b.Wait(bg)
	must(t, err)
	if lsn != 2 || !a.Done() || a.EvalErr() != nil || b.EvalErr() == nil {
		t.Errorf("got LSN %d, done %v, evaluation errors %v and %v", lsn, a.Done(), a.EvalErr(), b.EvalErr())
	}
	if s := j.Stats(); s.Batches != 1 || s.Entries != 2 || s.EvalErrors != 1 {
		t.Errorf("stats: got %+v, want one batch of 2", s)
	}
	cancelled, cancel := context.WithCancel(bg)
	cancel()
	if _, err := j.Append(cancelled, source("1")); !errors.Is(err, journal.ErrRefused) {
		t.Errorf("append with a cancelled context: got %v, want %v", err, journal.ErrRefused)
	}
	must(t, j.Close())
	if _, err := j.Append(bg, source("1")); !errors.Is(err, journal.ErrClosed) {
		t.Errorf("append after close: got %v", err)
	}
}

func TestSecondOwner(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) (afero.Fs, string){
		"memory": func(t *testing.T) (afero.Fs, string) { return newFs(t), base },
		"disk":   func(t *testing.T) (afero.Fs, string) { return afero.NewOsFs(), t.TempDir() + "/j" },
	} {
		t.Run(name, func(t *testing.T) {
			fs, base := open(t)
			j, _, err := journal.Open(fs, base, rayfall.New(), journal.Options{})
			must(t, err)
			if _, _, err := journal.Open(fs, base, rayfall.New(), journal.Options{}); !errors.Is(err, journal.ErrLocked) {
				t.Errorf("second open: got %v, want %v", err, journal.ErrLocked)
			}
			must(t, j.Close())
			j, _, err = journal.Open(fs, base, rayfall.New(), journal.Options{})
			must(t, err)
			must(t, j.Close())
		})
	}
}
