package properties

import (
	"powercut/sim/core"
	"powercut/vfs"
)

// finish judges the running journal after the clients came to their end, and closes
// it.
func (p *program) finish() error {
	if p.run.PowerIsOff() {
		return errOff
	}
	if err := p.judgeLive(); err != nil {
		return err
	}
	if err := p.judgeSpace(); err != nil {
		return err
	}
	if err := p.judgeLiveBackups(); err != nil {
		return err
	}
	if err := p.judgeBounds(); err != nil {
		return err
	}
	p.run.NoteCall("close")
	err := p.engine.Close()
	if p.run.PowerIsOff() {
		return errOff
	}
	p.returns("done", err)
	if err := p.judgeLeftOpen(); err != nil {
		return err
	}
	if err := p.judgeClose(p.engine, err); err != nil {
		return err
	}
	if err == nil {
		p.oracle.hasSynced(p.oracle.syncing())
		p.closed = true
		return nil
	}
	p.oracle.shake()
	if p.shut(err) {
		return nil
	}
	return p.giveUp("Close", err)
}

// judgeSpace expects a journal that refused an entry for lack of space to work again
// once there is some, without being opened anew.
func (p *program) judgeSpace() error {
	if !p.spaceRefused || p.stopped {
		return nil
	}
	p.run.StopFaults()
	p.freeDisk()
	s := step{kind: stepPush}
	if len(p.oracle.byLSN) == 0 {
		s.kind = stepInit // the names that a push changes were refused, or lost
	}
	number, e := p.issue(s)
	p.calls("append", number)
	lsn, err := p.engine.Append(e)
	if p.run.PowerIsOff() {
		return errOff
	}
	p.returns("acknowledged", err)
	if p.shut(err) {
		p.oracle.learn(number, refused)
		return nil // something else went wrong since
	}
	if err != nil {
		return core.Breachf(spaceReturns, "there is space again, but Append still fails: %v", err)
	}
	return p.oracle.acknowledge(number, lsn)
}

// judgeLive compares the state of the running machine with the entries that it
// was given.
func (p *program) judgeLive() error {
	if p.foreign.entries > 0 || p.oracle.loss != nil {
		return nil // another program appended to what nobody could open since, or it rotted
	}
	got, err := p.engine.running(p.oracle)
	if err != nil {
		return err
	}
	return p.oracle.judge(got, vfs.ProcessCrash, p.run.Suspends)
}
