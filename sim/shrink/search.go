package shrink

import (
	"fmt"

	"powercut/sim/core"
	"powercut/sim/explain"
)

// effort is how much is looked at for a candidate. Where that takes long, much is tried
// with little effort first: what is left then is small.
type effort uint8

const (
	scrutiny effort = iota // many images at each operation
	look                   // few
	glance                 // likewise, and of several schedules just one
)

func effortsFor(c *core.Case) []effort {
	if slow(c) {
		return []effort{glance, look, scrutiny}
	}
	return []effort{scrutiny}
}

// slow says whether it takes long to look at many images: each takes the recovery of an
// unmodified program, and may take a process.
func slow(c *core.Case) bool { return c.Build.Binary != "" }

// fewImages are the special ones that say something of all that is pending.
const fewImages = 5

// searchFor is the question for a crash of a candidate's workload.
func (s *shrinker) searchFor(c *core.Case) explain.Question {
	crashes := c.Epochs[len(c.Epochs)-1].Crashes
	q := explain.Question{Asks: explain.Anywhere, Depth: len(crashes)}
	if len(crashes) == 0 || !slow(c) {
		return q
	}
	step := crashes[0].Step
	q.Last = step + step/4 + 16 // what is simpler mostly goes wrong earlier
	if s.effort != scrutiny {
		q.Few = fewImages
	}
	return q
}

// vainSearch is one that found nothing.
type vainSearch struct {
	few  int
	last uint64
	did  core.Digest
}

// searched is what a candidate is searched by: where it crashed before says nothing.
func searched(c *core.Case) string {
	c = c.Clone()
	last := &c.Epochs[len(c.Epochs)-1]
	text := fmt.Sprintln(len(last.Crashes))
	last.Crashes = nil
	return text + c.String()
}

// inVain says whether a question was asked before, in no narrower terms, and found nothing.
func (s *shrinker) inVain(c *core.Case, q *explain.Question) bool {
	v, ok := s.vain[searched(c)]
	if !ok || v.few > 0 && (q.Few == 0 || q.Few > v.few) || v.last > 0 && (q.Last == 0 || q.Last > v.last) {
		return false
	}
	s.did = v.did
	return true
}

// search takes over the first case that violates the law, and goes back to the
// same place, anywhere in what a candidate does. Where a case has no schedule, since its
// seed decides it in the program itself, another workload is another schedule: so some
// seeds are tried.
func (s *shrinker) search(c *core.Case) bool {
	if s.searchAsItIs(c) {
		return true
	}
	if !slow(c) || s.effort == glance {
		return false
	}
	did := s.did
	for i := range schedules {
		if !s.left() {
			return false
		}
		other := c.Clone()
		other.Seed = c.Seed + core.Seed(i) + 1
		if s.searchAsItIs(other) {
			return true
		}
		if s.did == did {
			return false // whatever the seed is, the same comes of it
		}
	}
	return false
}

// schedules is how many others are tried for a candidate.
const schedules = 3

func (s *shrinker) searchAsItIs(c *core.Case) bool {
	q := s.searchFor(c)
	if s.dead[doing(c)] {
		return false
	}
	// Often the crash is where it was.
	asItIs := s.ask(c, explain.Question{Asks: explain.Violates})
	if s.noteDeath(asItIs, c); asItIs.Violated {
		before := s.best
		if s.best = c; s.same() {
			return true
		}
		s.best = before
	}
	if s.dead[doing(c)] || s.inVain(c, &q) {
		return false
	}
	return s.found(c, q)
}

// maxRejected bounds how many violations of another cause a search passes over.
const maxRejected = 24

// found takes over the first case that a question finds which goes back to the same
// place.
func (s *shrinker) found(c *core.Case, q explain.Question) bool {
	before := s.best
	// Mostly it is the first.
	for q.Most = 1; q.Skip <= maxRejected; q.Skip, q.Most = q.Skip+q.Most, maxRejected {
		a := s.ask(c, q)
		s.noteDeath(a, c)
		s.did = a.Did
		if q.Asks == explain.Anywhere && q.Skip == 0 && len(a.Cases) == 0 && !a.Died && !s.ended() {
			if s.vain == nil {
				s.vain = make(map[string]vainSearch)
			}
			s.vain[searched(c)] = vainSearch{q.Few, q.Last, a.Did}
		}
		for _, s.best = range a.Cases {
			if s.ended() {
				break
			}
			for s.left() && s.lessLost() {
			}
			if s.same() {
				return true
			}
		}
		if len(a.Cases) < q.Most || s.ended() {
			break
		}
	}
	s.best = before
	return false
}
