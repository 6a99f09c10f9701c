package properties

import (
	"errors"
	"io/fs"

	"powercut/journal"
	"powercut/properties/engines"
	"powercut/sim/core"
	"powercut/vfs"
)

// following is one iteration over what a journal holds, beside other clients.
type following struct {
	engine     *opened
	from, next uint64 // LSN: the first that was asked for, and the one that is due
	last       uint64 // the last that was acknowledged when it began
	bound      uint64 // up to which Prune may have removed entries by then
	fired      int    // faults that had struck by then
	prunes     int    // Prunes that had come to their end
}

// follow reads the entries from some LSN on, as a follower or a backup does: the others
// append, roll, prune and close meanwhile.
func (p *program) follow(s step) error {
	e := p.engine // others may open another while this one is asked
	j := e.journal()
	if j == nil {
		return nil
	}
	p.run.NoteCall(s.String())
	last := j.LastLSN()
	f := following{engine: e, from: last * uint64(s.arg) / 4, last: last, bound: p.oracle.pruneBound(), fired: p.run.FaultsFired(), prunes: p.prunes}
	f.next = max(f.from, 1)
	for e, err := range j.Read(f.from) {
		if p.run.PowerIsOff() {
			return errOff
		}
		if err != nil {
			p.returns("", err)
			return p.judgeCutShort(&f, err)
		}
		if err := p.judgeFollowed(&f, engines.Entry(e)); err != nil {
			return err
		}
		p.run.Yield()
		if p.run.PowerIsOff() {
			return errOff
		}
		if number := p.oracle.numberOf(engines.Entry(e)); number == 0 || number != p.oracle.known(e.LSN) && p.engine == f.engine {
			return core.Breachf(saysWhatIsSo, "the payload of LSN %d changed before the next step of Read", e.LSN)
		}
	}
	p.returns("read", nil)
	if f.next <= f.last && max(f.bound, p.oracle.pruneBound()) < f.last {
		return core.Breachf(saysWhatIsSo, "Read from LSN %d came to its end before LSN %d, but LSN %d was acknowledged", f.from, f.next, f.last)
	}
	return nil
}

// judgeFollowed judges an entry that Read yields.
func (p *program) judgeFollowed(f *following, e engines.Entry) error {
	first := f.next == max(f.from, 1)
	switch {
	case e.LSN > f.last:
		return core.Breachf(saysWhatIsSo, "Read gave LSN %d, and when it began LSN %d was the last", e.LSN, f.last)
	case first && e.LSN > f.next && p.run.Suspends(archivesKept):
		// A disk that lied lost the name of an archive that the snapshot covers.
	case e.LSN != f.next && !(first && e.LSN > f.next && e.LSN <= max(f.bound, p.oracle.pruneBound())+1):
		return core.Breachf(archivesKept, "Read from LSN %d gave LSN %d where LSN %d was due", f.from, e.LSN, f.next)
	}
	f.next = e.LSN + 1
	if p.engine != f.engine {
		return nil // opened anew: what was not durable may be gone, and its LSNs are others'
	}
	number := p.oracle.numberOf(e)
	if number == 0 {
		return notAppended(e.LSN)
	}
	if want := p.oracle.known(e.LSN); number != want {
		return core.Breachf(nothingInvented, "LSN %d is %s, but Read gave %s", e.LSN, p.oracle.describe(want), p.oracle.describe(number))
	}
	return nil
}

// judgeCutShort judges an error that Read ends with: the journal was closed, Prune
// removed what was to come, or a fault struck.
func (p *program) judgeCutShort(f *following, err error) error {
	gone := errors.Is(f.engine.journal().Err(), journal.ErrClosed)
	switch {
	case errors.Is(err, journal.ErrClosed) && gone:
		return nil
	case errors.Is(err, fs.ErrNotExist) && (p.prunes > f.prunes || p.oracle.pruning.prunes > 0):
		return nil
	case errors.Is(err, vfs.ErrInjected) || p.run.FaultsFired() > f.fired || p.run.Disk().Failed() || p.mayRefuse(p.run, err):
		return nil
	case p.damaged(err) && p.w.async && p.run.SuspendsNow(asyncPrefix+"/process-crash"): // the page cache lost something
		return nil
	}
	return core.Breachf(saysWhatIsSo, "Read from LSN %d failed at LSN %d (the journal is closed: %v): %v", f.from, f.next, gone, err)
}
