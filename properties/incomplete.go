package properties

import (
	"errors"

	"powercut/journal"
	"powercut/sim/core"
)

// notEvaluated counts the entries that the machine of an engine can't evaluate.
func (e *opened) notEvaluated() (n int) {
	for _, g := range e.machine.given {
		if g.unsupported() {
			n++
		}
	}
	return n
}

// mayBeIncomplete says whether an error is a refusal to make an incomplete state lasting,
// and the state is.
func (p *program) mayBeIncomplete(opened *opened, err error) bool {
	e, is := errors.AsType[*journal.IncompleteError](err)
	return is && !p.w.incomplete && e.Entries > 0 && e.Entries <= opened.notEvaluated() && e.First.Unsupported != ""
}

// judgeIncomplete expects a snapshot not to succeed if the state is incomplete, unless
// that was allowed.
func (p *program) judgeIncomplete(e *opened) error {
	if n := e.notEvaluated(); n > 0 && !p.w.incomplete && p.can.Whole {
		return core.Breachf(saysWhatIsSo, "a snapshot succeeded, though the machine can't evaluate %d entries and nothing allows to lose what they did", n)
	}
	return nil
}
