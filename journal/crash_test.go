package journal_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"powercut/journal"
	"powercut/journal/wire"
)

// recorder is a machine whose state is the list of what it was given.
type recorder struct{ got []int64 }

func (m *recorder) Apply(e journal.Entry) error {
	v, err := wire.Decode(e.Payload)
	if err != nil {
		return err
	}
	m.got = append(m.got, v.(wire.Scalar).Int())
	return nil
}

func (m *recorder) Snapshot() ([]byte, error) {
	return wire.Encode(wire.NewDict([]string{"got"}, []wire.Value{wire.Ints(m.got...)})), nil
}

func (m *recorder) Restore(payload []byte) (int, error) {
	v, err := wire.Decode(payload)
	if err != nil {
		return 0, err
	}
	list := v.(wire.Dict).Vals.(wire.List).Items[0].(wire.Vector)
	m.got = nil
	for i := range list.Len() {
		m.got = append(m.got, list.At(i).Int())
	}
	return 1, nil
}

func number(i int64) journal.Entry { return journal.Entry{Payload: wire.Encode(wire.Int(i))} }

// wantRecovered opens what is on a disk, compares what comes back, and closes.
func wantRecovered(t *testing.T, c *crashFs, want []int64) {
	t.Helper()
	m := &recorder{}
	j, rec, err := journal.Open(c, base, m, crashOptions(journal.Sync, 9))
	must(t, err)
	if !slices.Equal(m.got, want) {
		t.Errorf("got %v, want %v (%+v)", m.got, want, rec)
	}
	must(t, j.Close())
}

// story is what a client was told while it worked.
type story struct {
	issued  []int64 // not refused, in order
	acked   int     // how many of issued were acknowledged for certain
	durable int     // how many of issued must survive a power cut
	lines   []string
}

func (s *story) say(what string, err error) { s.lines = append(s.lines, fmt.Sprint(what, ": ", err)) }

func (s *story) did(i int64, mode journal.Mode, err error) {
	s.say(fmt.Sprint("append ", i), err)
	switch {
	case err == nil:
		s.issued = append(s.issued, i)
		s.acked = len(s.issued)
		if mode == journal.Sync {
			s.durable = s.acked
		}
	case errors.Is(err, journal.ErrRefused), errors.Is(err, journal.ErrPoisoned), errors.Is(err, journal.ErrClosed):
	default:
		s.issued = append(s.issued, i)
	}
}

// judge compares what came back with what the client was told.
func (s *story) judge(got []int64, atLeast int) error {
	if len(got) < atLeast || len(got) > len(s.issued) || !slices.Equal(got, s.issued[:len(got)]) {
		return fmt.Errorf("got %v, want a prefix of %v with at least %d\n%s", got, s.issued, atLeast, strings.Join(s.lines, "\n"))
	}
	return nil
}

func crashOptions(mode journal.Mode, seed uint64) journal.Options {
	now := time.Unix(1_800_000_000, 0)
	return journal.Options{Mode: mode, Now: func() time.Time { return now }, Entropy: &seededEntropy{rand.New(rand.NewPCG(seed, 1))}}
}

type seededEntropy struct{ *rand.Rand }

func (e *seededEntropy) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(e.Uint32())
	}
	return len(b), nil
}

var _ io.Reader = (*seededEntropy)(nil)

// work is a client that does a little of everything, and opens the journal
// again after it was poisoned.
func work(c *crashFs, mode journal.Mode, seed uint64, old []byte) *story {
	s := &story{}
	rnd := rand.New(rand.NewPCG(seed, 2))
	if old != nil {
		ino := &crashInode{data: old, medium: old}
		c.names[base+".log"], c.durable[base+".log"] = ino, ino
		s.issued, s.acked, s.durable = []int64{-1, -2}, 2, 2
	}
	m := &recorder{}
	j, _, err := journal.Open(c, base, m, crashOptions(mode, seed))
	s.say("open", err)
	if err != nil {
		return s
	}
	for i := range int64(14) {
		switch rnd.IntN(10) {
		case 0:
			err = j.Snapshot(bg)
			s.say("snapshot", err)
		case 1:
			err = j.Roll(bg)
			s.say("roll", err)
		case 2:
			upTo := len(s.issued)
			if err = j.Sync(bg); err == nil {
				s.durable = max(s.durable, upTo)
			}
			s.say("sync", err)
		case 3:
			err = j.Prune(bg)
			s.say("prune", err)
		case 4:
			upTo := len(s.issued)
			if err = j.Close(); err == nil {
				s.durable = max(s.durable, upTo)
			}
			s.say("close", err)
			if c.dead != nil {
				return s
			}
			m = &recorder{}
			var rec journal.Recovery
			j, rec, err = journal.Open(c, base, m, crashOptions(mode, seed+uint64(i)))
			s.say(fmt.Sprintf("open %+v", rec), err)
			if err != nil {
				return s
			}
			s.adopt(m.got)
		default:
			var lsn uint64
			lsn, err = j.Append(bg, number(i))
			if err == nil && lsn != uint64(len(s.issued)+1) {
				s.say(fmt.Sprintf("LSN %d", lsn), nil)
			}
			s.did(i, mode, err)
		}
		if c.dead != nil {
			return s
		}
		if j.Err() != nil {
			s.say("poisoned, close", j.Close())
			m = &recorder{}
			j, _, err = journal.Open(c, base, m, crashOptions(mode, seed+100+uint64(i)))
			s.say("open", err)
			if err != nil {
				return s
			}
			s.adopt(m.got)
		}
	}
	upTo := len(s.issued)
	if err := j.Close(); err == nil {
		s.durable = upTo
		s.say("close", err)
	}
	return s
}

// adopt takes what Open reported for acknowledged.
func (s *story) adopt(got []int64) {
	if err := s.judge(got, 0); err != nil {
		s.say("WRONG after reopen", err)
		return
	}
	s.issued = s.issued[:len(got)]
	s.acked, s.durable = len(got), len(got)
}

// checkRecovery recovers a disk, with crashes inside of the recovery first,
// and again, and appends to it.
func checkRecovery(c *crashFs, s *story, atLeast int, mode journal.Mode, rnd *rand.Rand) error {
	for depth := 0; depth < 2 && rnd.IntN(2) == 0; depth++ {
		stop := 1 + rnd.IntN(40)
		c.fail = func(op int, _, _ string) error {
			if op >= stop {
				c.dead = errPower
			}
			return c.dead
		}
		j, _, err := journal.Open(c, base, &recorder{}, crashOptions(mode, rnd.Uint64()))
		if err == nil {
			_ = j.Close()
		} else if !errors.Is(err, errPower) {
			return fmt.Errorf("open that is cut short: %w", err)
		}
		if rnd.IntN(3) == 0 {
			c = c.processCrash()
		} else {
			c = c.powerCut(rnd)
			if err != nil {
				atLeast = min(atLeast, s.durable)
			}
		}
	}
	c.fail, c.op = nil, 0
	m := &recorder{}
	j, rec, err := journal.Open(c, base, m, crashOptions(mode, rnd.Uint64()))
	if err != nil {
		return fmt.Errorf("open: %w\n%s", err, strings.Join(s.lines, "\n"))
	}
	if err := s.judge(m.got, atLeast); err != nil {
		return err
	}
	if len(m.got) > 0 && rec.LastLSN != uint64(len(m.got)) {
		return fmt.Errorf("last LSN: got %d, want %d: %+v\n%s\n%s", rec.LastLSN, len(m.got), rec, strings.Join(sortedKeys(c.names), " "), strings.Join(s.lines, "\n"))
	}
	// A power cut right after Open must keep what it reported.
	cut := c.clone().powerCut(rnd)
	before := c.tree()
	_ = j // abandoned: the process is killed
	c = c.processCrash()
	m2 := &recorder{}
	j, _, err = journal.Open(c, base, m2, crashOptions(mode, rnd.Uint64()))
	if err != nil {
		return fmt.Errorf("second open: %w", err)
	}
	if !slices.Equal(m2.got, m.got) || c.tree() != before {
		return fmt.Errorf("second recovery: got %v, want %v; same files: %v", m2.got, m.got, c.tree() == before)
	}
	for e, err := range j.Read(1) {
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		v, _ := wire.Decode(e.Payload)
		if e.LSN > uint64(len(m.got)) || m.got[e.LSN-1] != v.(wire.Scalar).Int() {
			return fmt.Errorf("read: LSN %d is %v", e.LSN, v)
		}
	}
	if _, err := j.Append(bg, number(1000)); err != nil {
		return fmt.Errorf("append after recovery: %w", err)
	}
	if err := j.Close(); err != nil {
		return fmt.Errorf("close after recovery: %w", err)
	}
	m3 := &recorder{}
	j, _, err = journal.Open(c.powerCut(rnd), base, m3, crashOptions(mode, rnd.Uint64()))
	if err != nil {
		return fmt.Errorf("third open: %w", err)
	}
	_ = j.Close()
	if !slices.Equal(m3.got, append(slices.Clone(m.got), 1000)) {
		return fmt.Errorf("after an append and a close: got %v, want %v and 1000", m3.got, m.got)
	}
	m4 := &recorder{}
	if _, _, err := journal.Open(cut, base, m4, crashOptions(mode, rnd.Uint64())); err != nil {
		return fmt.Errorf("open after a cut after open: %w", err)
	}
	if !slices.Equal(m4.got, m.got) {
		return fmt.Errorf("a cut after open: got %v, want %v", m4.got, m.got)
	}
	return nil
}

// seeds is how many workloads the crash tests run.
func seeds(t *testing.T, n uint64) uint64 {
	t.Helper()
	if os.Getenv("POWERCUT_SOAK") != "" {
		return 40 * n
	}
	if testing.Short() {
		return n / 4
	}
	return n
}

func oldLog() []byte {
	var b []byte
	for _, i := range []int64{-1, -2} {
		payload := number(i).Payload
		b = append(wire.AppendHeader(b, wire.Header{Type: wire.TypeEntry, Size: int64(len(payload))}), payload...)
	}
	return b
}

// At every operation of every workload the power is cut, or the process
// killed, and what was promised comes back.
func TestCrashAtEveryOperation(t *testing.T) {
	for seed := range seeds(t, 24) {
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
			check := func(how string, c *crashFs, atLeast int) {
				if err := checkRecovery(c, s, atLeast, mode, rnd); err != nil {
					t.Fatalf("seed %d, %v, %s at operation %d: %v", seed, mode, how, at, err)
				}
			}
			for range 2 {
				check("power cut", c.clone().powerCut(rnd), s.durable)
			}
			check("process crash", c.clone().processCrash(), s.acked)
		}
	}
}

// Every operation of every workload fails in turn, and the journal keeps its
// promises.
func TestFailAtEveryOperation(t *testing.T) {
	errs := []error{syscall.EIO, syscall.ENOSPC}
	for seed := range seeds(t, 16) {
		mode := journal.Mode(seed % 2)
		var old []byte
		if seed%5 == 4 {
			old = oldLog()
		}
		for at := 1; ; at++ {
			rnd := rand.New(rand.NewPCG(seed, uint64(at)))
			cause := errs[rnd.IntN(2)]
			failed := ""
			cut := at + 1 + rnd.IntN(30) // and often the power goes soon after
			if rnd.IntN(3) == 0 {
				cut = 1 << 30
			}
			c := newCrashFs()
			c.drops = rnd.IntN(2) == 0
			c.fail = func(op int, kind, path string) error {
				if op >= cut {
					c.dead = errPower
					return c.dead
				}
				if op != at {
					return nil
				}
				failed = kind + " " + path
				if kind == "write" {
					return &shortWrite{rnd.IntN(200), cause}
				}
				return cause
			}
			s := work(c, mode, seed, old)
			if failed == "" {
				break
			}
			how := fmt.Sprintf("seed %d, %v, %v at operation %d, %s", seed, mode, cause, at, failed)
			for _, line := range s.lines {
				if strings.Contains(line, "WRONG") {
					t.Fatalf("%s:\n%s", how, strings.Join(s.lines, "\n"))
				}
			}
			if err := checkRecovery(c.clone().powerCut(rnd), s, s.durable, mode, rnd); err != nil {
				t.Fatalf("%s, power cut: %v", how, err)
			}
			if err := checkRecovery(c.clone().processCrash(), s, s.acked, mode, rnd); err != nil {
				t.Fatalf("%s, process crash: %v", how, err)
			}
		}
	}
}
