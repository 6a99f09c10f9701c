package properties

import (
	"errors"

	"powercut/journal"
)

// trespass does what a version of the original does that locks nothing: it appends entries
// to the log while the journal is open. They are nobody's: the journal writes over them,
// or finds them behind its end and keeps them aside. But nothing of its own may get lost
// by that, and nothing be refused. Directly behind the marker of a Close they would be
// taken over, torn or not, so that is left out.
func (p *program) trespass(count int) error {
	j := p.engine.journal()
	if j == nil || p.reopening || p.busy > 1 || p.w.full > 0 || p.run.FaultStruck() || errors.Is(j.Err(), journal.ErrClosed) || !endsUnsealed(p.run.Disk().Tree()[base+".log"]) {
		return nil
	}
	p.reopening, p.trespassing = true, true // nobody closes it meanwhile, or makes an archive of what is appended to
	defer func() { p.reopening, p.trespassing = false, false }()
	var log []byte
	for range count {
		number, e := p.issue(step{kind: stepPush})
		p.oracle.learn(number, indeterminate)
		log = append(log, originalFrame(e)...)
	}
	p.run.NoteCall("another program appends to the open log")
	p.trespassed += int64(len(log))
	err := p.run.WithoutFaults(func() error { return appendTo(p.run.Disk(), base+".log", log, true) })
	if p.run.PowerIsOff() {
		return errOff
	}
	p.returns("done", err)
	return nil // if it failed, nothing was appended
}

// endsUnsealed says whether the last marker of a log is none of a Close.
func endsUnsealed(log []byte) bool {
	unsealed := false
	for _, f := range framesIn(log) {
		if f.marker != nil {
			unsealed = !f.marker.Sealed
		}
	}
	return unsealed
}
