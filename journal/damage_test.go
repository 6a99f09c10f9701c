package journal_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"powercut/journal"
	"powercut/journal/wire"
)

// put makes a file durable.
func (c *crashFs) put(name string, data []byte) {
	ino := &crashInode{data: data, medium: data}
	c.names[name], c.durable[name] = ino, ino
}

// closedJournal has an archive, a snapshot, an archive that it does not cover
// and an active log, all claimed by a clean shutdown.
func closedJournal(t *testing.T, c *crashFs) []int64 {
	t.Helper()
	m := &recorder{}
	j, _, err := journal.Open(c, base, m, crashOptions(journal.Sync, 7))
	must(t, err)
	for i, then := range []func() error{nil, nil, func() error { return j.Roll(bg) }, nil, func() error { return j.Snapshot(bg) }, nil, func() error { return j.Roll(bg) }, nil, nil} {
		mustAppend(t, j, number(int64(i)))
		if then != nil {
			must(t, then())
		}
	}
	must(t, j.Close())
	return m.got
}

// No flipped bit in any file serves wrong data: Open refuses, with everything
// left as it was, or recovers all, or all but what only the last, unclaimed
// marker vouched for.
func TestEveryFlippedBit(t *testing.T) {
	t.Run("closed", func(t *testing.T) {
		c := newCrashFs()
		flipEveryByte(t, c, closedJournal(t, c))
	})
	t.Run("in the middle of a roll", func(t *testing.T) {
		c := newCrashFs()
		closedJournal(t, c)
		delete(c.names, base+".log")
		m := &recorder{}
		j, _, err := journal.Open(c.clone(), base, m, crashOptions(journal.Sync, 8))
		must(t, err)
		must(t, j.Close())
		flipEveryByte(t, c, m.got)
	})
}

func flipEveryByte(t *testing.T, whole *crashFs, want []int64) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(1, 1))
	refused := map[string]int{}
	for _, name := range sortedKeys(whole.names) {
		data := whole.names[name].data
		for at := range data {
			c := whole.clone()
			bad := slices.Clone(data)
			bad[at] ^= 1 << rnd.IntN(8)
			c.put(name, bad)
			before := c.tree()
			m := &recorder{}
			j, rec, err := journal.Open(c, base, m, crashOptions(journal.Sync, 8))
			if err == nil {
				if !slices.Equal(m.got, want) {
					t.Errorf("%s, byte %d: got %v, want %v (%+v)", name, at, m.got, want, rec)
				}
				must(t, j.Close())
				continue
			}
			refused[name]++
			_, corrupt := errors.AsType[*journal.CorruptError](err)
			_, version := errors.AsType[*journal.VersionError](err)
			if !corrupt && !version {
				t.Errorf("%s, byte %d: got %v, want a CorruptError", name, at, err)
			}
			if c.tree() != before {
				t.Errorf("%s, byte %d: files changed although Open refused", name, at)
			}
		}
	}
	for _, name := range sortedKeys(whole.names) {
		// The first archive is covered by the snapshot, and not looked at.
		covered := strings.Contains(name, "-00000001-") || strings.Contains(name, "-00000002-")
		if refused[name] == 0 != covered {
			t.Errorf("%s: refused %d times in %d, covered by the snapshot: %v", name, refused[name], len(whole.names[name].data), covered)
		}
	}
}

// A log that holds nothing but its genesis never turns into a log of the
// original with an entry in it, whichever bit of it rots.
func TestEveryFlippedBitOfAGenesis(t *testing.T) {
	whole := newCrashFs()
	j, _, err := journal.Open(whole, base, &recorder{}, crashOptions(journal.Sync, 7))
	must(t, err)
	must(t, j.Close())
	data := whole.names[base+".log"].data
	for at := range data {
		for bit := range 8 {
			c := whole.clone()
			bad := slices.Clone(data)
			bad[at] ^= 1 << bit
			c.put(base+".log", bad)
			j, rec, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 8))
			if err != nil {
				continue // refused
			}
			if rec.LastLSN != 0 || rec.Entries != 0 {
				t.Errorf("byte %d, bit %d: %d entries came out of nothing (%+v)", at, bit, rec.Entries, rec)
			}
			must(t, j.Close())
		}
	}
}

// A batch that landed on the genesis does not turn the log into one of the
// original: its commit marker gives it away.
func TestBatchOnTheGenesis(t *testing.T) {
	c := newCrashFs()
	j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 7))
	must(t, err)
	mustAppend(t, j, number(1))
	must(t, j.Close())
	data := c.names[base+".log"].data
	c.put(base+".log", data[wire.GenesisSize:])
	before := c.tree()
	_, _, err = journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 8))
	if _, ok := errors.AsType[*journal.CorruptError](err); !ok {
		t.Errorf("got %v, want a CorruptError", err)
	}
	if c.tree() != before {
		t.Error("files changed although Open refused")
	}
}

// Every file that is missing is missed, if something needs it.
func TestMissingFiles(t *testing.T) {
	whole := newCrashFs()
	want := closedJournal(t, whole)
	for _, name := range sortedKeys(whole.names) {
		c := whole.clone()
		delete(c.names, name)
		m := &recorder{}
		_, _, err := journal.Open(c, base, m, crashOptions(journal.Sync, 8))
		switch {
		case strings.Contains(name, "-00000001-"), strings.Contains(name, "-00000002-"):
			if err != nil || !slices.Equal(m.got, want) {
				t.Errorf("without %s, which the snapshot covers: got %v, %v", name, m.got, err)
			}
		case name == base+".log":
			// In the middle of a roll there is none: nothing tells the difference.
		default:
			if _, ok := errors.AsType[*journal.CorruptError](err); !ok {
				t.Errorf("without %s: got %v, want a CorruptError", name, err)
			}
		}
	}
}

// A torn tail is kept aside before it is cut off, once, wherever recovery is
// interrupted.
func TestTailIsKept(t *testing.T) {
	whole := newCrashFs()
	j, _, err := journal.Open(whole, base, &recorder{}, crashOptions(journal.Sync, 7))
	must(t, err)
	mustAppend(t, j, number(1))
	must(t, j.Close())
	good := whole.names[base+".log"].data
	tail := []byte(strings.Repeat("what a torn write left ", 100))
	whole.put(base+".log", slices.Concat(good, tail))
	for at := 1; ; at++ {
		rnd := rand.New(rand.NewPCG(3, uint64(at)))
		done := false
		for range 6 {
			c := whole.clone()
			c.fail = func(op int, _, _ string) error {
				if op >= at {
					c.dead = errPower
				}
				return c.dead
			}
			_, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 8))
			done = err == nil
			c = c.powerCut(rnd)
			m := &recorder{}
			j, rec, err := journal.Open(c, base, m, crashOptions(journal.Sync, 9))
			must(t, err)
			if !done && rec.TailBytes == 0 && len(c.names) == 1 {
				t.Fatalf("cut at operation %d: the tail is gone", at)
			}
			if got := string(c.names[base+".log"].data); got != string(good) {
				t.Fatalf("cut at operation %d: the log has %d bytes after Open, want %d", at, len(got), len(good))
			}
			kept := 0
			for name, ino := range c.names {
				if strings.Contains(name, ".log.tail-") {
					kept++
					if string(ino.data) != string(tail) {
						t.Fatalf("cut at operation %d: %s has %d bytes, want the tail's %d", at, name, len(ino.data), len(tail))
					}
				}
			}
			if kept != 1 {
				t.Fatalf("cut at operation %d: the tail was kept %d times, want once", at, kept)
			}
			must(t, j.Close())
		}
		if done {
			break
		}
	}
}

func TestZeroTailIsOnlyReported(t *testing.T) {
	c := newCrashFs()
	j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 7))
	must(t, err)
	mustAppend(t, j, number(1))
	must(t, j.Close())
	c.put(base+".log", slices.Concat(c.names[base+".log"].data, make([]byte, 4096)))
	j, rec, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 8))
	must(t, err)
	if rec.TailBytes != 4096 || rec.TailKept != "" || len(c.names) != 1 {
		t.Errorf("got %+v and %d files, want 4096 bytes reported and 1 file", rec, len(c.names))
	}
	must(t, j.Close())
}

// The original does not sync its snapshot: what Open reported of it must be
// durable all the same.
func TestSnapshotOfTheOriginalIsSynced(t *testing.T) {
	m := &recorder{got: []int64{1, 2, 3}}
	payload, err := m.Snapshot()
	must(t, err)
	qdb := append(wire.AppendHeader(nil, wire.Header{Size: int64(len(payload))}), payload...)
	c := newCrashFs()
	ino := &crashInode{data: qdb, versions: [][]byte{qdb}}
	c.names[base+".qdb"], c.durable[base+".qdb"] = ino, ino
	_, _, err = journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 1))
	must(t, err)
	never := func() bool { return false }
	c = c.cut(fate{never, never, func(int) int { return 0 }, never})
	_, _, err = journal.Open(c, base, m, crashOptions(journal.Sync, 1))
	must(t, err)
	if !slices.Equal(m.got, []int64{1, 2, 3}) {
		t.Errorf("got %v, want [1 2 3]", m.got)
	}
}

// Where there is no active log, as in the middle of a roll, an archive whose
// genesis is damaged may be the newest log: nothing older is taken for it.
func TestDamagedGenesisWithoutLog(t *testing.T) {
	for _, tt := range []struct {
		name    string
		damage  string // the generation whose genesis is damaged
		alone   bool   // there is no other archive
		refused bool
	}{
		{"the newest", "-00000003-", false, true},
		{"one before", "-00000001-", false, false},
		{"the only one", "-00000003-", true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCrashFs()
			closedJournal(t, c)
			delete(c.names, base+".log")
			damaged := ""
			for _, name := range sortedKeys(c.names) {
				switch {
				case strings.Contains(name, tt.damage):
					c.names[name].data[60] ^= 1
					damaged = name
				case tt.alone && strings.Contains(name, "-0000000"):
					delete(c.names, name)
				}
			}
			before := c.tree()
			j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 8))
			if !tt.refused {
				must(t, err)
				must(t, j.Close())
				return
			}
			if corrupt, ok := errors.AsType[*journal.CorruptError](err); !ok || corrupt.Path != damaged {
				t.Errorf("got %v, want a CorruptError of %s", err, damaged)
			}
			if c.tree() != before {
				t.Error("files changed although Open refused")
			}
		})
	}
}

// An archive whose genesis is damaged, and whose entries the snapshot covers, is no
// gap: the journal opens, whoever reads it is told, and Prune removes it.
func TestReadOfADamagedGenesis(t *testing.T) {
	c := newCrashFs()
	archives := rolledTwice(t, c)
	j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 8))
	must(t, err)
	must(t, j.Snapshot(bg))
	must(t, j.Close())
	bad := slices.Clone(c.names[archives[1]].data)
	bad[20] ^= 1
	c.put(archives[1], bad)
	j, _, err = journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 9))
	must(t, err)
	for from, want := range map[uint64]string{1: archives[1], 2: archives[1], 3: ""} {
		var got *journal.CorruptError
		for _, err := range j.Read(from) {
			got, _ = errors.AsType[*journal.CorruptError](err)
		}
		if got == nil && want != "" || got != nil && got.Path != want {
			t.Errorf("reading from LSN %d: got %v, want an error of %q", from, got, want)
		}
	}
	must(t, j.Prune(bg))
	if _, there := c.names[archives[1]]; there {
		t.Errorf("Prune left %s", archives[1])
	}
	must(t, j.Close())
	wantRecovered(t, c, []int64{0, 1, 2})
}
