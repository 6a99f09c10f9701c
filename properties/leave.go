package properties

import (
	"context"
	"errors"
	"time"

	"powercut/journal"
	"powercut/sim/core"
	"powercut/vfs"
)

// patience is the context of a caller who gives up once the disk has done so many
// operations more: nothing else passes in a simulated run.
type patience struct {
	disk  *vfs.Disk
	until uint64
	err   error
	done  chan struct{}
}

// patient are the steps whose callers do not give up.
var patient = map[stepKind]stepKind{stepLeave: stepPush, stepLeaveWait: stepWait, stepLeaveSync: stepSync, stepLeaveRoll: stepRoll,
	stepLeaveSnapshot: stepSnapshot, stepLeavePrune: stepPrune}

// newPatience gives up after half as many operations as arg says, cancelled by someone
// if that is even, and by a deadline if it is odd.
func newPatience(disk *vfs.Disk, arg int) *patience {
	c := &patience{disk: disk, until: disk.Ops() + uint64(arg/2), err: context.Canceled, done: make(chan struct{})}
	if arg%2 == 1 {
		c.err = context.DeadlineExceeded
	}
	return c
}

// Deadline implements context.Context.
func (c *patience) Deadline() (time.Time, bool) { return time.Time{}, false }

// Done implements context.Context.
func (c *patience) Done() <-chan struct{} {
	_ = c.Err()
	return c.done
}

// Err implements context.Context.
func (c *patience) Err() error {
	select {
	case <-c.done:
		return c.err
	default:
	}
	if c.disk.Ops() < c.until {
		return nil
	}
	close(c.done)
	return c.err
}

// Value implements context.Context.
func (c *patience) Value(any) any { return nil }

// leave does one of the steps whose caller may give up.
func (p *program) leave(s step, waiting *[]pending, struck excuses) error {
	ctx := newPatience(p.run.Disk(), s.arg)
	e := p.engine
	j := e.journal()
	if j == nil {
		return nil
	}
	p.run.NoteCall(string(s.kind))
	switch s.kind {
	case stepLeave:
		return p.leaveAppend(s, ctx)
	case stepLeaveWait:
		return p.leaveWait(waiting, ctx)
	case stepLeaveRoll:
		defer p.oracle.rollBegins()()
		err := j.Roll(ctx)
		return p.leaves(e, ctx, "roll", err, func() error { return p.rolled(e, "roll", err, struck) })
	case stepLeaveSnapshot:
		p.oracle.snapshotBegins()
		defer p.oracle.rollBegins()()
		err := j.Snapshot(ctx)
		return p.leaves(e, ctx, "snapshot", err, func() error { return p.rolled(e, "snapshot", err, struck) })
	case stepLeavePrune:
		p.oracle.pruneBegins()
		err := j.Prune(ctx)
		return p.leaves(e, ctx, "prune", err, func() error { return p.pruned(e, err, struck) })
	}
	upTo := p.oracle.syncing()
	err := j.Sync(ctx)
	return p.leaves(e, ctx, "sync", err, func() error { return p.synced(e, upTo, *waiting, err, struck) })
}

// leaves judges the end of a call other than an append whose caller may have given up:
// then it was refused, and nothing was done.
func (p *program) leaves(e *opened, ctx *patience, what string, err error, otherwise func() error) error {
	if !hasLeft(ctx, err) {
		return otherwise()
	}
	if err := p.judgeVerdict(e, what, err); err != nil {
		return err
	}
	if p.run.PowerIsOff() {
		return errOff
	}
	p.returns("", err)
	if !errors.Is(err, journal.ErrRefused) {
		return core.Breachf(saysWhatIsSo, "the caller of %s gave up while others wrote, and was told: %v", what, err)
	}
	return nil
}

// leaveAppend appends a push whose caller may give up.
func (p *program) leaveAppend(s step, ctx *patience) error {
	hopeless := ctx.Err() != nil
	number, entry := p.issue(s)
	stopped, e := p.stopped, p.engine
	lsn, err := e.journal().Append(ctx, journal.Entry{Payload: entry.Payload, Restricted: entry.Restricted})
	if p.run.PowerIsOff() {
		return errOff
	}
	if err := p.judgeVerdictUnless(hasLeft(ctx, err), e, "append", err); err != nil {
		return err
	}
	switch {
	case err == nil && stopped && e == p.engine:
		return core.Breachf(failStop, "%s was acknowledged as LSN %d after an fsync had failed", p.oracle.describe(number), lsn)
	case !hasLeft(ctx, err):
		return p.answered(number, lsn, err)
	}
	p.run.Mix(number)
	p.returns("", err)
	if hopeless != errors.Is(err, journal.ErrRefused) || hopeless == errors.Is(err, journal.ErrIndeterminate) {
		return core.Breachf(saysWhatIsSo, "the caller of an append gave up (before it began: %v), and was told: %v", hopeless, err)
	}
	if hopeless {
		e.told.refusals++
		p.oracle.learn(number, refused)
		return nil
	}
	e.told.outstanding++
	p.oracle.learn(number, indeterminate)
	return nil
}

// judgeVerdictUnless is judgeVerdict for a call whose caller did not give up.
func (p *program) judgeVerdictUnless(left bool, e *opened, what string, err error) error {
	if left {
		return nil
	}
	return p.judgeVerdict(e, what, err)
}

// leaveWait waits for the entry that the client accepted first, and may give up: then
// it can wait for it again.
func (p *program) leaveWait(waiting *[]pending, ctx *patience) error {
	if len(*waiting) == 0 {
		return nil
	}
	next := (*waiting)[0]
	lsn, err := next.Leave(ctx)
	if p.run.PowerIsOff() {
		return errOff
	}
	if hasLeft(ctx, err) {
		p.returns("", err)
		if !errors.Is(err, journal.ErrIndeterminate) || errors.Is(err, journal.ErrRefused) {
			return core.Breachf(saysWhatIsSo, "the caller of Wait gave up, and was told: %v", err)
		}
		return nil
	}
	*waiting = (*waiting)[1:]
	return p.heard(next, lsn, err)
}
