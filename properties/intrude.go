package properties

import (
	"errors"
	"maps"
	"slices"

	"powercut/journal"
	"powercut/sim/core"
	"powercut/vfs"
)

// intruders are what somebody may do to a base that another has open.
var intruders = []struct {
	name string
	do   func(p *program) error
}{
	{"Open", func(p *program) error {
		e, err := p.openEngine(p.run, p.run.Disk(), p.run.Monitor())
		if err == nil {
			_ = e.Close() // that it was opened is the breach
		}
		return err
	}},
	{"Repair", func(p *program) error { return p.driver.Repair(p.run.Disk(), base) }},
	{"Purge", func(p *program) error { return journal.Purge(p.run.Disk(), base) }},
}

// intrude tries to own the base while it is open. It must be refused, and change
// nothing, whatever the others are doing.
func (p *program) intrude(s step) error {
	if p.reopening || p.engine.journal() == nil {
		return nil
	}
	p.reopening = true // nobody closes it meanwhile
	defer func() { p.reopening = false }()
	if errors.Is(p.engine.journal().Err(), journal.ErrClosed) {
		return nil
	}
	who := intruders[s.arg%len(intruders)]
	p.run.NoteCall(who.name + " by another owner")
	alone, taken, fired := p.busy == 1, p.taken, p.run.FaultsFired()
	var before vfs.Tree
	if alone {
		before = p.run.Disk().Tree()
	}
	err := who.do(p)
	if p.run.PowerIsOff() {
		return errOff
	}
	p.returns("done", err)
	switch {
	case errors.Is(err, journal.ErrLocked):
	case err == nil:
		return core.Breachf(oneOwner, "%s succeeded on a base that is open", who.name)
	case !errors.Is(err, vfs.ErrInjected) && p.run.FaultsFired() == fired:
		return core.Breachf(oneOwner, "%s on a base that is open was refused, but not with %q: %v", who.name, journal.ErrLocked, err)
	}
	if !alone || p.busy > 1 || p.taken > taken || p.run.FaultsFired() > fired {
		return nil
	}
	if after := p.run.Disk().Tree(); !maps.EqualFunc(before, after, slices.Equal) {
		return core.Breachf(oneOwner, "%s on a base that is open was refused, and changed its files", who.name)
	}
	return nil
}
