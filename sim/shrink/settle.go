package shrink

import (
	"context"
	"errors"

	"powercut/sim/core"
	"powercut/sim/explain"
)

// ErrNotTold says that the case of a violation does not violate the law when it
// is run: a defect of the harness, or of a target that no seed decides.
var ErrNotTold = errors.New("sim: the case that was made of the violation does not violate its law")

// Settle makes a case of a violation that is easier to understand: what its crash
// took is reduced to what matters, and it is on the mildest filesystem on which the
// same goes wrong at the same place. From then on the violation says, word for word,
// what whoever runs that case is told. The error is ErrNotTold; then the violation
// is left as it was.
func Settle(v *core.Violation) error {
	s := newBlamer(context.Background(), v, nil)
	s.mildest()
	return Tell(v, s.best)
}

// Blame finds out what a violation goes back to: it reduces what its crash took to
// what matters, and looks where in the code that was done.
func Blame(v *core.Violation) { BlameAndTell(context.Background(), v, nil) }

// BlameAndTell is Blame, and tells progress, unless it is nil, before each run. When ctx
// is done, what the crash took is left as it is by then.
func BlameAndTell(ctx context.Context, v *core.Violation, progress func(runs int)) {
	if v.Hang {
		return
	}
	if err := Tell(v, newBlamer(ctx, v, progress).best); err != nil {
		v.Culprit, v.Unrepeated = core.Culprit{}, errors.Is(err, ErrNotTold) // nothing is known then but that it happened
	}
}

// blameBudget bounds how many runs Blame takes.
const blameBudget = 100

// newBlamer reduces what a violation's crash took to what matters.
func newBlamer(ctx context.Context, v *core.Violation, progress func(runs int)) *shrinker {
	s := &shrinker{law: v.Law, budget: blameBudget, best: v.Case, ctx: ctx, progress: progress}
	for s.left() && s.lessLost() {
	}
	s.culprit = explain.CulpritOf(s.best)
	return s
}

// Tell replaces what a violation says of the run that a case was made of by what
// the case itself does.
func Tell(v *core.Violation, c *core.Case) error {
	a := explain.Outline(c, c.Law)
	if a.Died {
		return explain.ErrEnded
	}
	if a.Violation == nil {
		return ErrNotTold
	}
	told := a.Violation
	v.What, v.Diff, v.Stack, v.Crashes, v.Culprit, v.Profile = told.What, told.Diff, told.Stack, told.Crashes, a.Culprit, c.Profile
	v.Case = a.Cases[0]
	return nil
}
