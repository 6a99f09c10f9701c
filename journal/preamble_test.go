package journal_test

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"

	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/journal/wire"
)

// preambleLog is a log of a newer rayforce's.
func preambleLog(generation uint64, entries ...journal.Entry) []byte {
	head := binary.LittleEndian.AppendUint64([]byte("RAYJLG1\x00"), generation)
	return append(head, oldLogOf(entries...)...)
}

// coveringSnapshot is a snapshot of a newer rayforce's, of x.
func coveringSnapshot(x, generation, bytes int64) []byte {
	payload := wire.Encode(wire.NewDict([]string{"x", ".journal.covered"}, []wire.Value{wire.Int(x), wire.Ints(generation, bytes)}))
	return append(wire.AppendHeader(nil, wire.Header{Size: int64(len(payload))}), payload...)
}

// A log with a preamble is read, appended to, rolled and read again, and what its
// snapshot covers is applied once: wherever the entries that it covers end, and also
// once the log is an archive.
func TestPreamble(t *testing.T) {
	entries := []journal.Entry{source("(set x 1)"), source("(set x (+ x 1))"), source("(set x (+ x 1))")}
	size := func(n int) int64 { return int64(len(preambleLog(9, entries[:n]...))) }
	for _, test := range []struct {
		name       string
		snapshot   []byte
		entries    []journal.Entry
		x          int64
		replayed   int
		snapshotAt uint64
	}{
		{"no snapshot", nil, entries, 3, 3, 0},
		{"no entry", nil, nil, 0, 0, 0},
		{"all covered", coveringSnapshot(3, 9, size(3)), entries, 3, 0, 3},
		{"one is not covered", coveringSnapshot(2, 9, size(2)), entries, 3, 1, 2},
		{"of another generation", coveringSnapshot(2, 8, size(2)), entries[1:], 4, 2, 0},
		{"covers the preamble", coveringSnapshot(0, 9, 16), entries, 3, 3, 0},
		{"covers more than is left", coveringSnapshot(5, 9, size(3)+35), entries, 5, 0, 3},
		{"says nothing", coveringSnapshot(2, 0, size(2)), entries[1:], 4, 2, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCrashFs()
			c.put(base+".log", preambleLog(9, test.entries...))
			if test.snapshot != nil {
				c.put(base+".qdb", test.snapshot)
			}
			open := func() (*journal.Journal, *rayfall.Machine, journal.Recovery) {
				m := rayfall.New()
				j, rec, err := journal.Open(c, base, m, crashOptions(journal.Sync, 7))
				must(t, err)
				return j, m, rec
			}
			check := func(m *rayfall.Machine, want int64) {
				t.Helper()
				v, ok := m.Get("x")
				if want > 0 != ok || ok && !wire.Equal(v, wire.Int(want)) {
					t.Errorf("got x %v, want %d", v, want)
				}
				if _, bound := m.Get(".journal.covered"); bound {
					t.Error("the account is bound")
				}
			}
			before := c.tree()
			report, err := journal.Validate(c, base+".log")
			if err != nil || report.Entries != len(test.entries) || report.ValidBytes != report.SizeBytes || report.Generation != 9 {
				t.Errorf("Validate: got %+v, %v", report, err)
			}
			j, m, rec := open()
			check(m, test.x)
			if rec.Entries != test.replayed || rec.EvalErrors != 0 || !rec.OldLog || rec.LastLSN != uint64(len(test.entries)) || rec.SnapshotLSN != test.snapshotAt {
				t.Errorf("got %+v", rec)
			}
			must(t, j.Close())
			if c.tree() != before {
				t.Error("opening has changed files")
			}
			j, _, _ = open()
			mustAppend(t, j, source("(set x 40)"), source("(set x (+ x 1))"))
			must(t, j.Close())
			j, m, rec = open()
			check(m, 41)
			if rec.LastLSN != uint64(len(test.entries)+2) || rec.EvalErrors != 0 {
				t.Errorf("rolled: got %+v", rec)
			}
			must(t, j.Snapshot(bg))
			must(t, j.Close())
			j, m, _ = open()
			check(m, 41)
			must(t, j.Close())
		})
	}
}

// A preamble of another version is told by name, a torn one is a bad tail, and none is
// ever taken for an interrupted creation or set aside.
func TestOddPreambles(t *testing.T) {
	whole := preambleLog(9, source("(set x 1)"))
	with := func(at int, b byte) []byte {
		log := slices.Clone(whole)
		log[at] = b
		return log
	}
	for _, test := range []struct {
		name   string
		log    []byte
		status journal.Status
		says   string
	}{
		{"version 2", with(6, '2'), journal.StatusVersion, "RAYJLG2"},
		{"version 1 and more", with(7, '0'), journal.StatusVersion, "RAYJLG1"},
		{"another program's", with(0, 'r'), journal.StatusBadTail, "offset 0"},
		{"half of it", whole[:12], journal.StatusBadTail, "offset 0"},
		{"a torn frame behind it", whole[:30], journal.StatusBadTail, "offset 16"},
		{"zeros behind it", append(slices.Clone(whole[:16]), make([]byte, 100)...), journal.StatusBadTail, "offset 16"},
		{"a torn frame behind one", append(slices.Clone(whole), whole[16:30]...), journal.StatusBadTail, "offset 51"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCrashFs()
			c.put(base+".log", test.log)
			before := c.tree()
			_, _, err := journal.Open(c, base, rayfall.New(), crashOptions(journal.Sync, 7))
			_, validErr := journal.Validate(c, base+".log")
			if journal.StatusOf(err) != test.status || journal.StatusOf(validErr) != test.status || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v and %v, want %s and %q", err, validErr, test.status, test.says)
			}
			if c.tree() != before {
				t.Error("files changed")
			}
			if test.status != journal.StatusBadTail || test.name == "another program's" {
				return
			}
			rep, err := journal.Repair(c, base, journal.RepairOptions{})
			must(t, err)
			j, rec, err := journal.Open(c, base, rayfall.New(), crashOptions(journal.Sync, 7))
			must(t, err)
			must(t, j.Close())
			if tail, _ := errors.AsType[*journal.BadTailError](validErr); rep.ValidBytes != tail.ValidBytes || rec.Entries != tail.Entries {
				t.Errorf("repaired: got %+v and %+v, want %d bytes", rep, rec, tail.ValidBytes)
			}
		})
	}
}

// A snapshot that covers the log up to the middle of an entry fits no such log.
func TestSnapshotThatCoversHalfAnEntry(t *testing.T) {
	c := newCrashFs()
	c.put(base+".log", preambleLog(9, source("(set x 1)"), source("(set x 2)")))
	c.put(base+".qdb", coveringSnapshot(1, 9, 40))
	before := c.tree()
	_, _, err := journal.Open(c, base, rayfall.New(), crashOptions(journal.Sync, 7))
	if journal.StatusOf(err) != journal.StatusCorrupt || c.tree() != before {
		t.Errorf("got %v", err)
	}
}
