package journal_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"powercut/journal"
)

// firstChange is the first write, truncation or rename of Open or Repair.
type firstChange struct {
	synced  bool   // the directory was, before it
	changed string // "" for none
}

// watch has the disk note the first change to it.
func watch(c *crashFs) *firstChange {
	first := &firstChange{}
	c.fail = func(_ int, kind, path string) error {
		switch {
		case first.changed != "":
		case kind == "syncdir":
			first.synced = true
		case kind == "write", kind == "truncate", kind == "rename":
			first.changed = kind + " " + path
		}
		return nil
	}
	return first
}

// diesAtNames calls what is to die when it would make names durable.
func diesAtNames(t *testing.T, c *crashFs, call func(context.Context) error) {
	t.Helper()
	c.fail = func(_ int, kind, _ string) error {
		if kind == "syncdir" {
			c.dead = errPower
		}
		return nil
	}
	if err := call(bg); !errors.Is(err, errPower) {
		t.Fatalf("got %v, want %v", err, errPower)
	}
}

// What a process that died had replaced or removed, and not durably, gives its blocks up:
// on some filesystems it comes back after a power cut with what was written to them
// since. So nothing is written before that is durable.
func TestNothingIsWrittenBeforeWhatIsGoneIsDurable(t *testing.T) {
	const log = base + ".log"
	open := func(c *crashFs) error {
		j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 8))
		if err == nil {
			c.fail = nil
			err = j.Close()
		}
		return err
	}
	repair := func(c *crashFs) error {
		rep, err := journal.Repair(c, base, journal.RepairOptions{AcceptLoss: true})
		if err == nil && rep.KeptAs == "" {
			return errors.New("nothing was kept")
		}
		return err
	}
	replaced := func(t *testing.T, j *journal.Journal, c *crashFs) {
		must(t, j.Snapshot(bg))
		mustAppend(t, j, number(2))
		diesAtNames(t, c, j.Snapshot)
	}
	pruned := func(t *testing.T, j *journal.Journal, c *crashFs) {
		must(t, j.Snapshot(bg))
		mustAppend(t, j, number(2))
		mustAppend(t, j, number(3))
		diesAtNames(t, c, j.Prune)
	}
	tail := func(c *crashFs) { c.put(log, append(slices.Clone(c.names[log].data), "torn"...)) }
	sealed := func(t *testing.T, j *journal.Journal, c *crashFs) {
		must(t, j.Snapshot(bg))
		mustAppend(t, j, number(2))
		must(t, j.Close())
		for _, name := range sortedKeys(c.names) { // a Prune of another process, that died
			if strings.HasSuffix(name, ".log") && name != log {
				must(t, c.Remove(name))
			}
		}
	}
	for _, tt := range []struct {
		name   string
		before func(t *testing.T, j *journal.Journal, c *crashFs)
		then   func(c *crashFs)
		call   func(c *crashFs) error
	}{
		{"recovery after Snapshot died", replaced, tail, open},
		{"recovery after Prune died", pruned, tail, open},
		{"entries of another program after Prune died", sealed, func(c *crashFs) { appendForeign(c, log, 7) }, open},
		{"Repair after Prune died", pruned, func(c *crashFs) {
			data := slices.Clone(c.names[log].data)
			data[bytes.Index(data, number(2).Payload)] ^= 1 // which entry 3 claims durable
			c.put(log, data)
		}, repair},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newCrashFs()
			j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 7))
			must(t, err)
			mustAppend(t, j, number(1))
			tt.before(t, j, c)
			c = c.processCrash()
			tt.then(c)
			if len(c.pending) == 0 {
				t.Fatal("nothing is pending: this proves nothing")
			}
			first := watch(c)
			must(t, tt.call(c))
			if first.changed == "" || !first.synced {
				t.Errorf("the directory was synced before the first change, %q: %v", first.changed, first.synced)
			}
		})
	}
}
