package properties

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"syscall"

	"github.com/google/go-cmp/cmp"

	"powercut/faults"
	"powercut/sim/core"
	"powercut/vfs"
)

// Recover implements core.Program: it opens what a crash left and judges what comes
// back. In a share of the recoveries it looks closer, which takes several times as
// long.
func (p *program) Recover(r *core.Run, c *core.Crash) error {
	if p.copying {
		return nil // what somebody copies there is not the journal's yet
	}
	if _, err := c.Disk().Stat(path.Dir(base)); errors.Is(err, fs.ErrNotExist) {
		return p.oracle.judge(recovered{first: 1, state: map[string]any{}}, p.sinceOpen(c.Kind), r.Suspends)
	}
	if p.lostNames(c) {
		return p.withoutNames(r, c)
	}
	if err := p.judgeMark(r, c.Disk()); err != nil {
		return err
	}
	claimed := r.OnlyFault(faults.WriteFlip) && p.allClaimed(c.Disk())
	got, err := p.recoverOnce(r, c, c.Disk())
	if err != nil || got == nil {
		return err
	}
	if claimed {
		if err := p.judgeDamage(got); err != nil {
			return err
		}
	}
	r.Mix(got.lsn)
	thorough := r.Thorough()
	if thorough || p.repaired {
		c.EndRecovery()
		if err := p.judgeKeptTails(r, c); err != nil {
			return err
		}
		tree := c.Disk().Tree()
		if err := p.judgeLeft(r, tree); err != nil {
			return err
		}
		if err := p.keepsKept(r, tree); err != nil {
			return err
		}
	}
	if !thorough {
		return p.lookAtFew(r, c, got)
	}
	return p.lookCloser(r, c, got)
}

// lookAtFew makes the checks that are worth it of few images only, and of these each time.
func (p *program) lookAtFew(r *core.Run, c *core.Crash, got *recovered) error {
	size, err := sizeOfLog(c)
	switch {
	case p.w.large() && err == nil && size > pieceBytes: // a tail of several pieces
		return p.judgeAgreement(r, c)
	case errors.Is(err, fs.ErrNotExist): // the middle of a roll
		return p.judgeAtRest(r, c, got)
	}
	return nil
}

// lookCloser makes the checks that take several times as long as the recovery.
func (p *program) lookCloser(r *core.Run, c *core.Crash, got *recovered) error {
	if err := p.judgeBackups(r, c.Disk()); err != nil {
		return err
	}
	if err := p.judgeAtRest(r, c, got); err != nil {
		return err
	}
	if err := p.judgeAgreement(r, c); err != nil {
		return err
	}
	for strike := range p.strikes(c) {
		if err := p.judgeDamaged(r, c, placeOf(c)*2654435761+got.lsn*40503+uint64(len(p.oracle.entries))*97+strike*6364136223846793005); err != nil {
			return err
		}
	}
	if n := placeOf(c); n%2 == 0 {
		if err := p.judgeSynced(r, c, n*0x9e3779b97f4a7c15>>20); err != nil {
			return err
		}
	}
	if err := p.recoverAgain(r, c.Disk(), got); err != nil {
		return err
	}
	if err := p.goOn(r, c.Disk(), got); err != nil {
		return err
	}
	if p.w.full > 0 {
		if err := p.recoverFull(r, c, got); err != nil {
			return err
		}
	}
	if err := p.judgeReadErrors(c); err != nil {
		return err
	}
	if p.can.Markers && placeOf(c)%2 == 1 {
		if err := p.recoverMisread(r, c); err != nil {
			return err
		}
	}
	return p.recoverWithReadError(r, c)
}

// strikes is how often what a crash left is damaged: where the log is read in several
// pieces most places are like one another, and few are where two pieces meet.
func (p *program) strikes(c *core.Crash) uint64 {
	if size, err := sizeOfLog(c); err == nil && size > pieceBytes {
		return 6
	}
	return 1
}

// pieceBytes is as much of a log as the journal reads at once.
const pieceBytes = 256 << 10

// sizeOfLog returns how long the log is that a crash left, in bytes. To look at the
// recovery's own disk would be an operation of it.
func sizeOfLog(c *core.Crash) (int64, error) {
	disk := c.Mount(nil)
	defer disk.Release()
	info, err := disk.Stat(base + ".log")
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// allClaimed says whether something durable claims all that was acknowledged. That is
// so in a journal that was closed, and in the middle of a roll, when no log has the
// active one's name: the log was synced before it was renamed. Of a journal that began
// with a log without markers, only closing it claims anything.
func (p *program) allClaimed(disk *vfs.Disk) bool {
	if p.closed || p.w.legacyLog.present() {
		return p.closed
	}
	_, err := disk.Stat(base + ".log")
	return errors.Is(err, fs.ErrNotExist)
}

// judgeDamage expects a journal that is claimed as a whole, and in which one bit
// rotted, to be refused rather than cut short. Whatever bit that is, something that
// is whole claims it durable, or no entry depends on it.
func (p *program) judgeDamage(got *recovered) error {
	if promised := uint64(len(p.oracle.byLSN)); got.lsn < promised && !p.oracle.purging && p.oracle.loss == nil {
		return core.Breachf(damageRefused, "one bit of a journal that was closed, or in the middle of a roll, rotted; recovery reached LSN %d of %d instead of refusing", got.lsn, promised)
	}
	return nil
}

// recoverOnce opens what a crash left on a disk, judges and closes. It returns nil
// and no error where damage entitled Open to refuse.
func (p *program) recoverOnce(r *core.Run, c *core.Crash, disk *vfs.Disk) (*recovered, error) {
	kind := p.sinceOpen(c.Kind)
	// A recovery that was interrupted had the journal open, and may have set room
	// aside in it.
	closed := p.closed && c.Before == nil
	if p.w.full > 0 {
		fill(disk)
		defer makeSpace(disk)
	}
	e, err := p.openCrashed(r, disk, kind)
	if e == nil || err != nil {
		return nil, err
	}
	if tail := e.found.TailBytes; tail > p.trespassed && closed && !r.Suspends(acknowledgedDurable) {
		_ = e.Close() // nobody gets to see this engine
		return nil, closedWithTail(tail)
	}
	if err := judgeRecovery(e, p.w.full > 0); err != nil {
		return nil, err
	}
	got, err := e.readBack(p.oracle)
	if err == nil && p.purgeUndone(r, got) {
		_ = e.Close() // of a journal that was removed
		return nil, nil
	}
	if err == nil {
		err = p.oracle.judge(got, kind, r.Suspends)
	} else if p.mayRefuse(r, err) {
		_ = e.Close() // damaged, and said so; but the state was served
		return nil, p.oracle.judgeServed(got)
	}
	makeSpace(disk)
	if closeErr := e.Close(); err == nil && closeErr != nil {
		err = core.Breachf(liveness, "Close of a recovered journal failed: %v", closeErr)
	}
	if err == nil && !disk.Failed() {
		err = leftOpen(disk)
	}
	return &got, err
}

// openCrashed opens what a crash left, and does before that what a lawful refusal
// asks for: repairs, makes space, or opens again. It returns nil and no error where
// damage entitled Open to refuse.
func (p *program) openCrashed(r *core.Run, disk *vfs.Disk, kind vfs.CrashKind) (*opened, error) {
	e, err := p.openEngine(r, disk, nil)
	for range openAttempts {
		if p.mayRepair(err) {
			if err := p.repairOnce(r, disk); err != nil {
				return nil, err
			}
			e, err = p.openEngine(r, disk, nil)
		}
		// An fsync that failed before the crash may be reported only now.
		if errors.Is(err, vfs.ErrInjected) {
			e, err = p.openEngine(r, disk, nil)
		}
		if p.w.full > 0 && p.mayLackSpace(disk, err, kind, r.Suspends) {
			makeSpace(disk)
			e, err = p.openEngine(r, disk, nil)
		}
	}
	switch {
	case err == nil:
		return e, nil
	case p.mayRefuse(r, err):
		return nil, nil
	case p.w.full > 0 && errors.Is(err, syscall.ENOSPC):
		return nil, fullBreach(err)
	}
	return nil, p.openBreach(err)
}

// repairOnce runs Repair on what a crash left. Damage that excuses Open excuses it
// too.
func (p *program) repairOnce(r *core.Run, disk *vfs.Disk) error {
	makeSpace(disk) // what is cut off needs some to be kept, and nobody can do without
	err := p.repairDisk(disk)
	if errors.Is(err, vfs.ErrInjected) {
		err = p.repairDisk(disk) // an fsync that failed before the crash, reported only now
	}
	if p.mayRefuse(r, err) {
		return nil // Open will refuse as well
	}
	if err != nil {
		return core.Breachf(tailForgiven, "Repair of a torn tail failed on what a crash left: %v", err)
	}
	return nil
}

// recoverAgain expects the same state from a second recovery, and that the first one
// left it nothing to cut off or to complete.
func (p *program) recoverAgain(r *core.Run, disk *vfs.Disk, first *recovered) error {
	var got recovered
	err := p.withOpen(r, disk, func(e *opened) (err error) {
		if tail, step := e.found.TailBytes, e.found.Step; tail > 0 || step != "" {
			return fmt.Errorf("it still finds a tail of %d bytes, or a step to complete: %s", tail, step)
		}
		got, err = e.readBack(p.oracle)
		return err
	})
	if err != nil {
		return core.Breachf(recoveryIdempotent, "the second recovery failed: %v", err)
	}
	if !first.same(got) {
		diff := cmp.Diff(*first, got, cmp.AllowUnexported(recovered{}))
		return &core.Breach{Law: recoveryIdempotent, What: "the second recovery gave another state", Diff: diff}
	}
	return nil
}

// probe is the number of entries that no client appended, but the harness itself.
const probe = 1 << 40

// goOn appends to the recovered journal, closes it, and expects the entry to be there
// when it is opened again.
func (p *program) goOn(r *core.Run, disk *vfs.Disk, before *recovered) error {
	if _, made := before.state["l"]; !made {
		return nil // the names that entries change are not there yet
	}
	err := p.withOpen(r, disk, func(e *opened) error {
		lsn, err := e.Append(entryOf(stepCount, 0, probe))
		if err == nil && lsn != before.lsn+1 {
			return core.Breachf(nothingInvented, "the first append after recovery got LSN %d, want %d", lsn, before.lsn+1)
		}
		return err
	})
	if err != nil {
		return asLiveness("append after recovery", err)
	}
	want := copyState(before.state)
	model(want, stepCount, 0, probe)
	return asLiveness("open after an append that followed recovery", p.withOpen(r, disk, func(e *opened) error {
		state, err := e.state()
		if err != nil {
			return err
		}
		if !sameState(want, state) {
			law, _ := p.oracle.promise(vfs.ProcessCrash)
			return &core.Breach{Law: law, What: "an entry appended after recovery, acknowledged and closed, did not come back", Diff: cmp.Diff(want, state)}
		}
		return nil
	}))
}

// withOpen opens the journal on a disk that nobody else uses, calls f, and closes it.
func (p *program) withOpen(r *core.Run, disk *vfs.Disk, f func(*opened) error) error {
	e, err := p.openEngine(r, disk, nil)
	if err != nil {
		return err
	}
	err = f(e)
	if closeErr := e.Close(); err == nil {
		err = closeErr
	}
	return err
}

// asLiveness makes a breach of liveness of an error that is no breach yet.
func asLiveness(what string, err error) error {
	if _, ok := errors.AsType[*core.Breach](err); ok || err == nil {
		return err
	}
	return core.Breachf(liveness, "%s failed: %v", what, err)
}
