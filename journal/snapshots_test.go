package journal_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/journal/wire"
)

// skipped is how many names of a snapshot an expectation says that the real program
// skips.
func skipped(t *testing.T, folder string) (names int) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(folder, "expect.json"))
	must(t, err)
	var want struct{ Skipped int }
	must(t, json.Unmarshal(raw, &want))
	return want.Skipped
}

// unlike are snapshots of which the real program binds names that can't be bound here:
// they are skipped, which makes the state incomplete.
var unlike = map[string]string{
	"hook-key":   `".ipc.on.open" is called by nobody here`,
	"enddot-key": `"a.", a name with a dot in it`,
	"double-dot": `"a..b", a name with a dot in it`,
}

// Of snapshots that no program writes, such as one with fewer values than names, what
// the real program binds is bound, what it skips is skipped and counted, and what it
// refuses is refused.
func TestSnapshotsLikeTheRealProgram(t *testing.T) {
	folders, err := filepath.Glob("testdata/rayforce-snapshots/*/expect.json")
	must(t, err)
	if len(folders) != 29 {
		t.Fatalf("got %d folders, want 29", len(folders))
	}
	for _, folder := range folders {
		folder = filepath.Dir(folder)
		t.Run(filepath.Base(folder), func(t *testing.T) {
			fs := afero.NewMemMapFs()
			files := load(t, fs, folder)
			want, wantSkipped := readExpectation(t, folder), skipped(t, folder)
			m := rayfall.New()
			j, rec, err := journal.Open(fs, "/j", m, journal.Options{})
			if string(journal.StatusOf(err)) != want.Status || (err == nil) != want.Opens {
				t.Errorf("status: got %v, want %q", err, want.Status)
			}
			checkUnchanged(t, fs, files)
			if err != nil {
				return
			}
			must(t, j.Close())
			if why, ok := unlike[filepath.Base(folder)]; ok {
				if rec.SnapshotSkipped != 1 || rec.SnapshotSkip.Error() != why {
					t.Errorf("skipped: got %d, %v, want %s", rec.SnapshotSkipped, rec.SnapshotSkip, why)
				}
				wantSkipped, *want.SnapshotBindings = 1, *want.SnapshotBindings-1
				for _, name := range rec.Doubtful {
					delete(want.Env, name)
				}
			}
			if rec.SnapshotSkipped != wantSkipped || (rec.SnapshotSkip == nil) != (wantSkipped == 0) || rec.SnapshotBindings != *want.SnapshotBindings {
				t.Errorf("skipped: got %d (%v) and %d bound, want %d and %d", rec.SnapshotSkipped, rec.SnapshotSkip, rec.SnapshotBindings, wantSkipped, *want.SnapshotBindings)
			}
			if rec.Complete() != (wantSkipped == 0) {
				t.Errorf("complete: got %v with %d skipped", rec.Complete(), wantSkipped)
			}
			got := outcome{status: want.Status, opens: true, snapshotBindings: rec.SnapshotBindings, machine: m}
			want.Entries, want.EvalErrors, want.ValidBytes = nil, nil, nil
			compare(t, got, want)
		})
	}
}

// What was skipped of a snapshot would be missing from the next: that is refused, and
// appends go on, unless it is accepted.
func TestSkippedIsNotLostWithoutAWord(t *testing.T) {
	for _, allow := range []bool{false, true} {
		c := newCrashFs()
		payload := wire.Encode(wire.Dict{Keys: wire.Symbols{Names: []string{"x", "y", "z"}}, Vals: wire.Values(wire.Int(1))})
		c.put(base+".qdb", append(wire.AppendHeader(nil, wire.Header{Type: wire.TypeSnapshot, Size: int64(len(payload))}), payload...))
		opts := crashOptions(journal.Sync, 7)
		opts.AllowIncomplete = allow
		j, rec, err := journal.Open(c, base, rayfall.New(), opts)
		must(t, err)
		if rec.Complete() || rec.SnapshotSkipped != 2 || rec.SnapshotBindings != 1 {
			t.Errorf("got %+v", rec)
		}
		mustAppend(t, j, source("(set w 2)"))
		before := c.tree()
		err = j.Snapshot(bg)
		incomplete, refused := errors.AsType[*journal.IncompleteError](err)
		switch {
		case allow:
			must(t, err)
		case !refused || incomplete.Skipped != 2 || incomplete.Entries != 0 || !strings.Contains(err.Error(), `"y" has no value`) || c.tree() != before:
			t.Errorf("got %v", err)
		}
		must(t, j.Close())
		_, rec, err = journal.Open(c, base, rayfall.New(), opts)
		must(t, err)
		if rec.Complete() != allow {
			t.Errorf("opened again, allowed %v: got %+v", allow, rec)
		}
	}
}

// An account of what a snapshot covers is none without a value, and no binding.
func TestCoveredWithoutAValue(t *testing.T) {
	for _, vals := range []wire.Value{wire.Values(wire.Int(1)), wire.Values(), wire.Null{}} {
		fs := newFs(t)
		payload := wire.Encode(wire.Dict{Keys: wire.Symbols{Names: []string{"x", ".journal.covered"}}, Vals: vals})
		must(t, afero.WriteFile(fs, base+".qdb", append(wire.AppendHeader(nil, wire.Header{Type: wire.TypeSnapshot, Size: int64(len(payload))}), payload...), 0o644))
		m := rayfall.New()
		j, rec, err := journal.Open(fs, base, m, journal.Options{})
		must(t, err)
		must(t, j.Close())
		if rec.SnapshotBindings+rec.SnapshotSkipped != 1 {
			t.Errorf("%v: got %+v", vals, rec)
		}
	}
}

// Each path into a dictionary copies it. Those for which that would be too much are
// skipped, and in doubt.
func TestManyPathsInASnapshot(t *testing.T) {
	var names []string
	var vals []wire.Value
	for i := range 2000 {
		names, vals = append(names, fmt.Sprintf("a.k%d", i)), append(vals, wire.Int(int64(i)))
	}
	m := rayfall.New()
	n, err := m.Restore(wire.Encode(wire.NewDict(names, vals)))
	must(t, err)
	skips, first := m.Skipped()
	if n < 256 || n+skips != 2000 || skips == 0 || first == nil || !slices.Equal(m.Doubtful(), []string{"a"}) {
		t.Errorf("got %d bound, %d skipped (%v), in doubt %v", n, skips, first, m.Doubtful())
	}
}
