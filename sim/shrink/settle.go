package shrink

import (
	"errors"

	"powercut/sim/core"
	"powercut/sim/explain"
)

// ErrNotTold says that the case of a violation does not violate the law when it
// is run: a defect of the harness, or of a target that no seed decides.
var ErrNotTold = errors.New("sim: the case that was made of the violation does not violate its law")

// Settle makes a violation tell of one case, and that case of what it does: of
// all that the crash of the run took only what matters is left, on the mildest
// filesystem on which the same goes wrong at the same place. What the violation
// says from then on is what whoever runs the case is told, word for word. The
// error is ErrNotTold; then the violation is left as it was.
func Settle(v *core.Violation) error {
	s := newBlamer(v)
	s.mildest()
	return Tell(v, s.best)
}

// Blame finds out what a violation goes back to: of all that its crash took it
// leaves only what matters, and looks where in the code that was done.
func Blame(v *core.Violation) {
	if err := Tell(v, newBlamer(v).best); err != nil {
		v.Culprit = core.Culprit{} // nothing is known then but that it happened
	}
}

// blameBudget bounds how many runs Blame takes.
const blameBudget = 100

// newBlamer leaves of what a violation's crash took only what matters.
func newBlamer(v *core.Violation) *shrinker {
	s := &shrinker{law: v.Law, budget: blameBudget, best: v.Case}
	for s.left() && s.lessLost() {
	}
	s.culprit = explain.CulpritOf(s.best)
	return s
}

// Tell makes a violation that of a case: what is known of the run that the case
// was made of is replaced by what the case does.
func Tell(v *core.Violation, c *core.Case) error {
	a := explain.Outline(c, c.Law)
	if a.Violation == nil {
		return ErrNotTold
	}
	told := a.Violation
	v.What, v.Diff, v.Stack, v.Crashes, v.Culprit, v.Profile = told.What, told.Diff, told.Stack, told.Crashes, a.Culprit, c.Profile
	v.Case = a.Told()
	return nil
}
