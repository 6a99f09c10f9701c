package journal_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"testing"

	"powercut/journal"
	"powercut/journal/wire"
)

// beginAt makes a journal that goes on from an LSN and a generation.
func beginAt(c *crashFs, lsn, generation uint64) {
	m := wire.Marker{Kind: wire.Genesis, Log: wire.LogID{1}, Generation: generation, LastLSN: lsn, DurableLSN: lsn, Sealed: true}
	snapshot := wire.Encode(wire.Int(0))
	file := append(wire.AppendHeader(nil, wire.Header{Type: wire.TypeOwnSnapshot, Size: int64(len(snapshot))}), snapshot...)
	m.Snapshot = wire.SnapshotRef{LSN: lsn, SizeBytes: int64(len(file)), Digest: sha256.Sum256(file)}
	c.put(base+".qdb", file)
	c.put(base+".log", wire.AppendMarker(nil, &m))
}

// LSNs and generations go on over what 31, 32 and 63 bits hold, in the log, in archives'
// names and in what comes back.
func TestCountersBeyondTheirHalves(t *testing.T) {
	for _, bits := range []int{16, 31, 32, 53, 63} {
		t.Run(fmt.Sprint(bits), func(t *testing.T) {
			from := uint64(1)<<bits - 3
			c := newCrashFs()
			beginAt(c, from, from)
			j, rec, err := journal.Open(c, base, nothing{}, crashOptions(journal.Sync, 7))
			must(t, err)
			if rec.LastLSN != from || rec.Generation != from {
				t.Fatalf("got %+v, want LSN and generation %d", rec, from)
			}
			for i := range uint64(8) {
				lsn, err := j.Append(bg, number(int64(i)))
				must(t, err)
				if lsn != from+i+1 {
					t.Fatalf("got LSN %d, want %d", lsn, from+i+1)
				}
				must(t, j.Roll(bg))
			}
			must(t, j.Close())
			j, rec, err = journal.Open(c, base, nothing{}, crashOptions(journal.Sync, 8))
			must(t, err)
			if rec.LastLSN != from+8 || rec.Generation != from+8 || rec.Entries != 8 || rec.SnapshotLSN != from {
				t.Errorf("got %+v, want 8 entries up to LSN and generation %d", rec, from+8)
			}
			next := from + 6
			for e, err := range j.Read(next) {
				must(t, err)
				if e.LSN != next {
					t.Errorf("Read gave LSN %d, want %d", e.LSN, next)
				}
				next++
			}
			must(t, j.Snapshot(bg))
			must(t, j.Prune(bg))
			must(t, j.Close())
		})
	}
}

// Behind the last LSN there is none, and behind the last generation no log: both are
// refused, and nothing that was there is lost.
func TestCountersThatEnd(t *testing.T) {
	t.Run("LSN", func(t *testing.T) {
		c := newCrashFs()
		beginAt(c, math.MaxUint64-2, 1)
		j, _, err := journal.Open(c, base, nothing{}, crashOptions(journal.Sync, 7))
		must(t, err)
		mustAppend(t, j, number(1))
		if lsn, err := j.Append(bg, number(2)); !errors.Is(err, journal.ErrRefused) || !errors.Is(err, journal.ErrTooLarge) {
			t.Errorf("got LSN %d, %v, want it refused as too large", lsn, err)
		}
		must(t, j.Close())
		j, rec, err := journal.Open(c, base, nothing{}, crashOptions(journal.Sync, 8))
		must(t, err)
		if rec.LastLSN != math.MaxUint64-1 || rec.Entries != 1 {
			t.Errorf("got %+v, want the last LSN there is", rec)
		}
		must(t, j.Close())
	})
	t.Run("generation", func(t *testing.T) {
		c := newCrashFs()
		beginAt(c, 5, math.MaxUint64)
		j, _, err := journal.Open(c, base, nothing{}, crashOptions(journal.Sync, 7))
		must(t, err)
		mustAppend(t, j, number(1))
		if err := j.Roll(bg); !errors.Is(err, journal.ErrRefused) || !errors.Is(err, journal.ErrTooLarge) {
			t.Errorf("got %v, want it refused as too large", err)
		}
		mustAppend(t, j, number(2))
		must(t, j.Close())
		j, rec, err := journal.Open(c, base, nothing{}, crashOptions(journal.Sync, 8))
		must(t, err)
		if rec.LastLSN != 7 || rec.Entries != 2 {
			t.Errorf("got %+v, want 2 entries up to LSN 7", rec)
		}
		must(t, j.Close())
	})
}
