package journal_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"powercut/journal"
)

// moved renames a file, durably, as only a disk that lied or an owner does.
func (c *crashFs) moved(from, to string) {
	c.put(to, c.names[from].data)
	delete(c.names, from)
	delete(c.durable, from)
}

// newest returns the name of the newest archive.
func (c *crashFs) newest(t *testing.T) string {
	t.Helper()
	names := sortedKeys(c.names)
	names = slices.DeleteFunc(names, func(name string) bool { return !strings.Contains(name, "-0000000") })
	if len(names) == 0 {
		t.Fatal("no archive")
	}
	return names[len(names)-1]
}

// A log that was in use is recovered under its first name, whatever else the disk
// lost, and nothing is taken for proven that it does not prove.
func TestLogWithoutItsName(t *testing.T) {
	const log, tmp, snapshot = base + ".log", base + ".log.tmp", base + ".qdb"
	first := func(t *testing.T, c *crashFs) []int64 { // one log, with a snapshot before its roll
		m := &recorder{}
		j, _, err := journal.Open(c, base, m, crashOptions(journal.Sync, 7))
		must(t, err)
		mustAppend(t, j, number(1), number(2))
		c.fail = func(_ int, kind, path string) error {
			if kind == "open" && path == tmp {
				return errors.New("no roll")
			}
			return nil
		}
		if err := j.Snapshot(bg); err == nil {
			t.Fatal("the roll behind the snapshot succeeded")
		}
		c.fail = nil
		must(t, j.Close())
		return m.got
	}
	for _, tt := range []struct {
		name    string
		make    func(*testing.T, *crashFs) []int64
		change  func(*testing.T, *crashFs)
		corrupt string // the path of the refusal
	}{
		{"the first log", first, func(*testing.T, *crashFs) {}, ""},
		{"beside a damaged snapshot", first, func(_ *testing.T, c *crashFs) {
			c.names[snapshot].data[20] ^= 1
		}, snapshot},
		{"behind archives", closedJournal, func(*testing.T, *crashFs) {}, ""},
		{"beside an empty log", closedJournal, func(_ *testing.T, c *crashFs) { c.put(log, nil) }, ""},
		{"with a tail", closedJournal, func(_ *testing.T, c *crashFs) {
			c.put(tmp, append(slices.Clone(c.names[tmp].data), "torn"...))
		}, ""},
		{"damaged", closedJournal, func(_ *testing.T, c *crashFs) { c.names[tmp].data[300] ^= 1 }, tmp},
		{"its archive gone", closedJournal, func(t *testing.T, c *crashFs) {
			delete(c.names, c.newest(t))
		}, base + ".2027.01.15T08.00.00Z-00000003-"},
		{"the log before has its name", closedJournal, func(t *testing.T, c *crashFs) {
			c.moved(c.newest(t), log)
		}, tmp},
		{"the log before has two names", closedJournal, func(t *testing.T, c *crashFs) {
			c.put(log, c.names[c.newest(t)].data)
		}, tmp},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCrashFs()
			want := tt.make(t, c)
			c.moved(log, tmp)
			tt.change(t, c)
			before := c.tree()
			m := &recorder{}
			j, rec, err := journal.Open(c, base, m, crashOptions(journal.Sync, 8))
			if tt.corrupt != "" {
				if corrupt, ok := errors.AsType[*journal.CorruptError](err); !ok || !strings.HasPrefix(corrupt.Path, tt.corrupt) {
					t.Errorf("got %v, want a CorruptError of %s", err, tt.corrupt)
				}
				if c.tree() != before {
					t.Error("files changed although Open refused")
				}
				return
			}
			must(t, err)
			if !slices.Equal(m.got, want) || c.names[log] == nil || c.names[tmp] != nil {
				t.Errorf("got %v, want %v, in\n%s", m.got, want, c.tree())
			}
			if !slices.Contains(rec.Repaired, "named "+tmp+" "+log+" again: the disk had lost the rename") {
				t.Errorf("got %q", rec.Repaired)
			}
			mustAppend(t, j, number(99))
			must(t, j.Close())
			m = &recorder{}
			j, rec, err = journal.Open(c, base, m, crashOptions(journal.Sync, 9))
			must(t, err)
			if !slices.Equal(m.got, append(want, 99)) || len(rec.Repaired) > 0 || rec.TailReason != nil {
				t.Errorf("opened again: got %v, %+v", m.got, rec)
			}
			must(t, j.Close())
		})
	}
}

// Who does what the refusal says gets everything back.
func TestGiveLogItsName(t *testing.T) {
	const log, tmp = base + ".log", base + ".log.tmp"
	c := newCrashFs()
	want := closedJournal(t, c)
	archive := c.newest(t)
	c.moved(log, tmp)
	c.moved(archive, log)
	_, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 8))
	if err == nil || !strings.Contains(err.Error(), "rename that to "+archive+" and open again") {
		t.Fatalf("got %v, want it to name %s", err, archive)
	}
	c.moved(log, archive)
	wantRecovered(t, c, want)
}

// A crash within the recovery of a log without its name changes nothing.
func TestCrashWhileNaming(t *testing.T) {
	whole := newCrashFs()
	want := closedJournal(t, whole)
	whole.moved(base+".log", base+".log.tmp")
	rnd := seededRand(t)
	for op, done := 1, false; !done && !t.Failed(); op++ {
		c := whole.clone()
		dead := errors.New("dead")
		c.fail = func(at int, _, _ string) error {
			if at == op {
				c.dead = dead
			}
			return c.dead
		}
		j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 8))
		if err == nil {
			done = j.Close() == nil
		}
		for range 4 {
			wantRecovered(t, c.powerCut(rnd), want)
		}
	}
}

// Damage to it is repaired as it would be under its own name.
func TestRepairLogWithoutItsName(t *testing.T) {
	const log, tmp = base + ".log", base + ".log.tmp"
	c := newCrashFs()
	want := closedJournal(t, c)
	c.moved(log, tmp)
	data := c.names[tmp].data
	second := 388 + (len(data)-388-114)/2 // genesis, a commit, two entries of one size, and the claim of Close
	data[second+20] ^= 1
	rep, err := journal.Repair(c, base, journal.RepairOptions{AcceptLoss: true})
	must(t, err)
	if rep.Path != tmp || rep.ValidBytes != int64(second) || rep.LostLSN != uint64(len(want)) || rep.LastLSN != uint64(len(want)-1) {
		t.Errorf("got %+v", rep)
	}
	wantRecovered(t, c, want[:len(want)-1])
}
