package properties

import (
	"errors"

	"powercut/journal"
	"powercut/sim/core"
)

// reopen closes the journal and opens it again, as a program does after a failure.
// Only one client does so at a time; the others go on, and are refused meanwhile. What
// is to be done in between may be nothing: nil. A careful operator runs Repair: a journal
// with nothing wrong must come through it unchanged.
func (p *program) reopen(between func() error) error {
	if p.reopening {
		p.run.WaitUntil(func() bool { return !p.reopening })
		return nil
	}
	p.reopening = true
	defer func() { p.reopening = false }()
	return p.closeAndOpen(between)
}

// closeAndOpen is reopen by who does so alone.
func (p *program) closeAndOpen(between func() error) error {
	p.run.NoteCall("close")
	e := p.engine
	closeErr := e.Close()
	if p.run.PowerIsOff() {
		return errOff
	}
	p.returns("done", closeErr)
	if closeErr != nil {
		p.oracle.shake() // what it could not make durable, the next Open shows
	}
	if err := p.judgeClose(e, closeErr); err != nil {
		return err
	}
	p.closeErr = closeErr
	if between != nil {
		if err := between(); err != nil {
			return err
		}
	}
	return p.openAgain(closeErr)
}

// openAgain opens a journal that was closed, with that error if any. One that was closed
// without an error has nothing left to cut off.
func (p *program) openAgain(closeErr error) error {
	purging, appended, torn := p.oracle.purging, p.foreign.entries > 0, int64(len(p.foreign.torn))
	e, err := p.openJudged()
	if err != nil {
		return err
	}
	halfTaken := appended && p.run.FaultStruck() // an Open that failed may have left half of its marker
	if tail := e.found.TailBytes; closeErr == nil && tail > p.trespassed+torn && !halfTaken && !p.run.Suspends(acknowledgedDurable) {
		return closedWithTail(tail)
	}
	unsynced, told := errors.AsType[*journal.UnsyncedError](closeErr)
	if told && !purging && p.oracle.adopted > unsynced.LastLSN {
		return core.Breachf(saysWhatIsSo, "Close said that LSN %d was the last, and Open finds LSN %d", unsynced.LastLSN, p.oracle.adopted)
	}
	return p.makeNames(e)
}

// judgeClose judges what Close says: that all is durable, or what may not be.
func (p *program) judgeClose(e *opened, err error) error {
	j := e.journal()
	if j == nil {
		return nil
	}
	if state := j.Err(); !errors.Is(state, journal.ErrClosed) {
		return core.Breachf(saysWhatIsSo, "a journal that was closed says: %v", state)
	}
	if err == nil || errors.Is(err, journal.ErrClosed) {
		return nil
	}
	unsynced, told := errors.AsType[*journal.UnsyncedError](err)
	s := j.Stats()
	if !told || unsynced.LastLSN < s.LastLSN || unsynced.DurableLSN > unsynced.LastLSN || unsynced.DurableLSN < s.DurableLSN {
		return core.Breachf(saysWhatIsSo, "Stats says that LSN %d is the last and LSN %d durable, and Close said: %v", s.LastLSN, s.DurableLSN, err)
	}
	p.oracle.isDurable(min(unsynced.DurableLSN, uint64(len(p.oracle.applied))))
	if errors.Is(err, journal.ErrPoisoned) {
		return p.judgePoison("close", err, journal.ErrPoisoned)
	}
	return nil
}

// closedWithTail is the breach of a journal that was closed without an error and
// has something to cut off when it is opened.
func closedWithTail(tail int64) error {
	return core.Breachf(recoveryIdempotent, "a journal that was closed without an error has a tail of %d bytes", tail)
}
