package journal_test

import (
	"bytes"
	"errors"
	"slices"
	"syscall"
	"testing"

	"powercut/journal"
	"powercut/journal/wire"
)

// appendWhileOpen appends to the log as another program does that locks nothing, and
// returns what it appended.
func appendWhileOpen(c *crashFs) []byte {
	payload := number(7).Payload
	entry := append(wire.AppendHeader(nil, wire.Header{Type: wire.TypeEntry, Size: int64(len(payload))}), payload...)
	ino := c.names[base+".log"]
	ino.data = slices.Concat(ino.data, entry, entry)
	return slices.Concat(entry, entry)
}

// What another program appended to a log that is open, behind its room or behind what a
// failed write left, is kept aside before it is cut off, and Stats tells where.
func TestWhatOthersAppendIsKept(t *testing.T) {
	const log = base + ".log"
	appended := func(t *testing.T, c *crashFs, j *journal.Journal) []byte {
		mustAppend(t, j, number(1))
		return appendWhileOpen(c)
	}
	for _, tt := range []struct {
		name string
		room int
		cut  func(t *testing.T, c *crashFs, j *journal.Journal) []byte
	}{
		{"roll", 1000, func(t *testing.T, c *crashFs, j *journal.Journal) []byte {
			other := appended(t, c, j)
			must(t, j.Roll(bg))
			return other
		}},
		{"snapshot", 1000, func(t *testing.T, c *crashFs, j *journal.Journal) []byte {
			other := appended(t, c, j)
			must(t, j.Snapshot(bg))
			return other
		}},
		{"close", 1000, func(t *testing.T, c *crashFs, j *journal.Journal) []byte { return appended(t, c, j) }},
		{"past the room", 200, func(t *testing.T, c *crashFs, j *journal.Journal) []byte {
			appended(t, c, j)
			for range 3 {
				appendWhileOpen(c)
			}
			other := appendWhileOpen(c)
			mustAppend(t, j, number(2))
			mustAppend(t, j, number(3)) // ends behind the room, and before what was appended last
			return other
		}},
		{"failed write", 0, func(t *testing.T, c *crashFs, j *journal.Journal) []byte {
			mustAppend(t, j, number(1))
			var other []byte
			c.fail = func(_ int, kind, path string) error {
				if kind == "write" && path == log && other == nil {
					// It comes between that write and what undoes it.
					ino := c.names[log]
					ino.data = append(slices.Clone(ino.data), make([]byte, 1000)...)
					other = appendWhileOpen(c)
					return syscall.ENOSPC
				}
				return nil
			}
			if _, err := j.Append(bg, number(2)); !errors.Is(err, journal.ErrRefused) {
				t.Fatalf("got %v, want it refused", err)
			}
			c.fail = nil
			mustAppend(t, j, number(3))
			return other
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCrashFs()
			m := &recorder{}
			opts := crashOptions(journal.Sync, 7)
			opts.RoomBytes = tt.room
			j, _, err := journal.Open(c, base, m, opts)
			must(t, err)
			other := tt.cut(t, c, j)
			must(t, j.Close())
			kept := j.Stats().TailKept
			if kept == "" || !bytes.Contains(c.names[kept].data, other) {
				t.Errorf("what another program appended is not kept as %q; files:\n%s", kept, c.tree())
			}
			wantRecovered(t, c, m.got)
		})
	}
}

// A tail that stays in place for lack of space is kept together with what another program
// appends behind it.
func TestTailInPlaceIsKeptToTheEnd(t *testing.T) {
	c := newCrashFs()
	closedJournal(t, c)
	c.put(base+".log", append(c.names[base+".log"].data, "torn"...))
	c.full = true
	j, rec, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 8))
	must(t, err)
	if !rec.TailInPlace {
		t.Fatalf("got %+v, want a tail that stays in place", rec)
	}
	other := appendWhileOpen(c)
	c.full = false
	mustAppend(t, j, number(9))
	if kept := j.Stats().TailKept; kept == "" || !bytes.Equal(c.names[kept].data, append([]byte("torn"), other...)) {
		t.Errorf("the tail is not kept to its end as %q", kept)
	}
	must(t, j.Close())
}

// Where the directory can't be opened, what was copied aside is not known to be durable:
// nothing is cut off yet, and it is tried again, as no fsync failed.
func TestKeepingWaitsForTheDirectory(t *testing.T) {
	for _, name := range []string{"roll", "snapshot", "close", "tail in place"} {
		t.Run(name, func(t *testing.T) {
			c := newCrashFs()
			m := &recorder{}
			opts := crashOptions(journal.Sync, 7)
			opts.RoomBytes = 1000
			if name == "tail in place" {
				closedJournal(t, c)
				c.put(base+".log", append(c.names[base+".log"].data, "torn"...))
				c.full = true
			}
			j, _, err := journal.Open(c, base, m, opts)
			must(t, err)
			c.full = false
			act := map[string]func() error{
				"roll":     func() error { return j.Roll(bg) },
				"snapshot": func() error { return j.Snapshot(bg) },
				"close":    j.Close,
				"tail in place": func() error {
					_, err := j.Append(bg, number(3))
					return err
				},
			}[name]
			if name != "tail in place" {
				mustAppend(t, j, number(1))
			}
			other := appendWhileOpen(c)
			c.fail = func(_ int, kind, path string) error {
				if kind == "open" && path == crashDir {
					return syscall.EMFILE
				}
				return nil
			}
			if err := act(); !errors.Is(err, syscall.EMFILE) || errors.Is(err, journal.ErrPoisoned) || j.Err() != nil && name != "close" {
				t.Fatalf("got %v, and then %v: want it refused for want of descriptors", err, j.Err())
			}
			if !bytes.HasSuffix(c.names[base+".log"].data, other) {
				t.Error("what another program appended is gone, and its copy is not durable")
			}
			c.fail = nil
			if name != "close" {
				must(t, act())
				must(t, j.Close())
			}
			wantRecovered(t, c, m.got)
		})
	}
}

// Repair that gives a snapshot up as a log's own makes it anew: a backup which linked it
// stays as it was.
func TestRepairLeavesBackups(t *testing.T) {
	c := newCrashFs()
	j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 7))
	must(t, err)
	mustAppend(t, j, number(1))
	must(t, j.Snapshot(bg))
	must(t, j.Prune(bg))
	must(t, j.Close())
	backup := c.names[base+".qdb"]
	before := slices.Clone(backup.data)
	rotten := slices.Clone(c.names[base+".log"].data)
	rotten[30] ^= 1
	c.put(base+".log", rotten)
	rep, err := journal.Repair(c, base, journal.RepairOptions{AcceptLoss: true})
	must(t, err)
	if !rep.Removed {
		t.Fatalf("got %+v, want the log removed", rep)
	}
	if !bytes.Equal(backup.data, before) {
		t.Error("the snapshot was changed in place, and so was what a backup had linked")
	}
	wantRecovered(t, c, []int64{1})
}

// What rotted of a marker behind another program's entries is no entry of that program.
func TestForeignEntriesAreCounted(t *testing.T) {
	c := newCrashFs()
	closedJournal(t, c)
	appendForeign(c, base+".log", 7, 8)
	log := c.names[base+".log"].data
	marker := wire.AppendMarker(nil, &wire.Marker{Kind: wire.Commit, Log: wire.LogID{1}, Offset: int64(len(log)), Entries: 2})
	marker[wire.MarkerPrefixSize-3] ^= 4
	c.put(base+".log", append(slices.Clone(log), marker...))
	_, _, err := journal.Open(c, base, &recorder{}, withoutAdopting(crashOptions(journal.Sync, 8)))
	if foreign, ok := errors.AsType[*journal.ForeignError](err); !ok || foreign.Entries != 2 {
		t.Errorf("got %v, want 2 entries of another program", err)
	}
}
