package properties

import (
	"errors"
	"strings"

	"powercut/journal"
	"powercut/properties/engines"
	"powercut/sim/core"
)

// pending is an entry that was accepted, and that its client has not waited for yet.
type pending struct {
	engines.Ticket
	number uint64
	engine *opened // that accepted it
}

// client runs the script of a client, up to the end or until the power is off.
func (p *program) client(steps script) error {
	var waiting []pending
	for _, s := range steps {
		p.run.Yield()
		if p.trespassing {
			p.run.WaitUntil(func() bool { return !p.trespassing })
		}
		if p.run.PowerIsOff() || p.nameless {
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

// step does one step of a client, and judges what the journal counts then.
func (p *program) step(s step, waiting *[]pending) error {
	p.busy++
	defer func() { p.busy-- }()
	if err := p.take(s, waiting); err != nil {
		return err
	}
	if err := p.judgeAppended(); err != nil {
		return err
	}
	return p.judgeStats()
}

// take does one step of a client.
func (p *program) take(s step, waiting *[]pending) error {
	struck := p.excuses()
	switch s.kind {
	case stepAsync, stepAsyncMistake:
		return p.accept(s, waiting)
	case stepMistakes:
		for range s.arg {
			if err := p.accept(step{kind: stepAsyncMistake}, waiting); err != nil {
				return err
			}
		}
		return p.wait(waiting)
	case stepWait:
		return p.wait(waiting)
	case stepSync, stepSnapshot, stepRoll, stepPrune:
		return p.operate(s.kind, *waiting, struck)
	case stepReopen, stepRepair, stepPurge, stepForeign, stepLoss:
		return p.reopen(p.whileClosed(s))
	case stepTrespass:
		return p.trespass(1 + s.arg)
	case stepBackup:
		p.run.NoteCall(string(s.kind))
		return p.backup()
	case stepBad:
		p.run.NoteCall(string(s.kind))
		return p.appendBad(s)
	case stepLeave, stepLeaveWait, stepLeaveSync, stepLeaveRoll, stepLeaveSnapshot, stepLeavePrune:
		return p.leave(s, waiting, struck)
	case stepFollow:
		return p.follow(s)
	case stepIntrude:
		return p.intrude(s)
	}
	return p.append(s)
}

// whileClosed is what a step does to the closed journal; nil: nothing.
func (p *program) whileClosed(s step) func() error {
	switch {
	case s.kind == stepReopen && s.arg > 0:
		return p.openWithoutLeave
	case s.kind == stepRepair && p.can.Repairs:
		return p.runRepair
	case s.kind == stepPurge:
		return p.purge
	case s.kind == stepLoss:
		return func() error { return p.lose(s.arg) }
	case s.kind == stepForeign:
		return func() error {
			f := foreignAppendOf(s.arg)
			if err := p.appendForeign(f); err != nil || !f.withoutLeave {
				return err
			}
			return p.openWithoutLeave()
		}
	}
	return nil
}

// operate does a step that owns the journal's files while it works.
func (p *program) operate(kind stepKind, waiting []pending, struck excuses) error {
	p.run.NoteCall(string(kind))
	e := p.engine
	switch kind {
	case stepSnapshot:
		p.oracle.snapshotBegins()
		defer p.oracle.rollBegins()()
		return p.rolled(e, "snapshot", e.Snapshot(), struck)
	case stepRoll:
		defer p.oracle.rollBegins()()
		return p.rolled(e, "roll", e.Roll(), struck)
	case stepPrune:
		p.oracle.pruneBegins()
		return p.pruned(e, e.Prune(), struck)
	}
	upTo := p.oracle.syncing()
	return p.synced(e, upTo, waiting, e.Sync(), struck)
}

// synced judges the end of a Sync.
func (p *program) synced(e *opened, upTo uint64, waiting []pending, err error, struck excuses) error {
	if err := p.judgeVerdict(e, "sync", err); err != nil {
		return err
	}
	if err == nil && !p.run.PowerIsOff() {
		p.oracle.hasSynced(upTo)
		if err := p.judgeSettled(waiting); err != nil {
			return err
		}
		if err := p.judgeAllDurable(e, "Sync"); err != nil {
			return err
		}
	}
	return p.checkAnswer("sync", err, struck)
}

// judgeAllDurable expects the journal to say that all is durable, right after what makes
// it so.
func (p *program) judgeAllDurable(e *opened, what string) error {
	j := e.journal()
	if j == nil || errors.Is(j.Err(), journal.ErrClosed) {
		return nil
	}
	if s := j.Stats(); s.DurableLSN != s.LastLSN {
		return core.Breachf(saysWhatIsSo, "%s succeeded, and Stats says that LSN %d is the last and LSN %d durable", what, s.LastLSN, s.DurableLSN)
	}
	return nil
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

// rolled judges the end of what makes an archive, and looks at the archives.
func (p *program) rolled(e *opened, what string, err error, struck excuses) error {
	if what == "snapshot" && !p.run.PowerIsOff() {
		p.oracle.snapshotEnds()
	}
	if err := p.judgeVerdict(e, what, err); err != nil {
		return err
	}
	if err == nil && what == "snapshot" {
		e.told.snapshots++
		if err := p.judgeIncomplete(e); err != nil {
			return err
		}
	} else if err == nil {
		e.told.rolls++
	} else if what == "snapshot" && strings.Contains(err.Error(), "the snapshot is durable, but not the roll") {
		e.told.unrolled++
	}
	if err := p.checkAnswer(what, err, struck); err != nil {
		return err
	}
	if err != nil {
		return nil
	}
	if err := p.judgeAllDurable(e, what); err != nil {
		return err
	}
	if err := p.judgeArchives(); err != nil {
		return err
	}
	return p.judgeFiles(e, false)
}

// pruned judges the end of a Prune, and looks at what is left.
func (p *program) pruned(e *opened, err error, struck excuses) error {
	if !p.run.PowerIsOff() {
		p.prunes++
		p.oracle.pruneEnds()
	}
	if err := p.judgeVerdict(e, "prune", err); err != nil {
		return err
	}
	if breach := p.checkAnswer("prune", err, struck); breach != nil || err != nil {
		return breach
	}
	return p.judgeFiles(e, true)
}

// append appends an entry and remembers what the client was told.
func (p *program) append(s step) error { return p.orReopen(p.appendTo(p.engine, s)) }

// appendTo is append to an engine that other clients may not know yet. Where that is shut,
// it is left to the caller to open the journal anew.
func (p *program) appendTo(e *opened, s step) (shut bool, breach error) {
	number, entry := p.issue(s)
	p.calls("append", number)
	stopped, before := p.stopped, p.engine
	lsn, err := e.Append(entry)
	if p.run.PowerIsOff() {
		return false, errOff
	}
	if err := p.judgeVerdict(e, "append", err); err != nil {
		return false, err
	}
	if err == nil && stopped && before == p.engine {
		return false, core.Breachf(failStop, "%s was acknowledged as LSN %d after an fsync had failed", p.oracle.describe(number), lsn)
	}
	return p.hears(number, lsn, err)
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
	e := p.engine
	lsn, err := e.Append(badEntry(s.arg))
	if p.run.PowerIsOff() {
		return errOff
	}
	if err == nil {
		return core.Breachf(badInput, "an entry that can't be read back (bad input %d) was accepted as LSN %d", s.arg, lsn)
	}
	if err := p.judgeVerdict(e, "append", err); err != nil {
		return err
	}
	if p.can.Whole {
		if err := judgeRefusedInput(s.arg, err); err != nil {
			return err
		}
	}
	p.returns("", err)
	return nil
}

// accept appends an entry without waiting for it.
func (p *program) accept(s step, waiting *[]pending) error {
	number, entry := p.issue(s)
	p.calls("accept", number)
	e := p.engine
	t, err := e.Accept(entry)
	if p.run.PowerIsOff() {
		return errOff
	}
	if err := p.judgeVerdict(e, "accept", err); err != nil {
		return err
	}
	if err != nil {
		return p.answered(number, 0, err)
	}
	p.returns("accepted, not yet durable", nil)
	p.oracle.learn(number, accepted)
	*waiting = append(*waiting, pending{t, number, e})
	e.told.outstanding++
	if !p.w.async || !p.can.Whole {
		return nil
	}
	return p.judgeAccepted(t, number)
}

// judgeAccepted expects an entry that was accepted in async mode to be acknowledged: it
// has left the process.
func (p *program) judgeAccepted(t engines.Ticket, number uint64) error {
	if !t.Done() {
		return core.Breachf(saysWhatIsSo, "%s was accepted in async mode and has not left the process", p.oracle.describe(number))
	}
	lsn, err := t.Wait() // at once
	if err != nil {
		return core.Breachf(saysWhatIsSo, "%s was accepted in async mode, and Wait says: %v", p.oracle.describe(number), err)
	}
	return p.acknowledged(number, lsn)
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
		if err := p.heard(next, lsn, err); err != nil {
			return err
		}
	}
	return nil
}

// heard judges what the client was told in the end of an entry that it accepted.
func (p *program) heard(next pending, lsn uint64, err error) error {
	next.engine.told.outstanding--
	if err := p.judgeVerdict(next.engine, "wait", err); err != nil {
		return err
	}
	if err == nil {
		if err := p.judgeEvalErr(next.engine, next.Ticket, next.number, lsn); err != nil {
			return err
		}
	}
	return p.answered(next.number, lsn, err)
}
