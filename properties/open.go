package properties

import (
	"errors"
	"syscall"

	"powercut/properties/engines"
	"powercut/sim/core"
	"powercut/vfs"
)

// open opens the journal of the epoch, judges what it recovered, and makes the names
// that the entries change.
func (p *program) open() error {
	e, err := p.openJudged()
	if err != nil {
		return err
	}
	return p.makeNames(e)
}

// openJudged opens the journal and judges what it recovered. Where faults keep the journal
// shut it tries again, and in the end gives up.
func (p *program) openJudged() (*opened, error) {
	var err error
	for range openAttempts {
		struck, wasFull := p.run.FaultsFired(), p.full
		p.run.NoteCall("open")
		before := p.run.Disk().Tree()
		var e *opened
		e, err = p.openEngine(p.run, p.run.Disk(), p.run.Monitor())
		if p.run.PowerIsOff() {
			return nil, errOff
		}
		p.returns("done", err)
		if err := p.judgeNoDirSync(before, err); err != nil {
			return nil, err
		}
		if err != nil && p.full && p.mayLackSpace(p.run.Disk(), err, p.sinceOpen(vfs.ProcessCrash), p.run.Suspends) {
			p.freeDisk()
			continue
		}
		if wasFull && !p.full && errors.Is(err, syscall.ENOSPC) {
			continue // another client made space meanwhile: whether Open could do without, nobody can tell
		}
		if err == nil {
			if p.copying && !p.copyGivenUp() {
				p.copying = false // from here on what Open reports is durable
				p.oracle.changed(3)
			}
			return e, p.adopt(e)
		}
		if err := p.refusedToOpen(err, struck); err != nil {
			return nil, err
		}
	}
	return nil, errOff
}

// refusedToOpen judges an Open that failed, since that many faults had struck, and does
// what a lawful refusal asks for. It returns nil if it is worth another attempt.
func (p *program) refusedToOpen(err error, struck int) error {
	switch {
	case p.mayRepair(err):
		return p.repair()
	case p.mayLose(err):
		return p.acceptLoss()
	case p.mayRefuse(p.run, err):
		return errOff
	case !errors.Is(err, vfs.ErrInjected) && p.run.FaultsFired() == struck:
		return p.openBreach(err)
	case p.busy > 1:
		return nil // another client is at work, and may have something open
	}
	return p.judgeLeftOpen()
}

// adopt judges what an Open recovered, which counts as acknowledged from then on. Only
// then do other clients get to see the engine.
func (p *program) adopt(e *opened) error {
	struck := p.run.FaultsFired()
	got, err := e.readBack(p.oracle)
	if p.run.PowerIsOff() {
		return errOff
	}
	if err != nil {
		_ = e.Close() // nobody gets to see this engine
		if b, ok := errors.AsType[*core.Breach](err); ok && !p.run.Suspends(b.Law) {
			return b // no fault explains what was served
		}
		explained := p.run.FaultsFired() > struck || p.mayRefuse(p.run, err)
		if explained {
			return errOff
		}
		return p.giveUp("reading back", err)
	}
	if err := judgeRecovery(e, p.wasFull || p.run.FaultStruck()); err != nil {
		return err
	}
	if err := p.judgeTakenOver(e); err != nil {
		return err
	}
	if p.purgeUndone(p.run, got) {
		_ = e.Close() // nobody gets to see this engine
		return errOff
	}
	if err := p.oracle.judge(got, p.sinceOpen(vfs.ProcessCrash), p.run.Suspends); err != nil {
		if p.copyGivenUp() {
			_ = e.Close() // nobody gets to see this engine
			return errOff
		}
		return err
	}
	if l := p.oracle.loss; l != nil { // a Repair had accepted it, and died before it said so
		if p.older = nil; l.want.Removed {
			p.forgetFiles()
		}
	}
	if err := p.oracle.adopt(got); err != nil {
		_ = e.Close() // nobody gets to see this engine
		return err
	}
	if !p.run.Disk().Failed() {
		p.oracle.filesystemWorks()
	}
	e.watch(p.oracle)
	p.remembersKept()
	p.stopped, p.spaceRefused, p.powerCut, p.foreign = false, false, false, foreign{}
	_, e.named = got.state["l"]
	if e.named || p.engine == nil {
		p.engine = e
	}
	return nil
}

// makeNames has an engine that was opened make the names that the entries change, unless
// they are in what it recovered. If that shuts it, who is opening the journal opens it
// anew: to reopen it is to wait for who is, which is the caller.
func (p *program) makeNames(e *opened) error {
	if e.named {
		p.nameless = false
		return nil
	}
	shut, err := p.appendTo(e, step{kind: stepInit})
	p.engine = e
	if shut {
		return p.closeAndOpen(nil)
	}
	if p.nameless = len(p.oracle.byLSN) == 0; err == nil && p.nameless {
		err = errOff // refused; without the names the other entries mean nothing
	}
	return err
}

// openBreach names the law that an Open breaks by refusing.
func (p *program) openBreach(err error) error {
	if p.full && errors.Is(err, syscall.ENOSPC) {
		return fullBreach(err)
	}
	if p.damaged(err) {
		return core.Breachf(tailForgiven, "Open refused what a crash left: %v", err)
	}
	return core.Breachf(liveness, "Open failed without a fault to explain it: %v", err)
}

// mayRefuse says whether an error of Open is a refusal that the faults of the run
// excuse.
func (p *program) mayRefuse(r *core.Run, err error) bool {
	return p.damaged(err) && (r.Suspends(acknowledgedDurable) || p.copyGivenUp()) || p.mayLose(err)
}

// copyGivenUp says whether an fsync failed since somebody copied files into place, and
// before an Open succeeded: it may have given up what was copied.
func (p *program) copyGivenUp() bool {
	return p.copying && p.run.SuspendsNow(asyncPrefix+"/process-crash")
}

// damaged says whether an error of Open or Repair means that the files are damaged.
func (p *program) damaged(err error) bool { return p.driver.Classify(err).Damage != engines.NoDamage }

// shut says whether an error means that the engine takes nothing more until it is
// opened anew.
func (p *program) shut(err error) bool {
	outcome := p.driver.Classify(err).Outcome
	return outcome == engines.Poisoned || outcome == engines.Closed
}

// sinceOpen is PowerCut if there was one since an Open last told what there is,
// and kind otherwise.
func (p *program) sinceOpen(kind vfs.CrashKind) vfs.CrashKind {
	if p.powerCut {
		return vfs.PowerCut
	}
	return kind
}

// openAttempts is how often a client opens again after a fault kept the
// journal shut.
const openAttempts = 3
