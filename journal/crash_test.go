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

func crashOptions(mode journal.Mode, seed uint64) journal.Options {
	now := time.Unix(1_800_000_000, 0)
	return journal.Options{AdoptForeign: true, Mode: mode, Now: func() time.Time { return now }, Entropy: &seededEntropy{rand.New(rand.NewPCG(seed, 1))}}
}

type seededEntropy struct{ *rand.Rand }

func (e *seededEntropy) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(e.Uint32())
	}
	return len(b), nil
}

var _ io.Reader = (*seededEntropy)(nil)

// crashInOpen has a recovery end in a crash, and returns what that leaves, and how
// many entries must come back from it: after a power cut that interrupted the
// recovery, only those that were durable before.
func crashInOpen(c *crashFs, s *story, atLeast int, mode journal.Mode, rnd *rand.Rand) (*crashFs, int, error) {
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
		return nil, 0, fmt.Errorf("open that is cut short: %w", err)
	}
	if rnd.IntN(3) == 0 {
		return c.processCrash(), atLeast, nil
	}
	if err != nil {
		atLeast = min(atLeast, s.durable)
	}
	return c.powerCut(rnd), atLeast, nil
}

// checkRecovery recovers a disk, with crashes inside of the recovery first,
// and again, and appends to it.
func checkRecovery(c *crashFs, s *story, atLeast int, mode journal.Mode, rnd *rand.Rand) (err error) {
	for depth := 0; depth < 2 && rnd.IntN(2) == 0; depth++ {
		if c, atLeast, err = crashInOpen(c, s, atLeast, mode, rnd); err != nil {
			return err
		}
	}
	c.fail, c.op = nil, 0
	m := &recorder{}
	_, rec, err := journal.Open(c, base, m, crashOptions(mode, rnd.Uint64())) // not closed: the process is killed
	if err != nil {
		return fmt.Errorf("open: %w\n%s", err, strings.Join(s.lines, "\n"))
	}
	if err := s.judge(m.got, atLeast); err != nil {
		return err
	}
	if len(m.got) > 0 && rec.LastLSN != uint64(len(m.got)) {
		return fmt.Errorf("last LSN: got %d, want %d: %+v\n%s\n%s", rec.LastLSN, len(m.got), rec, strings.Join(sortedKeys(c.names), " "), strings.Join(s.lines, "\n"))
	}
	cut := c.clone().powerCut(rnd)
	before := c.tree()
	c = c.processCrash()
	m2 := &recorder{}
	j, _, err := journal.Open(c, base, m2, crashOptions(mode, rnd.Uint64()))
	if err != nil {
		return fmt.Errorf("second open: %w", err)
	}
	if !slices.Equal(m2.got, m.got) || c.tree() != before {
		return fmt.Errorf("second recovery: got %v, want %v; same files: %v", m2.got, m.got, c.tree() == before)
	}
	if err := checkGoesOn(c, j, m.got, mode, rnd); err != nil {
		return err
	}
	// A power cut right after Open must keep what it reported.
	m3 := &recorder{}
	if _, _, err := journal.Open(cut, base, m3, crashOptions(mode, rnd.Uint64())); err != nil {
		return fmt.Errorf("open after a cut after open: %w", err)
	}
	if !slices.Equal(m3.got, m.got) {
		return fmt.Errorf("a cut after open: got %v, want %v", m3.got, m.got)
	}
	return nil
}

// checkGoesOn reads a journal that was just opened with some entries, appends one,
// and opens it again.
func checkGoesOn(c *crashFs, j *journal.Journal, entries []int64, mode journal.Mode, rnd *rand.Rand) error {
	for e, err := range j.Read(1) {
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		v, _ := wire.Decode(e.Payload)
		if e.LSN > uint64(len(entries)) || entries[e.LSN-1] != v.(wire.Scalar).Int() {
			return fmt.Errorf("read: LSN %d is %v", e.LSN, v)
		}
	}
	if _, err := j.Append(bg, number(1000)); err != nil {
		return fmt.Errorf("append after recovery: %w", err)
	}
	if err := j.Close(); err != nil {
		return fmt.Errorf("close after recovery: %w", err)
	}
	m := &recorder{}
	j, _, err := journal.Open(c.powerCut(rnd), base, m, crashOptions(mode, rnd.Uint64()))
	if err != nil {
		return fmt.Errorf("third open: %w", err)
	}
	_ = j.Close()
	if !slices.Equal(m.got, append(slices.Clone(entries), 1000)) {
		return fmt.Errorf("after an append and a close: got %v, want %v and 1000", m.got, entries)
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
