package properties

import "powercut/sim/core"

// reopen closes the journal and opens it again, as a program does after a failure.
// Only one client does so at a time; the others go on, and are refused meanwhile. A
// careful operator runs Repair in between: a journal with nothing wrong must come
// through it unchanged.
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
