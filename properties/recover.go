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

// Recover implements core.Program: it opens what a crash left, judges what comes
// back, and in a share of the recoveries looks closer.
func (p *program) Recover(r *core.Run, c *core.Crash) error {
	if p.copying {
		return nil // what somebody copies there is not the journal's yet
	}
	if _, err := c.Disk().Stat(path.Dir(base)); errors.Is(err, fs.ErrNotExist) {
		return p.oracle.judge(recovered{first: 1, state: map[string]any{}}, p.sinceOpen(c.Kind), r.Suspends)
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
	}
	if !thorough {
		return nil
	}
	if err := p.judgeBackups(r, c.Disk()); err != nil {
		return err
	}
	if err := p.judgeAtRest(r, c, got); err != nil {
		return err
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
	return p.recoverWithReadError(r, c)
}

// allClaimed says whether something durable claims all that was acknowledged: in
// a journal that was closed, and in the middle of a roll, where the active log has
// given its name up. A log without markers claims nothing.
func (p *program) allClaimed(disk *vfs.Disk) bool {
	if p.closed || p.w.legacyLog.present() {
		return p.closed
	}
	_, err := disk.Stat(base + ".log")
	return errors.Is(err, fs.ErrNotExist)
}

// judgeDamage expects a journal that is claimed as a whole to be refused rather
// than cut short, if one bit in it rotted: whatever bit that is, something that is
// whole claims it durable, or nothing depends on it.
func (p *program) judgeDamage(got *recovered) error {
	if promised := uint64(len(p.oracle.byLSN)); got.lsn < promised {
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
	if tail := e.found.TailBytes; tail > 0 && closed && !r.Suspends(acknowledgedDurable) {
		_ = e.Close() // nobody gets to see this engine
		return nil, closedWithTail(tail)
	}
	got, err := e.readBack(p.oracle)
	if err == nil {
		err = p.oracle.judge(got, kind, r.Suspends)
	} else if p.mayRefuse(r, err) {
		_ = e.Close() // damaged, and said so
		return nil, nil
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

// repairOnce repairs what a crash left.
func (p *program) repairOnce(r *core.Run, disk *vfs.Disk) error {
	makeSpace(disk) // what is cut off needs some to be kept, and nobody can do without
	err := p.driver.Repair(disk, base)
	if errors.Is(err, vfs.ErrInjected) {
		err = p.driver.Repair(disk, base) // an fsync that failed before the crash, reported only now
	}
	if p.mayRefuse(r, err) {
		return nil // Open will refuse as well
	}
	if err != nil {
		return core.Breachf(tailForgiven, "Repair of a torn tail failed on what a crash left: %v", err)
	}
	return nil
}

// recoverAgain expects the same state from a second recovery.
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

// probe is the number of an entry that no client has.
const probe = 1 << 40

// goOn appends to the recovered journal and expects to find the entry there
// again.
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

func asLiveness(what string, err error) error {
	if _, ok := errors.AsType[*core.Breach](err); ok || err == nil {
		return err
	}
	return core.Breachf(liveness, "%s failed: %v", what, err)
}

// recoverWithReadError opens the same image with one read failing, and then
// without.
func (p *program) recoverWithReadError(r *core.Run, c *core.Crash) error {
	reads := &failingRead{nth: 1 + int(c.Step%7)}
	disk := c.Mount(reads)
	defer disk.Release()
	makeSpace(disk)
	e, err := p.openEngine(r, disk, nil)
	switch {
	case err == nil:
		got, err := e.readBack(p.oracle)
		_ = e.Close() // what it left is judged below
		if reads.fired && err == nil {
			if err := p.oracle.judge(got, p.sinceOpen(c.Kind), r.Suspends); err != nil {
				return core.Breachf(readErrorsHarmless, "Open succeeded though a read had failed, and then: %v", err)
			}
		}
	case p.mayRepair(err):
		return nil // a tail that is there to be found
	case p.damaged(err):
		return core.Breachf(readErrorsHarmless, "a failed read was reported as damage: %v", err)
	case !errors.Is(err, syscall.EIO):
		return core.Breachf(readErrorsHarmless, "a failed read was reported as something else: %v", err)
	default:
		// What it had repaired by then may stay; nothing may be lost. The next
		// Open shows.
	}
	disk.SetInjector(nil)
	_, err = p.recoverOnce(r, c, disk)
	if b, ok := errors.AsType[*core.Breach](err); ok && reads.fired {
		return &core.Breach{Law: readErrorsHarmless, What: "after a failed read: " + b.What, Diff: b.Diff}
	}
	return err
}

// failingRead lets the nth read of a disk fail, once.
type failingRead struct {
	nth   int
	fired bool
}

// Inject implements vfs.Injector.
func (f *failingRead) Inject(op vfs.Op) vfs.Outcome {
	if op.Kind != vfs.OpRead {
		return vfs.Outcome{}
	}
	if f.nth--; f.nth != 0 {
		return vfs.Outcome{}
	}
	f.fired = true
	return vfs.Outcome{Err: syscall.EIO}
}
