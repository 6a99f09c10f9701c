package journal_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"

	"powercut/journal"
)

// openFull opens what is on a full disk: it must open, give back what was
// promised, and leave in place, or keep, all that it cuts off.
func openFull(c *crashFs, s *story, atLeast int, mode journal.Mode, seed uint64) (*journal.Journal, *recorder, journal.Recovery, error) {
	c.full = true
	before := c.clone()
	m := &recorder{}
	j, rec, err := journal.Open(c, base, m, crashOptions(mode, seed))
	if err != nil {
		return nil, m, rec, fmt.Errorf("open on a full disk: %w", err)
	}
	if err := s.judge(m.got, atLeast); err != nil {
		return nil, m, rec, err
	}
	if rec.TailInPlace {
		if !slices.Equal(tailBytes(c, base+".log", rec), tailBytes(before, base+".log", rec)) {
			return nil, m, rec, errors.New("the tail that was to stay in place is another")
		}
	}
	return j, m, rec, nil
}

// tailBytes are those of the tail that a recovery reports.
func tailBytes(c *crashFs, name string, rec journal.Recovery) []byte {
	data := c.names[name].data
	return data[min(rec.TailOffset, int64(len(data))):min(rec.TailOffset+rec.TailBytes, int64(len(data)))]
}

// checkFull opens a crash image on a full disk, with crashes at operations of that
// first, goes on without space, and then with it.
func checkFull(c *crashFs, s *story, atLeast int, mode journal.Mode, rnd *rand.Rand) (rec journal.Recovery, err error) {
	for rnd.IntN(2) == 0 {
		c.full = true
		if c, atLeast, err = crashInOpen(c, s, atLeast, mode, rnd); err != nil {
			return rec, fmt.Errorf("on a full disk: %w", err)
		}
	}
	c.fail, c.op = nil, 0
	j, m, rec, err := openFull(c, s, atLeast, mode, rnd.Uint64())
	if err != nil {
		return rec, err
	}
	if err := checkWithoutSpace(j, rec); err != nil {
		return rec, err
	}
	// What was recovered is durable, and a second recovery finds the same.
	again := c.clone().powerCut(rnd)
	j2, m2, _, err := openFull(again, &story{issued: m.got}, len(m.got), mode, rnd.Uint64())
	if err != nil {
		return rec, fmt.Errorf("after a power cut: %w", err)
	}
	if !slices.Equal(m.got, m2.got) {
		return rec, fmt.Errorf("a second recovery: got %v, want %v", m2.got, m.got)
	}
	_ = j2.Close()
	c.full = false
	return rec, checkSpaceAgain(c, j, rec, m.got, mode, rnd)
}

// checkWithoutSpace goes on with a journal that was opened on a full disk.
func checkWithoutSpace(j *journal.Journal, rec journal.Recovery) error {
	if rec.RollPending {
		if err := j.Sync(bg); err != nil {
			return fmt.Errorf("sync where nothing is to be written: %w", err)
		}
	}
	if _, err := j.Append(bg, number(500)); !errors.Is(err, journal.ErrRefused) || !errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("append on a full disk: got %v, want a refusal", err)
	}
	if got := j.Stats().TailBytes; (got > 0) != rec.TailInPlace {
		return fmt.Errorf("stats say that %d bytes of a tail are in the log, recovery %+v", got, rec)
	}
	return nil
}

// checkSpaceAgain goes on with a journal that was opened on a full disk with some
// entries, now that there is space.
func checkSpaceAgain(c *crashFs, j *journal.Journal, rec journal.Recovery, entries []int64, mode journal.Mode, rnd *rand.Rand) error {
	want := append(slices.Clone(entries), 501, 502)
	for _, i := range []int64{501, 502} {
		if _, err := j.Append(bg, number(i)); err != nil {
			return fmt.Errorf("append with space again: %w", err)
		}
	}
	st := j.Stats()
	switch {
	case st.TailBytes > 0, st.TailKept != "" && c.names[st.TailKept] == nil:
		return fmt.Errorf("stats after the tail is gone: %+v", st)
	case st.TailKept == "" && rec.TailInPlace && rec.TailKept == "":
		return fmt.Errorf("a tail of %d bytes was kept nowhere", rec.TailBytes)
	}
	if err := j.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	m := &recorder{}
	j, rec, err := journal.Open(c.powerCut(rnd), base, m, crashOptions(mode, rnd.Uint64()))
	if err != nil {
		return fmt.Errorf("open once there was space: %w", err)
	}
	if !slices.Equal(m.got, want) || rec.TailBytes > 0 {
		return fmt.Errorf("once there was space: got %v, want %v: %+v", m.got, want, rec)
	}
	return j.Close()
}

// Whatever a crash left opens on a full disk as well, if there was a log: with its
// tail in place, with a half-done roll completed or left for later.
func TestOpenOnAFullDisk(t *testing.T) {
	tails, pending := 0, 0
	for seed := range seeds(t, 16) {
		mode := journal.Mode(seed % 2)
		var old []byte
		if seed%5 == 4 {
			old = oldLog()
		}
		for at := 1; ; at++ {
			rnd := rand.New(rand.NewPCG(seed, uint64(at)))
			c := newCrashFs()
			c.fail = func(op int, _, _ string) error {
				if op >= at {
					c.dead = errPower
				}
				return c.dead
			}
			s := work(c, mode, seed, old)
			if c.dead == nil {
				break
			}
			if len(s.issued) == 0 {
				continue // there may be no log yet, and none can be made
			}
			check := func(how string, c *crashFs, atLeast int) {
				rec, err := checkFull(c, s, atLeast, mode, rnd)
				if rec.TailInPlace {
					tails++
				}
				if rec.RollPending {
					pending++
				}
				if err != nil {
					t.Fatalf("seed %d, %v, %s at operation %d: %v\n%s", seed, mode, how, at, err, strings.Join(s.lines, "\n"))
				}
			}
			for range 2 {
				check("power cut", c.clone().powerCut(rnd), s.durable)
			}
			check("process crash", c.clone().processCrash(), s.acked)
		}
	}
	t.Logf("%d tails stayed in place, %d rolls were pending", tails, pending)
	if tails == 0 || pending == 0 {
		t.Errorf("%d tails stayed in place, %d rolls were pending: this proves nothing", tails, pending)
	}
}

// While a roll waits for space, Prune removes what it may, and leaves the newest
// archive: that alone says which entries the snapshot covers.
func TestPruneWhileARollWaits(t *testing.T) {
	c := newCrashFs()
	j, _, err := journal.Open(c, base, &recorder{}, crashOptions(journal.Sync, 1))
	must(t, err)
	mustAppend(t, j, number(1))
	must(t, j.Snapshot(bg))
	must(t, j.Roll(bg))
	must(t, j.Close())
	delete(c.names, base+".log") // as if the roll had come no further than to its first rename
	c.durable, c.pending = c.names, nil
	c.full = true
	m := &recorder{}
	j, rec, err := journal.Open(c, base, m, crashOptions(journal.Sync, 2))
	must(t, err)
	if !rec.RollPending || !slices.Equal(m.got, []int64{1}) {
		t.Fatalf("got %v, %+v", m.got, rec)
	}
	must(t, j.Prune(bg))
	if names := sortedKeys(c.names); len(names) != 2 {
		t.Errorf("left are %v, want the snapshot and the newest archive", names)
	}
	wantRecovered(t, c.processCrash(), []int64{1})
	c.full = false
	if lsn, err := j.Append(bg, number(2)); err != nil || lsn != 2 {
		t.Errorf("got LSN %d, want 2: %v", lsn, err)
	}
	must(t, j.Close())
	wantRecovered(t, c.processCrash(), []int64{1, 2})
}
