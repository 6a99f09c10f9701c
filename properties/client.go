package properties

import (
	"errors"
	"fmt"
	"syscall"

	"powercut/properties/engines"
	"powercut/sim/core"
	"powercut/vfs"
)

// pending is an entry that a client accepted and has not waited for.
type pending struct {
	engines.Ticket
	number uint64
}

// client does what a client does in one epoch.
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

// judgeSettled expects a Sync that succeeded to have settled what its caller
// had accepted before.
func (p *program) judgeSettled(waiting []pending) error {
	for _, w := range waiting {
		if !w.Done() {
			return core.Breachf(asyncPrefix, "Sync succeeded, but %s, accepted before it, was not written", p.oracle.describe(w.number))
		}
	}
	return nil
}

// rolled is checkAnswer for what makes an archive.
func (p *program) rolled(what string, err error, struck excuses) error {
	if err := p.checkAnswer(what, err, struck); err != nil {
		return err
	}
	if err != nil {
		return nil
	}
	return p.judgeArchives()
}

// checkAnswer takes note of what a client was told, and ends it if the power is off.
// An error must have a reason: a fault, since the injector had struck so many
// times or behind the error itself, a full disk, or an earlier failure that
// poisoned the journal.
func (p *program) checkAnswer(what string, err error, struck excuses) error {
	if p.run.PowerIsOff() {
		return errOff
	}
	p.returns("done", err)
	if err == nil {
		return nil
	}
	switch p.driver.Classify(err).Outcome {
	case engines.Closed:
		return nil
	case engines.Poisoned:
		p.oracle.shake()
		return p.reopen(false)
	case engines.Indeterminate, engines.Unclear:
		p.oracle.shake()
	}
	if errors.Is(err, vfs.ErrInjected) || p.run.FaultsFired() > struck.fired || p.mayRefuse(p.run, err) {
		return nil
	}
	if struck.full && errors.Is(err, syscall.ENOSPC) {
		return nil
	}
	return core.Breachf(liveness, "%s failed without a fault to explain it: %v", what, err)
}

// excuses are what may explain an error of what begins now.
type excuses struct {
	fired int  // faults that struck before
	full  bool // the disk is
}

func (p *program) excuses() excuses { return excuses{p.run.FaultsFired(), p.full} }

// returns notes in the trace what a client was told.
func (p *program) returns(answer string, err error) {
	if !p.run.Tracing() {
		return
	}
	if err != nil {
		answer = err.Error()
	}
	p.run.NoteReturn(answer)
}

// append appends one engines.Entry and remembers what the client was told.
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

// issue makes the engines.Entry of a step.
func (p *program) issue(s step) (number uint64, e engines.Entry) {
	number = p.oracle.issue(s.kind, s.arg)
	e = entryOf(s.kind, s.arg, number)
	p.oracle.remember(e, number)
	return number, e
}

// answered remembers what a client was told of an entry.
func (p *program) answered(number, lsn uint64, err error) error {
	p.run.Mix(number<<32 | lsn)
	if err == nil {
		err := p.oracle.acknowledge(number, lsn)
		if b, ok := errors.AsType[*core.Breach](err); ok && p.run.Suspends(b.Law) {
			return nil // a disk that lied took it
		}
		if err != nil {
			return err
		}
		if p.run.Tracing() {
			p.run.NoteReturn(fmt.Sprintf("acknowledged as LSN %d", lsn))
		}
		return nil
	}
	switch p.driver.Classify(err).Outcome {
	case engines.Indeterminate:
		p.oracle.learn(number, indeterminate)
		if number > p.oracle.settled { // not of a journal that was closed since
			p.stopped = true
		}
	case engines.Unclear:
		return core.Breachf(liveness, "Append failed, but neither refused nor indeterminate: %v", err)
	default:
		p.oracle.learn(number, refused)
		if errors.Is(err, syscall.ENOSPC) && number > p.oracle.settled {
			p.spaceRefused = true
		}
	}
	// It may have been written, and refused, by another client or some time ago.
	return p.checkAnswer("append of "+p.oracle.describe(number), err, excuses{p.run.FaultsFired(), p.wasFull})
}

// calls notes in the trace what a client is about to do with an entry.
func (p *program) calls(what string, number uint64) {
	if p.run.Tracing() {
		e := p.oracle.entries[number-1]
		p.run.NoteCall(fmt.Sprintf("%s entry %d (%s)", what, number, e.kind))
	}
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

// reopen closes the journal and opens it again, as a program does after a
// failure. Only one client is at it at a time; the others go on and are
// refused meanwhile. Repair is what a careful operator runs in between: a journal with nothing wrong must come through it unchanged.
func (p *program) reopen(repair bool) error {
	if p.reopening {
		p.run.WaitUntil(func() bool { return !p.reopening })
		return nil
	}
	p.reopening = true
	defer func() { p.reopening = false }()
	p.run.NoteCall("close")
	err := p.engine.Close()
	if p.run.PowerIsOff() {
		return errOff
	}
	p.returns("done", err)
	if err != nil {
		p.oracle.shake() // what it could not make durable, the next Open shows
	}
	if repair {
		if err := p.runRepair(); err != nil {
			return err
		}
	}
	return p.openAgain(err == nil)
}

// openAgain opens a journal that was closed, cleanly or not. One that was closed
// without an error has nothing left to cut off.
func (p *program) openAgain(clean bool) error {
	if err := p.open(); err != nil {
		return err
	}
	if tail := p.engine.found.TailBytes; clean && tail > 0 && !p.run.Suspends(acknowledgedDurable) {
		return closedWithTail(tail)
	}
	return nil
}

// closedWithTail is the breach of a journal that was closed without an error and
// has something to cut off when it is opened.
func closedWithTail(tail int64) error {
	return core.Breachf(recoveryIdempotent, "a journal that was closed without an error has a tail of %d bytes", tail)
}
