package properties

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"syscall"

	"github.com/spf13/afero"

	"powercut/properties/engines"
	"powercut/sim/core"
	"powercut/vfs"
)

// fill takes all space from a disk: from now on no file grows beyond its last
// block, and whatever else needs space, by the rules of the filesystem, fails.
func fill(disk *vfs.Disk) { disk.SetCapacity(1) }

// makeSpace undoes fill.
func makeSpace(disk *vfs.Disk) { disk.SetCapacity(0) }

// usedUp is an injector by which a quota is used up: no file grows beyond its last block.
type usedUp struct{}

// Inject implements vfs.Injector.
func (usedUp) Inject(vfs.Op) vfs.Outcome {
	return vfs.Outcome{Beside: vfs.Beside{Quota: vfs.Quota{Dir: path.Dir(base), Bytes: 1}}}
}

// isFull says whether an error says that there is no space, or none for its user.
func isFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// freshDisk makes space on the disk of a new epoch: the image of a full disk is full
// as well.
func (p *program) freshDisk() {
	if p.w.full > 0 {
		makeSpace(p.run.Disk())
	}
}

// fillDisk fills the disk of the epoch, if the workload says so.
func (p *program) fillDisk() {
	if p.w.full > 0 {
		p.full, p.wasFull = true, true
		fill(p.run.Disk())
	}
}

// freeDisk makes space on the disk of the epoch again.
func (p *program) freeDisk() {
	if p.full {
		p.full = false
		makeSpace(p.run.Disk())
	}
}

// stepTaken counts the steps of all clients on a full disk: after so many there is
// space again, while the journal is open.
func (p *program) stepTaken() {
	if p.taken++; p.taken >= p.w.full {
		p.freeDisk()
	}
}

// mayLackSpace says whether a full disk entitles Open to fail. It does
//
//   - if nothing was promised: there may be no log yet, and none can be made;
//   - if what was promised is suspended, or what was copied into place was given up by
//     a failed fsync;
//   - if even overwriting takes a block: Open writes again what is not known durable;
//   - if a name takes one, and the log that a roll had made lacks its own.
func (p *program) mayLackSpace(disk *vfs.Disk, err error, kind vfs.CrashKind, suspended func(core.Law) bool) bool {
	if !isFull(err) {
		return false
	}
	law, floor := p.oracle.promise(kind)
	return floor == 0 || p.oracle.purging || suspended(law) || p.copyGivenUp() || p.overwritingTakesSpace(disk) || namingTakesSpace(disk)
}

// overwritingTakesSpace tries whether overwriting a byte fails for lack of space: the
// first one of a file, or the last one that is valid of the log. The latter does, where
// that is a zero in a hole which a crash left.
func (p *program) overwritingTakesSpace(disk *vfs.Disk) bool {
	infos, err := afero.ReadDir(disk, path.Dir(base))
	if err != nil {
		return false
	}
	if first := slices.IndexFunc(infos, func(info fs.FileInfo) bool { return info.Size() > 0 }); first >= 0 && takesSpace(disk, path.Join(path.Dir(base), infos[first].Name()), 0) {
		return true
	}
	log, err := p.driver.Validate(disk, base+".log")
	return err == nil && log.ValidBytes > 0 && takesSpace(disk, base+".log", log.ValidBytes-1)
}

// namingTakesSpace tries, on a copy of the disk, whether the log that a roll had made can't
// get its name for lack of space: the one name that Open can't do without.
func namingTakesSpace(disk *vfs.Disk) bool {
	image := disk.ProcessCrash()
	defer image.Release()
	copied := image.Mount(vfs.Options{})
	defer copied.Release()
	if _, err := copied.Stat(base + ".log"); err == nil {
		return false
	}
	return isFull(copied.Rename(base+".log.tmp", base+".log"))
}

// takesSpace writes to a place of a file what is there.
func takesSpace(disk *vfs.Disk, name string, off int64) bool {
	file, err := disk.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return false
	}
	b := make([]byte, 1)
	if _, err = file.ReadAt(b, off); err == nil {
		_, err = file.WriteAt(b, off)
	}
	_ = file.Close() // what was written is what was there
	return isFull(err)
}

// struckBefore says whether an error is that of a fault before the crash, an fsync that is
// reported only now.
func struckBefore(err error) bool {
	return errors.Is(err, vfs.ErrInjected) && (!errors.Is(err, syscall.EDQUOT) || isFailedSync(err))
}

// fullBreach is an Open that fails for lack of space though it needs none.
func fullBreach(err error) error {
	return core.Breachf(spaceReturns, "Open failed on a full disk, where all that it needs takes no space: %v", err)
}

// recoverFull opens the image once more on a disk that stays full for a while, or with a
// quota that is used up: what comes back must be the same, nothing of the log's tail may be
// lost, and once there is space appends must work without another Open.
func (p *program) recoverFull(r *core.Run, c *core.Crash, first *recovered) error {
	disk := c.Mount(nil)
	defer disk.Release()
	tail := p.tailOf(disk)
	if placeOf(c)%4 == 0 {
		makeSpace(disk)
		disk.SetInjector(usedUp{})
	} else {
		fill(disk)
	}
	e, err := p.openEngine(r, disk, nil)
	if p.mayLackSpace(disk, err, p.sinceOpen(c.Kind), r.Suspends) || p.mayRepair(err) || p.mayRefuse(r, err) || struckBefore(err) {
		return nil
	}
	if err != nil {
		return fullBreach(err)
	}
	before := disk.Tree()
	err = p.judgeFull(r, c, e, disk, first, tail)
	struck := struckBefore(err)
	if struck {
		err = nil // an fsync that failed before the crash, reported only now
	}
	disk.SetInjector(nil)
	if closeErr := e.Close(); err == nil && closeErr != nil {
		err = core.Breachf(spaceReturns, "there is space again, but Close fails: %v", closeErr)
	}
	if err == nil {
		err = leftOpen(disk)
	}
	if err != nil || struck {
		return err
	}
	if err := p.judgeNewArchives(before, disk); err != nil {
		return err
	}
	return p.judgeCut(r, disk, first)
}

// judgePruneFull prunes what was opened on a full disk: what a roll that waits for space
// needs must stay, so that a crash then takes nothing.
func (p *program) judgePruneFull(r *core.Run, e *opened, disk *vfs.Disk, first *recovered) error {
	if !p.can.Maintained {
		return nil
	}
	if err := e.Prune(); err != nil && !isFull(err) {
		return err
	}
	image := disk.ProcessCrash()
	defer image.Release()
	crashed := image.Mount(vfs.Options{})
	defer crashed.Release()
	makeSpace(crashed)
	var got recovered
	err := p.withOpen(r, crashed, func(e *opened) (err error) {
		got, err = e.readBack(p.oracle)
		return err
	})
	if struckBefore(err) {
		return err
	}
	if err != nil {
		return core.Breachf(archivesKept, "Prune on a full disk, and a crash behind it; then: %v", err)
	}
	if got.lsn != first.lsn || !sameState(first.state, got.state) { // what is pruned is not read any more
		return core.Breachf(archivesKept, "Prune on a full disk, and a crash behind it: recovery reached LSN %d, or another state, and LSN %d before", got.lsn, first.lsn)
	}
	return nil
}

// judgeCut opens once more what was closed without an error after there was space
// again: the tail that had waited for it must be gone, and the entry that was
// appended instead must be there.
func (p *program) judgeCut(r *core.Run, disk *vfs.Disk, first *recovered) error {
	return asLiveness("open after the space had returned", p.withOpen(r, disk, func(e *opened) error {
		if tail := e.found.TailBytes; tail > 0 {
			return closedWithTail(tail)
		}
		if got, want := e.LastLSN(), first.lsn+1; got != want {
			return core.Breachf(spaceReturns, "there was space again and an entry was acknowledged as LSN %d, but then recovery reached LSN %d", want, got)
		}
		return nil
	}))
}

// judgeFull judges a journal that was opened on a full disk, and leaves it open. Once
// there is space, what comes first cuts off the tail that had to wait for it.
func (p *program) judgeFull(r *core.Run, c *core.Crash, e *opened, disk *vfs.Disk, first *recovered, tail []byte) error {
	got, err := e.readBack(p.oracle)
	if err != nil {
		return err
	}
	if !first.same(got) {
		return core.Breachf(recoveryIdempotent, "recovery on a full disk reached LSN %d, and with space LSN %d, or another state", got.lsn, first.lsn)
	}
	if err := judgeTailOnFull(disk, tail); err != nil {
		return err
	}
	if err := p.judgePruneFull(r, e, disk, first); err != nil {
		return err
	}
	lsn, err := e.Append(entryOf(stepOpaque, 3*maxPattern, probe))
	if err == nil {
		return core.Breachf(spaceReturns, "an entry of three blocks was acknowledged as LSN %d on a full disk", lsn)
	}
	if struckBefore(err) {
		return err
	}
	if p.driver.Classify(err).Outcome != engines.Refused || !isFull(err) {
		return core.Breachf(spaceReturns, "an append on a full disk was not refused for lack of space, but: %v", err)
	}
	if err := judgeTailOnFull(disk, tail); err != nil {
		return err
	}
	makeSpace(disk)
	disk.SetInjector(nil)
	if err := p.withSpace(e, firstWithSpace(c.Step%3)); err != nil {
		return err
	}
	if lsn, err = e.Append(entryOf(stepOpaque, 0, probe)); err != nil || lsn != first.lsn+1 {
		return core.Breachf(spaceReturns, "there is space again after an Open without: an append got LSN %d, want %d: %v", lsn, first.lsn+1, err)
	}
	return judgeTailKept(disk, tail)
}

// firstWithSpace is what is done first when there is space again.
type firstWithSpace uint64

const (
	rollFirst firstWithSpace = iota
	snapshotFirst
	appendFirst
)

// withSpace does that, but for the append. A journal with entries that could not be
// evaluated makes no snapshot.
func (p *program) withSpace(e *opened, next firstWithSpace) (err error) {
	switch next {
	case rollFirst:
		err = e.Roll()
	case snapshotFirst:
		err = e.Snapshot()
	}
	if p.mayBeIncomplete(e, err) {
		return nil
	}
	if err == nil || errors.Is(err, vfs.ErrInjected) {
		return err
	}
	return core.Breachf(spaceReturns, "there is space again after an Open without, but Roll or Snapshot fails: %v", err)
}

// judgeTailOnFull expects a tail to be in its log still, or to be kept aside.
func judgeTailOnFull(disk *vfs.Disk, tail []byte) error {
	if len(tail) == 0 {
		return nil
	}
	if content, err := afero.ReadFile(disk, base+".log"); err == nil && bytes.HasSuffix(content, tail) {
		return nil
	}
	return judgeTailKept(disk, tail)
}

// judgeTailKept expects a tail to be kept aside.
func judgeTailKept(disk *vfs.Disk, tail []byte) error {
	if len(tail) == 0 {
		return nil
	}
	kept, err := keptTails(disk)
	if err != nil {
		return err
	}
	if isKept(kept, tail) {
		return nil
	}
	return core.Breachf(tailForgiven, "a tail of %d bytes, for which there was no space, is neither in the log nor kept", len(tail))
}

// judgeLeftOpen expects that no file is open in an epoch whose journal was closed, or
// could not be opened. A filesystem that shut itself down is no excuse: files can
// still be closed on it.
func (p *program) judgeLeftOpen() error {
	if p.run.PowerIsOff() {
		return nil
	}
	return leftOpen(p.run.Disk())
}

// leftOpen expects that no file of a disk is open any more.
func leftOpen(disk *vfs.Disk) error {
	if open := disk.OpenFiles(); len(open) > 0 {
		return core.Breachf(notTooCautious, "%d files were left open, such as %s", len(open), open[0])
	}
	return nil
}
