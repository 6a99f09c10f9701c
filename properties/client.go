package properties

import (
	"errors"
	"fmt"
	"syscall"

	"powercut/sim"
	"powercut/vfs"
)

// pending is an entry that a client accepted and has not waited for.
type pending struct {
	number uint64
	wait   func() (lsn uint64, err error)
}

// client does what a client does in one epoch.
func (p *program) client(ops Client) error {
	var waiting []pending
	for _, op := range ops {
		p.run.Yield()
		if p.run.PowerIsOff() {
			return errOff
		}
		if err := p.step(op, &waiting); err != nil {
			return err
		}
	}
	return p.wait(&waiting)
}

func (p *program) step(op Op, waiting *[]pending) error {
	struck := p.run.FaultsFired()
	switch op.Kind {
	case OpAsync:
		return p.accept(op, waiting)
	case OpWait:
		return p.wait(waiting)
	case OpSync:
		upTo := p.oracle.syncing()
		err := p.engine.Sync()
		if err == nil && !p.run.PowerIsOff() {
			p.oracle.hasSynced(upTo)
		}
		return p.told("sync", err, struck)
	case OpSnapshot:
		return p.told("snapshot", p.engine.Snapshot(), struck)
	case OpRoll:
		return p.told("roll", p.engine.Roll(), struck)
	case OpPrune:
		return p.told("prune", p.engine.Prune(), struck)
	case OpReopen:
		return p.reopen(nil)
	case OpRepair:
		return p.reopen(p.protocol.repair)
	case OpBackup:
		return p.backup()
	case OpBad:
		return p.appendBad(op)
	}
	return p.append(op)
}

// told takes note of what a client was told, and ends it if the power is off.
// An error must have a reason: a fault, since the injector had struck so many
// times or behind the error itself, or an earlier failure that poisoned the
// journal.
func (p *program) told(what string, err error, struck int) error {
	if p.run.PowerIsOff() {
		return errOff
	}
	if p.run.Tracing() {
		answer := "done"
		if err != nil {
			answer = err.Error()
		}
		p.run.Note(what + ": " + answer)
	}
	if err == nil {
		return nil
	}
	switch p.protocol.understand(err) {
	case answerClosed:
		return nil
	case answerPoisoned:
		p.oracle.shake()
		return p.reopen(nil)
	case answerIndeterminate, answerUnclear:
		p.oracle.shake()
	}
	if errors.Is(err, vfs.ErrInjected) || p.run.FaultsFired() > struck || p.mayRefuse(p.run, err) {
		return nil
	}
	return sim.Breachf(Liveness, "%s failed without a fault to explain it: %v", what, err)
}

// append appends one entry and remembers what the client was told.
func (p *program) append(op Op) error {
	number, e := p.issue(op)
	stopped, before := p.stopped, p.engine
	lsn, err := p.engine.Append(e)
	if p.run.PowerIsOff() {
		return errOff
	}
	if err == nil && stopped && before == p.engine {
		return sim.Breachf(FailStop, "%s was acknowledged as LSN %d after an fsync had failed", p.oracle.describe(number), lsn)
	}
	return p.answered(number, lsn, err)
}

// issue makes the entry of a step.
func (p *program) issue(op Op) (number uint64, e entry) {
	number = p.oracle.issue(op.Kind, op.Arg)
	e = entryOf(op.Kind, op.Arg, number)
	p.oracle.byPayload[e.key()] = number
	return number, e
}

// answered remembers what a client was told of an entry.
func (p *program) answered(number, lsn uint64, err error) error {
	p.run.Mix(number<<32 | lsn)
	if err == nil {
		if err := p.oracle.acknowledge(number, lsn); err != nil {
			return err
		}
		return p.told(p.describe(number), nil, 0)
	}
	switch p.protocol.understand(err) {
	case answerIndeterminate:
		p.oracle.learn(number, indeterminate)
		if number > p.oracle.settled { // not of a journal that was closed since
			p.stopped = true
		}
	case answerUnclear:
		return sim.Breachf(Liveness, "Append failed, but neither refused nor indeterminate: %v", err)
	default:
		p.oracle.learn(number, refused)
		if errors.Is(err, syscall.ENOSPC) && number > p.oracle.settled {
			p.spaceRefused = true
		}
	}
	return p.told(p.describe(number), err, p.run.FaultsFired())
}

// describe names an entry in the trace, if there is one.
func (p *program) describe(number uint64) string {
	if !p.run.Tracing() {
		return "Append"
	}
	return fmt.Sprintf("append of %s", p.oracle.describe(number))
}

// appendBad appends what must be refused.
func (p *program) appendBad(op Op) error {
	lsn, err := p.engine.Append(badEntry(op.Arg))
	if p.run.PowerIsOff() {
		return errOff
	}
	if err == nil {
		return sim.Breachf(BadInput, "an entry that can't be read back (bad input %d) was accepted as LSN %d", op.Arg, lsn)
	}
	return nil
}

// accept appends an entry without waiting for it.
func (p *program) accept(op Op, waiting *[]pending) error {
	number, e := p.issue(op)
	wait, err := p.engine.Accept(e)
	if p.run.PowerIsOff() {
		return errOff
	}
	if err != nil {
		return p.answered(number, 0, err)
	}
	p.oracle.learn(number, accepted)
	*waiting = append(*waiting, pending{number, wait})
	return nil
}

// wait waits for all that the client accepted.
func (p *program) wait(waiting *[]pending) error {
	for len(*waiting) > 0 {
		next := (*waiting)[0]
		*waiting = (*waiting)[1:]
		lsn, err := next.wait()
		if p.run.PowerIsOff() {
			return errOff
		}
		if err := p.answered(next.number, lsn, err); err != nil {
			return err
		}
	}
	return nil
}

// reopen closes the journal and opens it again, as a program does after a
// failure. Only one client is at it at a time; the others go on and are
// refused meanwhile. Repair, if not nil, is what a careful operator runs in
// between: a journal with nothing wrong must come through it unchanged.
func (p *program) reopen(repair func(*vfs.Disk) error) error {
	if p.reopening {
		p.run.WaitUntil(func() bool { return !p.reopening })
		return nil
	}
	p.reopening = true
	defer func() { p.reopening = false }()
	if err := p.engine.Close(); err != nil {
		p.oracle.shake() // what it could not make durable, the next Open shows
	}
	if p.run.PowerIsOff() {
		return errOff
	}
	if repair != nil {
		if err := p.runRepair(repair); err != nil {
			return err
		}
	}
	return p.open()
}
