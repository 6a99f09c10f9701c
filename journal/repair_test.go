package journal_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/rayfall"
)

// A bad tail of the original's log is refused with its offset, and Repair cuts
// it off and keeps it.
func TestRepairOldLogs(t *testing.T) {
	folders, err := filepath.Glob("testdata/rayforce/badtail-*")
	must(t, err)
	if len(folders) == 0 {
		t.Fatal("no fixtures")
	}
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) {
			raw, err := os.ReadFile(folder + "/j.log")
			must(t, err)
			fs := newFs(t)
			must(t, afero.WriteFile(fs, base+".log", raw, 0o644))
			_, _, err = journal.Open(fs, base, rayfall.New(), journal.Options{})
			tail, ok := errors.AsType[*journal.BadTailError](err)
			if !ok || tail.Entries != 2 || tail.ValidBytes != 76 {
				t.Fatalf("got %v, want a bad tail at 76 after 2 entries", err)
			}
			rep, err := journal.Repair(fs, base, journal.RepairOptions{})
			must(t, err)
			if rep.ValidBytes != 76 || rep.CutBytes != int64(len(raw))-76 || rep.LastLSN != 2 {
				t.Errorf("got %+v", rep)
			}
			if rep.KeptAs != "" {
				kept, err := afero.ReadFile(fs, rep.KeptAs)
				must(t, err)
				if string(kept) != string(raw[76:]) {
					t.Errorf("kept %x, want %x", kept, raw[76:])
				}
			} else if slices.ContainsFunc(raw[76:], func(b byte) bool { return b != 0 }) {
				t.Error("the tail was not kept")
			}
			j, _, rec := mustOpen(t, fs, journal.Options{})
			if rec.Entries != 2 || !rec.OldLog {
				t.Errorf("got %+v", rec)
			}
			must(t, j.Close())
		})
	}
}

// Damage to what was durable is repaired only by who accepts the loss.
func TestRepairDamage(t *testing.T) {
	c := newCrashFs()
	want := closedJournal(t, c)
	data := slices.Clone(c.names[base+".log"].data)
	data[300] ^= 1
	c.put(base+".log", data)
	before := c.tree()
	if _, err := journal.Repair(c, base, journal.RepairOptions{}); err == nil || c.tree() != before {
		t.Errorf("without AcceptLoss: got %v, changed: %v", err, c.tree() != before)
	}
	rep, err := journal.Repair(c, base, journal.RepairOptions{AcceptLoss: true})
	must(t, err)
	if rep.ValidBytes != 274 || rep.LostLSN != uint64(len(want)) || rep.LastLSN != uint64(len(want)-2) {
		t.Errorf("got %+v", rep)
	}
	wantRecovered(t, c, want[:len(want)-2])
	if rep, err := journal.Repair(c, base, journal.RepairOptions{}); err != nil || rep.Path != "" {
		t.Errorf("nothing to repair: got %+v, %v", rep, err)
	}
}

// Whichever operation of Repair fails, the report names a log only if that was cut.
func TestRepairThatFailsSaysWhetherItCut(t *testing.T) {
	const log = base + ".log"
	cut, uncut := 0, 0
	for failing, failed := 1, true; failed; failing++ {
		c := newCrashFs()
		closedJournal(t, c)
		data := slices.Clone(c.names[log].data)
		data[300] ^= 1
		c.put(log, data)
		failed, c.op = false, 0
		c.fail = func(op int, _, _ string) error {
			if op == failing {
				failed = true
				return errors.New("input/output error")
			}
			return nil
		}
		rep, err := journal.Repair(c, base, journal.RepairOptions{AcceptLoss: true})
		if err == nil {
			continue // it could do without
		}
		size := int64(len(c.names[log].data))
		switch {
		case rep.Path == "" && size == int64(len(data)):
			uncut++
		case rep.Path == log && size == rep.ValidBytes:
			cut++
		default:
			t.Errorf("operation %d failed, and of a log of %d bytes, which has %d now, Repair reported %+v", failing, len(data), size, rep)
		}
	}
	if cut == 0 || uncut == 0 {
		t.Errorf("%d attempts failed behind the cut, and %d before it: this proves little", cut, uncut)
	}
}

// The original's log is never appended to: the first append rolls it, and the
// new log's genesis holds it fast.
func TestOldLogIsRolled(t *testing.T) {
	raw, err := os.ReadFile("testdata/rayforce/snapshot-then-log/j.log")
	must(t, err)
	qdb, err := os.ReadFile("testdata/rayforce/snapshot-then-log/j.qdb")
	must(t, err)
	for name, first := range map[string]func(j *journal.Journal) error{
		"append":   func(*journal.Journal) error { return nil },
		"roll":     func(j *journal.Journal) error { return j.Roll(bg) },
		"snapshot": func(j *journal.Journal) error { return j.Snapshot(bg) },
	} {
		t.Run(name, func(t *testing.T) {
			fs := newFs(t)
			must(t, afero.WriteFile(fs, base+".log", raw, 0o644))
			must(t, afero.WriteFile(fs, base+".qdb", qdb, 0o644))
			j, m, rec := mustOpen(t, fs, journal.Options{AdoptForeign: true})
			if !rec.OldLog || rec.LastLSN != 2 || rec.SnapshotBindings != 4 {
				t.Errorf("got %+v", rec)
			}
			wantInt(t, m, "x", 7)
			must(t, j.Sync(bg))
			if now, _ := afero.ReadFile(fs, base+".log"); string(now) != string(raw) {
				t.Error("Open or Sync changed the log")
			}
			must(t, first(j))
			mustAppend(t, j, source("(set x (+ x 1))"))
			n := uint64(0)
			for e, err := range j.Read(1) {
				must(t, err)
				if n++; e.LSN != n {
					t.Errorf("LSN: got %d, want %d", e.LSN, n)
				}
			}
			if n != 3 {
				t.Errorf("read %d entries, want 3", n)
			}
			must(t, j.Close())
			archives, _ := afero.Glob(fs, base+".*Z-00000000-*.log")
			if len(archives) != 1 {
				t.Fatalf("got archives %v, want the old log", archives)
			}
			if now, _ := afero.ReadFile(fs, archives[0]); string(now) != string(raw) {
				t.Error("the archive is not the old log")
			}
			j, m, _ = mustOpen(t, fs, journal.Options{AdoptForeign: true})
			wantInt(t, m, "x", 8)
			must(t, j.Close())
			// The genesis records it: damage to it is found, if it is needed.
			must(t, afero.WriteFile(fs, archives[0], raw[:len(raw)-5], 0o644))
			_, _, err := journal.Open(fs, base, rayfall.New(), journal.Options{AdoptForeign: true})
			if _, ok := errors.AsType[*journal.CorruptError](err); ok == (name == "snapshot") {
				t.Errorf("with a damaged archive: got %v", err)
			}
		})
	}
}
