package properties

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"slices"

	"powercut/faults"
	"powercut/journal"
	"powercut/sim/core"
	"powercut/vfs"
)

// noDirSync says whether the directory has shown that it can't be synced.
func (p *program) noDirSync() bool {
	return slices.ContainsFunc(p.run.StruckNow(), func(f faults.Firing) bool { return f.Rule.Kind == faults.NoDirSync })
}

// judgeNoDirSync judges an Open on a filesystem that can't sync a directory. Unless that
// is accepted it fails with the error that says so, and takes back what it made.
func (p *program) judgeNoDirSync(before vfs.Tree, err error) error {
	if !p.can.Whole || p.w.acceptNoDirSync || !p.noDirSync() || p.mayRepair(err) {
		return nil
	}
	if _, told := errors.AsType[*journal.DirSyncError](err); !told {
		return core.Breachf(saysWhatIsSo, "Open on a filesystem that can't sync a directory, which was not accepted, said: %v", err)
	}
	after := p.run.Disk().Tree()
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if was, there := before[name]; !there || !bytes.Equal(was, after[name]) {
			return core.Breachf(notTooCautious, "Open on a filesystem that can't sync a directory was refused, and left %s, or changed it: %v", name, err)
		}
	}
	return nil
}

// rolling are the LSNs with which a log may have ended: on a filesystem that can't sync a
// directory, a power cut may leave any log for the newest.
type rolling struct{ from, to uint64 }

// rollBegins is called before what may end a log.
func (o *oracle) rollBegins() (end func()) {
	i := len(o.rolls)
	o.rolls = append(o.rolls, rolling{uint64(len(o.applied)), 1 << 62})
	return func() { o.rolls[i].to = uint64(len(o.applied)) }
}

// mayEndAt says whether a log may have ended with that LSN.
func (o *oracle) mayEndAt(lsn uint64) bool {
	return lsn == 0 || slices.ContainsFunc(o.rolls, func(r rolling) bool { return r.from <= lsn && lsn <= r.to })
}

// withoutNames judges what a power cut left on a filesystem that can't sync a directory:
// names may be lost, and with them whole logs. So what is left ends where some log ended,
// or holds all that was promised; or it is refused. The log that was found had its name
// before, and is there until it is pruned.
func (p *program) withoutNames(r *core.Run, c *core.Crash) error {
	e, err := p.openCopy(r, c.Disk())
	if p.mayRepair(err) {
		if err := p.repairOnce(r, c.Disk()); err != nil {
			return err
		}
		e, err = p.openCopy(r, c.Disk())
	}
	if err != nil && !p.damaged(err) {
		return p.openBreach(err)
	}
	if err != nil {
		return nil
	}
	defer e.Close() // of a journal that is not used any more
	got, err := e.readBack(p.oracle)
	switch {
	case p.damaged(err), errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return asLiveness("reading back", err)
	}
	if p.isBack(got) {
		return nil
	}
	if err := p.judgeWhereItEnds(r, c, got); err != nil {
		return err
	}
	return p.oracle.judge(got, c.Kind, func(law core.Law) bool {
		return law == acknowledgedDurable || law == asyncPrefix || law == archivesKept || r.Suspends(law)
	})
}

// judgeWhereItEnds expects that where some log ended, unless damage excuses it.
func (p *program) judgeWhereItEnds(r *core.Run, c *core.Crash, got recovered) error {
	law, floor := p.oracle.promise(c.Kind)
	if r.Suspends(law) {
		return nil
	}
	found := p.legacyLog && got.lsn == uint64(p.w.legacyLog.entries) // which the first append rolls
	if got.lsn < floor && !p.oracle.mayEndAt(got.lsn) && !p.purged && !found {
		return core.Breachf(law, "the filesystem can't sync a directory, so a power cut may take whole logs; recovery reached LSN %d, with which no log ended, and entries up to LSN %d were promised", got.lsn, floor)
	}
	if p.legacyLog && !p.purged && got.lsn < uint64(p.w.legacyLog.entries) && !p.mayLackFound(got.lsn) {
		return core.Breachf(law, "recovery reached LSN %d, and the log that was found, whose name was durable, had %d entries", got.lsn, p.w.legacyLog.entries)
	}
	return nil
}

// mayLackFound says whether nothing may be left of the log that was found: a Prune may have
// removed it, since a snapshot covers it, and the snapshot's name is not known to be durable.
func (p *program) mayLackFound(lsn uint64) bool {
	return lsn == 0 && p.oracle.pruneBound() >= uint64(p.w.legacyLog.entries)
}

// isBack says whether what came back is what a Purge had removed.
func (p *program) isBack(got recovered) bool {
	return slices.ContainsFunc(p.before, func(held []uint64) bool {
		if got.lsn > uint64(len(held)) {
			return false
		}
		return slices.Equal(got.numbers, held[min(got.first-1, got.lsn):got.lsn])
	})
}

// purgeUndone says whether a disk that lied, when it was told to sync the directory, has
// brought back what a Purge had removed.
func (p *program) purgeUndone(r *core.Run, got recovered) bool {
	return p.purged && got.lsn > 0 && r.Suspends(acknowledgedDurable) && p.isBack(got)
}

// lostNames says whether the power was cut on a filesystem that can't sync a directory.
func (p *program) lostNames(c *core.Crash) bool {
	if !p.w.acceptNoDirSync {
		return false
	}
	for ; c != nil; c = c.Before {
		if c.Kind == vfs.PowerCut {
			return true
		}
	}
	return p.powerCut
}
