package properties

import (
	"errors"
	"fmt"
	"syscall"

	"powercut/properties/engines"
	"powercut/sim/core"
	"powercut/vfs"
)

// checkAnswer takes note of what a client was told, and ends it if the power is off.
// An error must have a reason: a fault that the error itself tells of, or that struck
// since the call began; a full disk; or an earlier failure that poisoned the journal.
func (p *program) checkAnswer(what string, err error, struck excuses) error {
	return p.orReopen(p.explain(what, err, struck))
}

// orReopen opens the journal anew after an answer that it is shut until then.
func (p *program) orReopen(shut bool, err error) error {
	if shut {
		return p.reopen(nil)
	}
	return err
}

// explain is checkAnswer, but leaves it to its caller to open a journal anew that is shut.
func (p *program) explain(what string, err error, struck excuses) (shut bool, breach error) {
	if p.run.PowerIsOff() {
		return false, errOff
	}
	p.returns("done", err)
	if err == nil {
		return false, nil
	}
	switch p.driver.Classify(err).Outcome {
	case engines.Closed:
		return false, nil
	case engines.Poisoned:
		p.oracle.shake()
		return true, nil
	case engines.Indeterminate, engines.Unclear:
		p.oracle.shake()
	}
	if errors.Is(err, vfs.ErrInjected) || p.run.FaultsFired() > struck.fired || p.mayRefuse(p.run, err) || p.mayBeIncomplete(p.engine, err) {
		return false, nil
	}
	if struck.full && errors.Is(err, syscall.ENOSPC) {
		return false, nil
	}
	return false, core.Breachf(liveness, "%s failed without a fault to explain it: %v", what, err)
}

// excuses are what may explain an error of a call, as it was when the call began.
type excuses struct {
	fired int  // faults that had struck
	full  bool // the disk was
}

func (p *program) excuses() excuses { return excuses{p.run.FaultsFired(), p.full} }

// returns notes in the trace what a client was told: the error, or else the answer.
func (p *program) returns(answer string, err error) {
	if !p.run.Tracing() {
		return
	}
	if err != nil {
		answer = err.Error()
	}
	p.run.NoteReturn(answer)
}

// answered remembers what a client was told of an entry.
func (p *program) answered(number, lsn uint64, err error) error {
	return p.orReopen(p.hears(number, lsn, err))
}

// hears is answered, but leaves it to its caller to open a journal anew that is shut.
func (p *program) hears(number, lsn uint64, err error) (shut bool, breach error) {
	p.run.Mix(number<<32 | lsn)
	if err == nil {
		if err := p.acknowledged(number, lsn); err != nil {
			return false, err
		}
		if p.run.Tracing() {
			p.run.NoteReturn(fmt.Sprintf("acknowledged as LSN %d", lsn))
		}
		return false, nil
	}
	switch p.driver.Classify(err).Outcome {
	case engines.Indeterminate:
		p.oracle.learn(number, indeterminate)
		if number > p.oracle.settled { // not of a journal that was closed since
			p.stopped = true
		}
	case engines.Unclear:
		return false, core.Breachf(liveness, "Append failed, but neither refused nor indeterminate: %v", err)
	default:
		p.oracle.learn(number, refused)
		if errors.Is(err, syscall.ENOSPC) && number > p.oracle.settled {
			p.spaceRefused = true
		}
	}
	// It may have been written, and refused, by another client or some time ago.
	return p.explain("append of "+p.oracle.describe(number), err, excuses{p.run.FaultsFired(), p.wasFull})
}

// acknowledged remembers that an entry was acknowledged.
func (p *program) acknowledged(number, lsn uint64) error {
	err := p.oracle.acknowledge(number, lsn)
	if b, ok := errors.AsType[*core.Breach](err); ok && p.run.Suspends(b.Law) {
		return nil // a disk that lied took it
	}
	return err
}

// calls notes in the trace what a client is about to do with an entry.
func (p *program) calls(what string, number uint64) {
	if p.run.Tracing() {
		e := p.oracle.entries[number-1]
		p.run.NoteCall(fmt.Sprintf("%s entry %d (%s)", what, number, e.kind))
	}
}
