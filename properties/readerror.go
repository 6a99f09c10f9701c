package properties

import (
	"errors"
	"syscall"

	"powercut/sim/core"
	"powercut/vfs"
)

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
