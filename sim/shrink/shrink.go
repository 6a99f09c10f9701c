package shrink

import (
	"context"
	"errors"

	"powercut/sim/core"
	"powercut/sim/explain"
)

// Shrunk is what Shrink made of a case.
type Shrunk struct {
	Case          *core.Case
	Culprit       core.Culprit // that it goes back to
	Before, After core.CaseSize
	Runs          int  // that it took
	Complete      bool // nothing simpler was left to try when it ended
}

// ErrHolds says that a case does not violate its law.
var ErrHolds = errors.New("sim: the case does not violate its law: there is nothing to shrink")

// Shrink looks for a simpler case that violates the same law of the same
// target, and goes back to the same place in the code: one of fewer steps, clients,
// faults and epochs, of a plainer schedule, an earlier crash, and less lost in it.
// Where the workload or the faults change, the crash is searched for anew, at every
// operation; of an unmodified program up to about where it was. The budget is a number of runs. The same case and budget give the same
// result, unless ctx ends first: then it is the simplest case so far, and not
// complete.
func Shrink(ctx context.Context, c *core.Case, budget int) (Shrunk, error) {
	return ShrinkAndTell(ctx, c, budget, func(int) {})
}

// ShrinkAndTell is Shrink, and tells progress before each run how many were made.
func ShrinkAndTell(ctx context.Context, c *core.Case, budget int, progress func(runs int)) (Shrunk, error) {
	s := &shrinker{law: c.Law, budget: budget, ctx: ctx, progress: progress}
	s.count()
	first := explain.Question{Asks: explain.Violates, Law: c.Law}
	switch a := first.Ask(c); {
	case a.Died:
		return Shrunk{}, explain.ErrEnded
	case !a.Violated:
		return Shrunk{}, ErrHolds
	}
	s.best = c
	for s.left() && s.lessLost() {
	}
	blamed := explain.Outline(s.best, s.law)
	if blamed.Died {
		return Shrunk{}, explain.ErrEnded
	}
	s.culprit = blamed.Culprit
	s.trim()
	s.best = s.counted(s.best)
	for _, s.effort = range effortsFor(c) {
		s.neededFaults()
		for progress := true; progress && s.left(); {
			progress = s.pass()
		}
	}
	complete := s.left()
	s.best = s.named()
	return Shrunk{Case: s.best, Culprit: s.culprit, Before: c.Size(), After: s.best.Size(), Runs: s.runs, Complete: complete}, nil
}

type shrinker struct {
	law      core.Law
	culprit  core.Culprit
	anyFault bool // which fault the culprit is of is not known yet
	effort   effort
	vain     map[string]vainSearch
	budget   int
	runs     int
	best     *core.Case      // or a candidate of which it is not known yet whether it is better
	did      core.Digest     // what the workload of the last candidate came to
	dead     map[string]bool // what candidates did whose process died: it may take long to see that again
	ctx      context.Context // nil, or done when it must come to an end

	progress func(runs int) // nil, or told before each run how many were made
}

// ask asks a case something that takes a run.
func (s *shrinker) ask(c *core.Case, q explain.Question) *explain.Answer {
	s.count()
	q.Law, q.GivenUp, q.Over = s.law, true, s.ended
	return q.Ask(c)
}

// count counts a run that is about to be made.
func (s *shrinker) count() {
	if s.progress != nil {
		s.progress(s.runs)
	}
	s.runs++
}

// noteDeath remembers what a candidate did whose process died.
func (s *shrinker) noteDeath(a *explain.Answer, c *core.Case) {
	if !a.Died {
		return
	}
	if s.dead == nil {
		s.dead = make(map[string]bool)
	}
	s.dead[doing(c)] = true
}

// doing is what a case does, wherever it is crashed.
func doing(c *core.Case) string {
	text := c.Workload.String()
	for i := range c.Epochs {
		text += c.Epochs[i].Plan.String() + "\n"
	}
	return text
}

func (s *shrinker) left() bool {
	return s.runs < s.budget && !s.ended()
}

// ended says whether somebody wants it to come to an end.
func (s *shrinker) ended() bool { return s.ctx != nil && s.ctx.Err() != nil }

// trim leaves out the epochs that the workload has beyond those of the case: the
// violation came before them.
func (s *shrinker) trim() {
	for s.left() {
		w, ok := s.best.Workload.(core.Reducible)
		if !ok {
			return
		}
		c := s.best.Clone()
		c.Workload = w.WithoutEpoch(len(c.Epochs))
		if c.Workload.String() == w.String() || !s.adopt(c) {
			return
		}
	}
}

// neededFaults leaves out the faults that had no part in it. Of several that struck, the
// culprit is of the first, whatever that did: which one matters shows as others go.
func (s *shrinker) neededFaults() {
	s.anyFault = s.culprit.How == core.CulpritFault
	for s.anyFault && s.left() && s.fewerFaults() {
	}
	s.anyFault = false
}

// pass tries each way of making the best case simpler.
func (s *shrinker) pass() bool {
	progress := false
	for _, reduce := range []func() bool{s.fewerEpochs, s.lessWork, s.fewerFaults, s.plainerSchedule, s.fewerCrashes, s.lessLost} {
		for s.left() && reduce() {
			progress = true
		}
	}
	return progress
}

// adopt takes a case over if it violates the law as it is.
func (s *shrinker) adopt(c *core.Case) bool {
	if !s.ask(c, explain.Question{Asks: explain.Violates}).Violated {
		return false
	}
	s.best = c
	return true
}

// same says whether the best case, of which that is not known yet, goes back to the same
// place, and takes it over then.
func (s *shrinker) same() bool {
	a := explain.Outline(s.best, s.law)
	if a.Died {
		return false
	}
	culprit := a.Culprit
	another := s.anyFault && culprit.How == core.CulpritFault && s.culprit.How == core.CulpritFault
	if !another && !culprit.Same(&s.culprit) {
		return false
	}
	s.culprit, s.best = culprit, s.counted(s.best)
	return true
}

// counted binds the faults of a case to counts, so that they still strike the
// same operations when unrelated ones are gone.
func (s *shrinker) counted(c *core.Case) *core.Case {
	if c.Size().Faults == 0 {
		return c
	}
	q := explain.Question{Asks: explain.Counted, Law: c.Law}
	for _, again := range q.Ask(c).Cases {
		if !explain.Holds(again) {
			return again
		}
	}
	return c
}

func (s *shrinker) fewerEpochs() bool {
	w, ok := s.best.Workload.(core.Reducible)
	if !ok || len(s.best.Epochs) == 1 {
		return false
	}
	for i := range s.best.Epochs {
		c := s.best.Clone()
		c.Workload = w.WithoutEpoch(i)
		c.Epochs = append(append([]core.CaseEpoch(nil), s.best.Epochs[:i]...), s.best.Epochs[i+1:]...)
		if s.left() && s.search(c) {
			return true
		}
	}
	return false
}

func (s *shrinker) lessWork() bool {
	w, ok := s.best.Workload.(core.Reducible)
	if !ok {
		return false
	}
	for simpler := range w.Simpler() {
		if !s.left() {
			return false
		}
		c := s.best.Clone()
		c.Workload = simpler
		if s.search(c) {
			return true
		}
	}
	return false
}

func (s *shrinker) fewerFaults() bool {
	for i := range s.best.Epochs {
		for plan := range s.best.Epochs[i].Plan.Simpler() {
			if !s.left() {
				return false
			}
			c := s.best.Clone()
			c.Epochs[i].Plan = plan
			if s.search(c) {
				return true
			}
		}
	}
	return false
}

func (s *shrinker) plainerSchedule() bool {
	for i := range s.best.Epochs {
		all := s.best.Epochs[i].Schedule
		if len(all) == 0 {
			continue
		}
		for _, n := range []int{0, len(all) / 2, len(all) - 1} {
			c := s.best.Clone()
			c.Epochs[i].Schedule = all[:n]
			// What comes after the crash doesn't matter, so try it as it is.
			if s.left() && (s.adopt(c) || s.search(c) && len(s.best.Epochs[i].Schedule) < len(all)) {
				return true
			}
		}
	}
	return false
}

func (s *shrinker) fewerCrashes() bool {
	last := len(s.best.Epochs) - 1
	crashes := s.best.Epochs[last].Crashes
	if len(crashes) < 2 {
		return false
	}
	c := s.best.Clone()
	c.Epochs[last].Crashes = crashes[:len(crashes)-1]
	return s.adopt(c) || s.search(c)
}

// named is the best case on its mildest profile, with what a case says beside what
// is run: what goes wrong, and its digest.
func (s *shrinker) named() *core.Case {
	s.mildest()
	a := explain.Outline(s.best, s.law)
	if a.Violation == nil {
		return s.best // no seed decides this target
	}
	s.culprit = a.Culprit
	return a.Cases[0]
}
