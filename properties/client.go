package properties

import (
	"powercut/properties/engines"
	"powercut/sim/core"
)

// pending is an entry that was accepted, and that its client has not waited for yet.
type pending struct {
	engines.Ticket
	number uint64
}

// client runs the script of a client, up to the end or until the power is off.
func (p *program) client(steps script) error {
	var waiting []pending
	for _, s := range steps {
		p.run.Yield()
		if p.run.PowerIsOff() {
			return errOff
		}
		if err := p.step(s, &waiting); err != nil {
			return err
		}
		p.stepTaken()
	}
	p.busy++
	defer func() { p.busy-- }()
	return p.wait(&waiting)
}

// step does one step of a client.
func (p *program) step(s step, waiting *[]pending) error {
	p.busy++
	defer func() { p.busy-- }()
	struck := p.excuses()
	switch s.kind {
	case stepAsync:
		return p.accept(s, waiting)
	case stepWait:
		return p.wait(waiting)
	case stepSync, stepSnapshot, stepRoll, stepPrune, stepBackup, stepBad:
		p.run.NoteCall(string(s.kind))
	}
	switch s.kind {
	case stepSync:
		upTo := p.oracle.syncing()
		err := p.engine.Sync()
		if err == nil && !p.run.PowerIsOff() {
			p.oracle.hasSynced(upTo)
			if err := p.judgeSettled(*waiting); err != nil {
				return err
			}
		}
		return p.checkAnswer("sync", err, struck)
	case stepSnapshot:
		return p.rolled("snapshot", p.engine.Snapshot(), struck)
	case stepRoll:
		return p.rolled("roll", p.engine.Roll(), struck)
	case stepPrune:
		return p.checkAnswer("prune", p.engine.Prune(), struck)
	case stepReopen:
		return p.reopen(false)
	case stepRepair:
		return p.reopen(p.can.Repairs)
	case stepBackup:
		return p.backup()
	case stepBad:
		return p.appendBad(s)
	}
	return p.append(s)
}

// judgeSettled expects a Sync that succeeded to have written what its caller had
// accepted before it.
func (p *program) judgeSettled(waiting []pending) error {
	for _, w := range waiting {
		if !w.Done() {
			return core.Breachf(asyncPrefix, "Sync succeeded, but %s, accepted before it, was not written", p.oracle.describe(w.number))
		}
	}
	return nil
}

// rolled checks the answer to what makes an archive, and looks at the archives.
func (p *program) rolled(what string, err error, struck excuses) error {
	if err := p.checkAnswer(what, err, struck); err != nil {
		return err
	}
	if err != nil {
		return nil
	}
	return p.judgeArchives()
}

// append appends an entry and remembers what the client was told.
func (p *program) append(s step) error {
	number, e := p.issue(s)
	p.calls("append", number)
	stopped, before := p.stopped, p.engine
	lsn, err := p.engine.Append(e)
	if p.run.PowerIsOff() {
		return errOff
	}
	if err == nil && stopped && before == p.engine {
		return core.Breachf(failStop, "%s was acknowledged as LSN %d after an fsync had failed", p.oracle.describe(number), lsn)
	}
	return p.answered(number, lsn, err)
}

// issue makes the entry of a step, and the oracle remember it.
func (p *program) issue(s step) (number uint64, e engines.Entry) {
	number = p.oracle.issue(s.kind, s.arg)
	e = entryOf(s.kind, s.arg, number)
	p.oracle.remember(e, number)
	return number, e
}

// appendBad appends what must be refused.
func (p *program) appendBad(s step) error {
	lsn, err := p.engine.Append(badEntry(s.arg))
	if p.run.PowerIsOff() {
		return errOff
	}
	if err == nil {
		return core.Breachf(badInput, "an entry that can't be read back (bad input %d) was accepted as LSN %d", s.arg, lsn)
	}
	p.returns("", err)
	return nil
}

// accept appends an entry without waiting for it.
func (p *program) accept(s step, waiting *[]pending) error {
	number, e := p.issue(s)
	p.calls("accept", number)
	t, err := p.engine.Accept(e)
	if p.run.PowerIsOff() {
		return errOff
	}
	if err != nil {
		return p.answered(number, 0, err)
	}
	p.returns("accepted, not yet durable", nil)
	p.oracle.learn(number, accepted)
	*waiting = append(*waiting, pending{t, number})
	return nil
}

// wait waits for all that the client accepted.
func (p *program) wait(waiting *[]pending) error {
	for len(*waiting) > 0 {
		next := (*waiting)[0]
		*waiting = (*waiting)[1:]
		p.calls("wait for", next.number)
		lsn, err := next.Wait()
		if p.run.PowerIsOff() {
			return errOff
		}
		if err := p.answered(next.number, lsn, err); err != nil {
			return err
		}
	}
	return nil
}
