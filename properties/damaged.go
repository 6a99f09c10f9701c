package properties

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"powercut/journal"
	"powercut/journal/wire"
	"powercut/sim/core"
	"powercut/vfs"
)

// judgeDamaged damages one file that a crash left, or two, and opens the journal: either
// it is refused, and nothing is changed, or every entry comes back that anything which
// is whole claims durable, and nothing else than was appended. In every second of them
// the journal is open when the damage is done, and goes on for a while.
func (p *program) judgeDamaged(r *core.Run, c *core.Crash, n uint64) error {
	if !p.can.Whole || r.Suspends(acknowledgedDurable) || p.oracle.purging {
		return nil
	}
	disk := c.Mount(nil)
	defer disk.Release()
	makeSpace(disk)
	inUse := n%2 == 0
	var e *opened
	if inUse {
		var err error
		if e, err = p.openCopy(r, disk); err != nil {
			return nil // judged before
		}
	}
	covered := coveredBy(logsIn(disk.Tree()))
	d, before, err := p.damageOn(disk, n/2)
	if d == nil || err != nil {
		if e != nil {
			_ = e.Close() // nothing has happened to it
		}
		return err
	}
	if inUse {
		if err := p.judgeInUse(e, disk, d, covered); err != nil {
			return err
		}
		before = contents(disk)
	}
	return p.judgeOpenDamaged(r, c, disk, d, before)
}

// judgeSynced opens what a crash left, has all of it made durable, and crashes again; then
// a bit rots in the log. What Sync returned for is claimed: Open refuses, or all is there.
func (p *program) judgeSynced(r *core.Run, c *core.Crash, n uint64) error {
	if !p.can.Whole || r.Suspends(acknowledgedDurable) || p.oracle.purging {
		return nil
	}
	disk := c.Mount(nil)
	defer disk.Release()
	makeSpace(disk)
	e, err := p.openCopy(r, disk)
	if err != nil {
		return nil // judged before
	}
	defer e.Close() // of a journal that is not used any more
	if e.Sync() != nil {
		return nil // likewise
	}
	image := disk.ProcessCrash()
	defer image.Release()
	crashed := image.Mount(vfs.Options{})
	defer crashed.Release()
	content := crashed.Tree()[base+".log"]
	genesis, err := wire.ParseMarker(content, 0)
	if err != nil || genesis.Kind != wire.Genesis {
		return nil // a log of the original proves nothing
	}
	behind := len(content) - int(genesis.Size())
	if behind <= 0 {
		return nil
	}
	at := len(content) - 1 - int(n%uint64(min(behind, sectorBytes)))
	content[at] ^= 1 << (n / sectorBytes % 8)
	what := fmt.Sprintf("for which a Sync behind a crash had returned nil, a bit of byte %d rotted", at)
	if err := overwrite(crashed, base+".log", content); err != nil {
		return nil // on some filesystems even overwriting needs a block
	}
	before := contents(crashed)
	again, err := p.openCopy(r, crashed)
	if err != nil {
		return judgeRefusal(p, crashed, before, what, err)
	}
	defer again.Close() // likewise
	got, err := again.readBack(p.oracle)
	switch {
	case p.damaged(err):
		return nil // nobody needs what is damaged, until it is read
	case err != nil:
		return core.Breachf(damageRefused, "of a log at rest %s; Open succeeded, and then: %v", what, err)
	case got.lsn < e.LastLSN():
		return core.Breachf(damageRefused, "of a log at rest %s; recovery reached LSN %d instead of refusing, and %d was durable", what, got.lsn, e.LastLSN())
	}
	return nil
}

// damageOn does the damage that n picks, and returns what the files hold then; nil if
// nobody could tell it.
func (p *program) damageOn(disk *vfs.Disk, n uint64) (*damage, map[string][]byte, error) {
	files := contents(disk)
	m, err := wire.ParseMarker(files[base+".log"], 0)
	old := len(files[base+".log"]) > 0 && (err != nil || m.Kind != wire.Genesis)
	if old && !followsOld(files[base+".log.tmp"]) {
		return nil, nil, nil // a log of the original proves nothing
	}
	d, ok := drawDamage(files, p.older, n)
	if _, ofLog := d.change[base+".log"]; !ok || d.beyondProof(files) || old && (!ofLog || len(d.change) > 1) {
		return nil, nil, nil
	}
	if err := d.strike(disk); errors.Is(err, syscall.ENOSPC) {
		return nil, nil, nil // on some filesystems even overwriting needs a block
	} else if err != nil {
		return nil, nil, err
	}
	after := contents(disk)
	if nobodyCanTell(after) {
		return nil, nil, nil
	}
	return &d, after, nil
}

// followsOld says whether a log is the beginning of one that is to follow a log of the
// original, which it alone proves.
func followsOld(log []byte) bool {
	m, err := wire.ParseMarker(log, 0)
	return err == nil && m.Kind == wire.Genesis && m.Previous.Kind == wire.PreviousOld
}

// judgeInUse lets a journal go on that was damaged while it is open, and closes it. It
// may find out or not; but Prune must not remove what a damaged snapshot does not hold,
// and nothing may be read that nobody appended.
func (p *program) judgeInUse(e *opened, disk *vfs.Disk, d *damage, covered uint64) error {
	defer e.Close() // what it says of damaged files the next Open shows
	before := logsIn(disk.Tree())
	err := e.Prune()
	if after := logsIn(disk.Tree()); d.name == base+".qdb" && len(after) < len(before) {
		return core.Breachf(damageRefused, "%s while the journal was open, and Prune removed what it had covered (%v)", d.what, err)
	}
	if err := judgeRemoved(d, covered, before, logsIn(disk.Tree())); err != nil {
		return err
	}
	_, err = e.readBack(p.oracle)
	if breach, ok := errors.AsType[*core.Breach](err); ok && breach.Law == nothingInvented {
		return core.Breachf(damageRefused, "%s while the journal was open: %s", d.what, breach.What)
	}
	return nil
}

// judgeRemoved expects a Prune to have removed no log with entries that no snapshot covers,
// whatever name it had by then.
func judgeRemoved(d *damage, covered uint64, before, after []logFile) error {
	for _, log := range before {
		last := uint64(0)
		for m := range markersIn(log.content) {
			last = max(last, m.LastLSN)
		}
		left := slices.ContainsFunc(after, func(l logFile) bool { return l.genesis.Log == log.genesis.Log })
		if !left && last > covered {
			return core.Breachf(damageRefused, "%s while the journal was open, and Prune removed %s, with entries up to LSN %d; no snapshot covers more than LSN %d", d.what, log.name, last, covered)
		}
	}
	return nil
}

// coveredBy is the highest LSN that a marker in some log says a snapshot covers.
func coveredBy(logs []logFile) (covered uint64) {
	for _, log := range logs {
		for m := range markersIn(log.content) {
			covered = max(covered, m.Snapshot.LSN)
		}
	}
	return covered
}

// judgeOpenDamaged opens a journal that was damaged.
func (p *program) judgeOpenDamaged(r *core.Run, c *core.Crash, disk *vfs.Disk, d *damage, before map[string][]byte) error {
	floor := claimed(before, p.w.async)
	e, err := p.openCopy(r, disk)
	if err != nil {
		if err := d.judgeWhere(err, before); err != nil {
			return err
		}
		if err := judgeRefusal(p, disk, before, d.what, err); err != nil {
			return err
		}
		return p.judgeGivenUp(r, disk, d.what)
	}
	defer e.Close() // of a journal that is not used any more
	if lost, is := lostBetweenLogs(before); is {
		return core.Breachf(damageRefused, "%s; Open did not miss log %v, which the log that was to follow it continues from LSN %d", d.what, lost.ID, lost.LastLSN)
	}
	got, err := e.readBack(p.oracle)
	switch {
	case p.damaged(err):
		return nil // nobody needs what is damaged, until it is read
	case errors.Is(err, fs.ErrNotExist):
		return nil // likewise
	case err != nil:
		return core.Breachf(damageRefused, "%s; Open succeeded, and then: %v", d.what, err)
	case got.lsn < floor:
		return core.Breachf(damageRefused, "%s; recovery reached LSN %d instead of refusing, and what is left claims LSN %d durable", d.what, got.lsn, floor)
	}
	err = p.oracle.judge(got, c.Kind, func(law core.Law) bool {
		return law == archivesKept || law == acknowledgedDurable || law == asyncPrefix
	})
	if breach, ok := errors.AsType[*core.Breach](err); ok {
		return &core.Breach{Law: damageRefused, What: d.what + "; Open succeeded, and then: " + breach.What, Diff: breach.Diff}
	}
	return err
}

// lostBetweenLogs is the log that is gone where none has the active one's name, and that
// which was to follow is there, with its genesis alone: the roll was not at its end, so
// that nobody has pruned it.
func lostBetweenLogs(files map[string][]byte) (lost wire.Previous, is bool) {
	next, err := wire.ParseMarker(files[base+".log.tmp"], 0)
	if err != nil || next.Kind != wire.Genesis || next.Previous.Kind != wire.PreviousLog || len(files[base+".log"]) > 0 || int64(len(files[base+".log.tmp"])) > next.Size() {
		return lost, false
	}
	for _, log := range logsIn(files) {
		for m := range markersIn(log.content) {
			if m.LastLSN >= next.Previous.LastLSN {
				return lost, false
			}
		}
	}
	return next.Previous, true
}

// judgeWhere expects a refusal to name a file of the journal, and an offset in it up to
// which that is good.
func (d *damage) judgeWhere(refusal error, files map[string][]byte) error {
	corrupt, is := errors.AsType[*journal.CorruptError](refusal)
	if !is {
		return nil
	}
	content, there := files[corrupt.Path]
	was, same := d.was[corrupt.Path]
	switch {
	case !strings.HasPrefix(corrupt.Path, base+".") || corrupt.Reason == "" || corrupt.Offset < 0 || there && corrupt.Offset > int64(len(content)):
		return core.Breachf(saysWhatIsSo, "%s, and Open refused it without saying where: %v", d.what, refusal)
	case there && same && corrupt.Offset > firstDifference(content, was):
		return core.Breachf(saysWhatIsSo, "%s, and Open said that all before offset %d is good: %v", d.what, corrupt.Offset, refusal)
	}
	return nil
}

// firstDifference is where two contents begin to differ, or the shorter ends.
func firstDifference(a, b []byte) int64 {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return int64(n)
}
