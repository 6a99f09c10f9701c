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

// recoverMisread opens an image with one bit of one read wrong. Open may refuse what it
// can't prove then; what it accepts is what is there, and the next Open, which reads right,
// finds no damage: nobody wrote down what was misread.
func (p *program) recoverMisread(r *core.Run, c *core.Crash) error {
	size, _ := sizeOfLog(c) // where there is none, the first byte of another file is misread
	place := placeOf(c) * 0x9e3779b97f4a7c15
	reads := &failingRead{nth: 1 + int(place>>32%11), flip: 1 + int64(place>>8%uint64(8*max(1, size)))}
	disk := c.Mount(reads)
	defer disk.Release()
	makeSpace(disk)
	e, err := p.openEngine(r, disk, nil)
	if err == nil {
		var got recovered
		if got, err = e.readBack(p.oracle); err == nil {
			err = p.oracle.judge(got, p.sinceOpen(c.Kind), r.Suspends)
		}
		_ = e.Close() // what it left is judged below
		if err != nil && reads.fired && !p.damaged(err) {
			return core.Breachf(readErrorsHarmless, "Open succeeded though a bit was misread, and then: %v", err)
		}
	}
	disk.SetInjector(nil)
	_, err = p.recoverOnce(r, c, disk)
	if b, ok := errors.AsType[*core.Breach](err); ok && reads.fired {
		return &core.Breach{Law: readErrorsHarmless, What: "after a bit that was misread: " + b.What, Diff: b.Diff}
	}
	return err
}

// failingRead lets the nth read of a disk fail, once, or has a bit of it wrong.
type failingRead struct {
	nth   int
	flip  int64 // 1 + the bit; 0: it fails
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
	if f.flip > 0 {
		return vfs.Outcome{Flip: f.flip}
	}
	return vfs.Outcome{Err: syscall.EIO}
}
