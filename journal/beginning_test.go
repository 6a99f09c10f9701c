package journal_test

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/wire"
)

// oldFrames is a log of the original with n entries.
func oldFrames(n int) []byte {
	var log []byte
	for i := range n {
		payload := number(int64(i)).Payload
		log = append(wire.AppendHeader(log, wire.Header{Type: wire.TypeEntry, Size: int64(len(payload))}), payload...)
	}
	return log
}

// shortJournal is one log with n entries, closed.
func shortJournal(t *testing.T, c *crashFs, n int) {
	t.Helper()
	j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 7))
	must(t, err)
	for i := range n {
		mustAppend(t, j, number(int64(i)))
	}
	must(t, j.Close())
}

// prunedJournal is a snapshot, and a log that continues it.
func prunedJournal(t *testing.T, c *crashFs) {
	t.Helper()
	j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 7))
	must(t, err)
	mustAppend(t, j, number(1))
	must(t, j.Snapshot(bg))
	must(t, j.Prune(bg))
	mustAppend(t, j, number(2))
	must(t, j.Close())
	if names := slices.Sorted(maps.Keys(c.names)); !slices.Equal(names, []string{base + ".log", base + ".qdb"}) {
		t.Fatalf("got %v", names)
	}
}

// interruptedRoll is a log that is about to be rolled: the one after it has its
// genesis, and not its name.
func interruptedRoll(t *testing.T, c *crashFs) {
	t.Helper()
	j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 7))
	must(t, err)
	if c.names[base+".log"] == nil || len(c.names[base+".log"].data) == int(wire.GenesisSize) {
		mustAppend(t, j, number(1))
	}
	c.fail = func(_ int, kind, path string) error {
		if kind == "rename" && path == base+".log" {
			c.dead = errPower
		}
		return c.dead
	}
	if err := j.Roll(bg); err == nil {
		t.Fatal("the roll succeeded")
	}
	_ = j.Close() // it is dead
	c.fail, c.dead = nil, nil
	if c.names[base+".log.tmp"] == nil || c.names[base+".log"] == nil {
		t.Fatalf("got %s", c.tree())
	}
}

// rolledOldLog is a log of the original that was rolled, and ours that continues it.
func rolledOldLog(t *testing.T, c *crashFs) {
	t.Helper()
	c.put(base+".log", oldFrames(2))
	j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 7))
	must(t, err)
	must(t, j.Roll(bg))
	must(t, j.Close())
}

// interruptedOldRoll is a log of the original that is about to be rolled.
func interruptedOldRoll(t *testing.T, c *crashFs) {
	t.Helper()
	c.put(base+".log", oldFrames(2))
	interruptedRoll(t, c)
}

// Whatever does not begin with a good frame is refused, and so is a log that lost
// its beginning where something beside it tells that it had one: nothing but an empty
// file, or a page of zeros, with nothing of ours beside it, is taken for an
// interrupted creation.
func TestNoInterruptedCreation(t *testing.T) {
	const log = base + ".log"
	rewrite := func(change func(data []byte) []byte) func(*testing.T, *crashFs) {
		return func(_ *testing.T, c *crashFs) { c.put(log, change(slices.Clone(c.names[log].data))) }
	}
	zeroFirst := func(n int) func(*testing.T, *crashFs) {
		return rewrite(func(data []byte) []byte { clear(data[:min(n, len(data))]); return data })
	}
	shortened := func(n int) func(*testing.T, *crashFs) {
		return rewrite(func(data []byte) []byte { return data[:min(n, len(data))] })
	}
	old := func(data []byte) func(*testing.T, *crashFs) {
		return func(_ *testing.T, c *crashFs) { c.put(log, data) }
	}
	fixture := func(name string) func(*testing.T, *crashFs) {
		return func(t *testing.T, c *crashFs) {
			data, err := os.ReadFile("testdata/rayforce-random/" + name + "/j.log")
			must(t, err)
			c.put(log, data)
		}
	}
	nothing := func(*testing.T, *crashFs) {}
	rolled := func(t *testing.T, c *crashFs) {
		j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 7))
		must(t, err)
		mustAppend(t, j, number(1), number(2))
		must(t, j.Roll(bg))
		mustAppend(t, j, number(3))
		must(t, j.Close())
	}
	anotherVersion := oldFrames(3)
	anotherVersion[4]++
	aged := func(t *testing.T, c *crashFs) { closedJournal(t, c) }
	one := func(t *testing.T, c *crashFs) { shortJournal(t, c, 1) }
	none := func(t *testing.T, c *crashFs) { shortJournal(t, c, 0) }
	for _, tt := range []struct {
		name   string
		make   func(*testing.T, *crashFs)
		damage func(*testing.T, *crashFs)
		status journal.Status
	}{
		{"a rayforce log with a bit of its first header flipped", nothing, fixture("first-frame-bit"), journal.StatusBadTail},
		{"a rayforce log whose first frame is of another version", nothing, old(anotherVersion), journal.StatusBadTail},
		{"a rayforce log shorter than a header", nothing, old(oldFrames(1)[:12]), journal.StatusBadTail},
		{"a rayforce log cut in its first payload", nothing, old(oldFrames(1)[:20]), journal.StatusBadTail},
		{"a newer rayforce's log", nothing, old([]byte("RAYJLG2\x00generationframes")), journal.StatusVersion},
		{"12 bytes of garbage", nothing, old([]byte("garbage here")), journal.StatusBadTail},
		{"a page of garbage", nothing, old([]byte(strings.Repeat("garbage ", 512))), journal.StatusBadTail},
		{"a page of zeros and one more", nothing, old(make([]byte, 4097)), journal.StatusBadTail},
		{"zeros beside archives of rayforce", func(_ *testing.T, c *crashFs) { c.put(base+".2026.11.23T02.49.57Z.log", oldFrames(2)) }, old(make([]byte, 100)), journal.StatusBadTail},
		{"the first sector zeroed beside an archive", rolled, zeroFirst(512), journal.StatusCorrupt},
		{"all of it zeroed beside an archive", rolled, zeroFirst(1 << 20), journal.StatusCorrupt},
		{"cut to nothing beside an archive", rolled, shortened(0), journal.StatusCorrupt},
		{"cut in its genesis beside an archive", rolled, shortened(100), journal.StatusCorrupt},
		{"garbage beside an archive", rolled, old([]byte("garbage here")), journal.StatusCorrupt},
		{"begun anew by rayforce beside an archive", rolled, old(oldFrames(2)), journal.StatusCorrupt},
		{"the first sector zeroed", one, zeroFirst(512), journal.StatusCorrupt},
		{"the first sector zeroed of one that is hardly longer", none, func(t *testing.T, c *crashFs) {
			c.put(log, append(make([]byte, 274), "torn"...))
		}, journal.StatusBadTail},
		{"cut in its genesis", none, shortened(100), journal.StatusBadTail},
		{"the magic of its genesis rotten", none, rewrite(func(data []byte) []byte { data[30] ^= 4; return data }), journal.StatusCorrupt},
		{"the kind of its genesis rotten", none, rewrite(func(data []byte) []byte { data[34] ^= 4; return data }), journal.StatusVersion},
		{"the first sector zeroed beside a snapshot", prunedJournal, zeroFirst(512), journal.StatusCorrupt},
		{"all of it zeroed beside a snapshot", prunedJournal, zeroFirst(1 << 20), journal.StatusCorrupt},
		{"cut to nothing beside a snapshot", prunedJournal, shortened(0), journal.StatusCorrupt},
		{"gone beside a snapshot", prunedJournal, func(_ *testing.T, c *crashFs) { delete(c.names, log) }, journal.StatusCorrupt},
		{"all of it zeroed beside the log after it", interruptedRoll, zeroFirst(1 << 20), journal.StatusCorrupt},
		{"cut to nothing beside the log after it", interruptedRoll, shortened(0), journal.StatusCorrupt},
		{"cut behind its genesis beside the log after it", interruptedRoll, shortened(274), journal.StatusCorrupt},
		{"gone beside the log after it", interruptedRoll, func(_ *testing.T, c *crashFs) { delete(c.names, log) }, journal.StatusCorrupt},
		{"cut to nothing beside a tail that was cut off it", one, func(t *testing.T, c *crashFs) {
			c.put(log, append(c.names[log].data, "torn"...))
			wantRecovered(t, c, []int64{0})
			c.put(log, nil)
		}, journal.StatusCorrupt},
		{"cut to nothing beside a snapshot on its way", one, func(_ *testing.T, c *crashFs) {
			c.put(base+".qdb.tmp", wire.AppendHeader(nil, wire.Header{Type: wire.TypeOwnSnapshot, Size: 100}))
			c.put(log, nil)
		}, journal.StatusCorrupt},
		{"a rayforce log cut beside ours that was to continue it", interruptedOldRoll, func(_ *testing.T, c *crashFs) {
			c.put(log, oldFrames(1))
		}, journal.StatusCorrupt},
		{"an entry of a rayforce log rotten beside ours that was to continue it", interruptedOldRoll, rewrite(func(data []byte) []byte {
			data[len(data)-1] ^= 1
			return append(data, oldFrames(1)...)
		}), journal.StatusCorrupt},
		{"zeroed beside rayforce's archive that it continues", rolledOldLog, zeroFirst(1 << 20), journal.StatusCorrupt},
		{"gone beside rayforce's archive that it continues", rolledOldLog, func(_ *testing.T, c *crashFs) { delete(c.names, log) }, journal.StatusCorrupt},
		{"gone beside a zeroed archive", rolled, func(t *testing.T, c *crashFs) {
			clear(c.names[c.newest(t)].data)
			delete(c.names, log)
		}, journal.StatusCorrupt},
		{"gone beside an older archive and a zeroed one", aged, func(t *testing.T, c *crashFs) {
			clear(c.names[c.newest(t)].data)
			delete(c.names, log)
		}, journal.StatusCorrupt},
		{"an older one beside a damaged archive", aged, func(t *testing.T, c *crashFs) {
			newest := c.newest(t)
			all := slices.Sorted(maps.Keys(c.names))
			c.put(log, c.names[all[slices.Index(all, newest)-1]].data)
			clear(c.names[newest].data[:512])
		}, journal.StatusCorrupt},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCrashFs()
			tt.make(t, c)
			tt.damage(t, c)
			before := c.tree()
			_, rec, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 8))
			if journal.StatusOf(err) != tt.status {
				t.Errorf("got %q: %v, %+v, want %q", journal.StatusOf(err), err, rec, tt.status)
			}
			rep, repairErr := journal.Repair(c, base, journal.RepairOptions{})
			if tt.status != journal.StatusBadTail && (repairErr == nil || rep.Path != "") {
				t.Errorf("Repair: got %+v, %v", rep, repairErr)
			}
			if repairErr != nil && c.tree() != before {
				t.Error("files changed although they were refused")
			}
		})
	}
}

// A log of the original is never cut down to nothing because of one bit, nor are the
// entries behind a bad frame: they are whole, and nobody can know better.
func TestRepairCutsNoWholeFrames(t *testing.T) {
	for at := range 16 {
		c := newCrashFs()
		log := oldFrames(4)
		log[len(log)/4+at] ^= 1
		c.put(base+".log", log)
		_, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 8))
		if _, ok := errors.AsType[*journal.BadTailError](err); !ok {
			continue // flags and types
		}
		before := c.tree()
		rep, err := journal.Repair(c, base, journal.RepairOptions{})
		if corrupt, ok := errors.AsType[*journal.CorruptError](err); !ok || !strings.Contains(corrupt.Reason, "whole ones behind it") || c.tree() != before {
			t.Errorf("byte %d: got %+v, %v, changed: %v", at, rep, err, c.tree() != before)
		}
		rep, err = journal.Repair(c, base, journal.RepairOptions{AcceptLoss: true})
		if err != nil || rep.LastLSN < 1 || rep.KeptAs == "" {
			t.Errorf("byte %d: with AcceptLoss got %+v, %v", at, rep, err)
		}
	}
}

// Every bit of the first header of a log of the original either means nothing, or
// the log is refused.
func TestEveryFlippedBitOfAFirstHeader(t *testing.T) {
	log := oldFrames(3)
	for bit := range 8 * wire.HeaderSize {
		c := newCrashFs()
		bad := slices.Clone(log)
		bad[bit/8] ^= 1 << (bit % 8)
		c.put(base+".log", bad)
		before := c.tree()
		m := &recorder{}
		j, rec, err := journal.Open(c, base, m, crashOptions(journal.Sync, 8))
		if err == nil {
			if !slices.Equal(m.got, []int64{0, 1, 2}) {
				t.Errorf("bit %d: got %v, %+v", bit, m.got, rec)
			}
			must(t, j.Close())
			continue
		}
		if c.tree() != before {
			t.Errorf("bit %d: files changed although Open refused", bit)
		}
	}
}

// Half a rename leaves a log of the original under two names: that is one log, and
// no archive beside a log that another program began.
func TestOldLogUnderTwoNames(t *testing.T) {
	c := newCrashFs()
	c.put(base+".log", oldFrames(2))
	c.put(base+".2027.01.15T08.00.00Z-00000000-00000000.log", oldFrames(2))
	m := &recorder{}
	j, _, err := journal.Open(c, base, m, crashOptions(journal.Sync, 8))
	must(t, err)
	mustAppend(t, j, number(2))
	must(t, j.Close())
	wantRecovered(t, c, []int64{0, 1, 2})
}

// The first log beside a snapshot that stood alone names it before it has its own name:
// without the snapshot, what is left is no interrupted creation.
func TestFirstLogMissesItsSnapshot(t *testing.T) {
	c := newCrashFs()
	snapshot := wire.Encode(wire.Int(7))
	c.put(base+".qdb", append(wire.AppendHeader(nil, wire.Header{Type: wire.TypeSnapshot, Size: int64(len(snapshot))}), snapshot...))
	c.fail = func(_ int, kind, _ string) error {
		if kind == "rename" {
			c.dead = errPower
		}
		return nil
	}
	if _, _, err := journal.Open(c, base, nothing{}, crashOptions(journal.Sync, 7)); !errors.Is(err, errPower) {
		t.Fatalf("got %v, want the power off before the log has its name", err)
	}
	c = c.processCrash()
	whole, lost := c.clone(), c
	delete(lost.names, base+".qdb")
	before := lost.tree()
	_, _, err := journal.Open(lost, base, nothing{}, crashOptions(journal.Sync, 8))
	if corrupt, ok := errors.AsType[*journal.CorruptError](err); !ok || corrupt.Path != base+".qdb" || lost.tree() != before {
		t.Errorf("got %v, want a refusal that names the snapshot, and nothing changed", err)
	}
	j, rec, err := journal.Open(whole, base, nothing{}, crashOptions(journal.Sync, 8))
	must(t, err)
	if !rec.Snapshot {
		t.Errorf("got %+v, want the snapshot", rec)
	}
	must(t, j.Close())
}

// What the original leaves after a snapshot is no interrupted creation of ours: an
// empty log, its snapshot, and maybe its archive.
func TestEmptyLogOfTheOriginal(t *testing.T) {
	m := &recorder{got: []int64{1, 2, 3}}
	payload, err := m.Snapshot()
	must(t, err)
	qdb := append(wire.AppendHeader(nil, wire.Header{Size: int64(len(payload))}), payload...)
	for _, archive := range []bool{false, true} {
		c := newCrashFs()
		c.put(base+".log", nil)
		c.put(base+".qdb", qdb)
		if archive {
			c.put(base+".2026.11.23T02.49.57Z.log", oldFrames(3))
		}
		wantRecovered(t, c, m.got)
	}
}

// Who accepts the loss gets what is left: the snapshot without the log that followed
// it.
func TestRepairAcceptsTheLossOfALog(t *testing.T) {
	for name, damage := range map[string]func(c *crashFs){
		"zeroed": func(c *crashFs) { clear(c.names[base+".log"].data) },
		"cut":    func(c *crashFs) { c.put(base+".log", nil) },
		"gone":   func(c *crashFs) { delete(c.names, base+".log") },
		"rotten": func(c *crashFs) { c.names[base+".log"].data[100] ^= 1 },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCrashFs()
			prunedJournal(t, c)
			damage(c)
			rep, err := journal.Repair(c, base, journal.RepairOptions{AcceptLoss: true})
			if err != nil || !rep.Removed {
				t.Fatalf("got %+v, %v", rep, err)
			}
			wantRecovered(t, c, []int64{1})
		})
	}
}

// A base that does not exist is none that opens as it is, and nothing is made.
func TestRepairOfNothing(t *testing.T) {
	fsys := newFs(t)
	if rep, err := journal.Repair(fsys, base, journal.RepairOptions{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %+v, %v", rep, err)
	}
	if names, _ := afero.ReadDir(fsys, "/data"); len(names) > 0 {
		t.Errorf("it made %v", names)
	}
}

// A snapshot of this package beside a log without markers: the log that said which
// entries it covers had a name that nothing had made durable. Replaying the older log
// on it would make a state that never was.
func TestOldLogMissesTheLogOfItsSnapshot(t *testing.T) {
	snapshot := wire.Encode(wire.Int(7))
	for kind, wantOpen := range map[uint8]bool{wire.TypeSnapshot: true, wire.TypeOwnSnapshot: false} {
		c := newCrashFs()
		c.put(base+".log", oldFrames(3))
		c.put(base+".qdb", append(wire.AppendHeader(nil, wire.Header{Type: kind, Size: int64(len(snapshot))}), snapshot...))
		before := c.tree()
		j, _, err := journal.Open(c, base, nothing{}, crashOptions(journal.Sync, 8))
		if wantOpen {
			must(t, err)
			must(t, j.Close())
			continue
		}
		_, repairErr := journal.Repair(c, base, journal.RepairOptions{AcceptLoss: true, Machine: nothing{}})
		for _, err := range []error{err, repairErr} {
			if corrupt, ok := errors.AsType[*journal.CorruptError](err); !ok || corrupt.Path != base+".qdb" || c.tree() != before {
				t.Errorf("got %v, want a refusal that names the snapshot, and nothing changed", err)
			}
		}
	}
}
