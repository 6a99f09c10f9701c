package journal_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"powercut/journal"
)

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

// adopt takes what Open reported for acknowledged.
func (s *story) adopt(got []int64) {
	if err := s.judge(got, 0); err != nil {
		s.say("WRONG after reopen", err)
		return
	}
	s.issued = s.issued[:len(got)]
	s.acked, s.durable = len(got), len(got)
}

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
