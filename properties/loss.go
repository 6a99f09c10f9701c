package properties

import (
	"bytes"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"powercut/journal"
	"powercut/journal/wire"
	"powercut/sim/core"
	"powercut/vfs"
)

// loss is what an operator gives up who lets Repair cut a damaged log.
type loss struct {
	rotten int64  // where in the log, in bytes
	kept   uint64 // LSN of the last entry before the damage
	tail   []byte // what is cut off
	want   journal.RepairReport
	id     string // of the log, in the name of what is kept
	mended bool   // Repair said that it is done
	// unsynced: what rotted did so in the page cache alone, so that a power cut may bring
	// back the whole log until it is mended; begun: it has rotted, and is not about to.
	unsynced, begun bool
	// alone: nothing is left but the snapshot, which stands by itself then, without LSNs,
	// and holds ground.
	alone  bool
	ground []uint64
}

// lose lets a byte of the log rot, which is closed, and has Repair accept the loss of what
// is behind it. Without leave to, Repair changes nothing. A crash in between leaves what
// is refused, or what was cut.
func (p *program) lose(arg int) error {
	disk := p.run.Disk()
	l, rotten := p.planLoss(arg)
	if l == nil {
		return nil
	}
	if err := p.judgeAppendedUndisturbed(); err != nil { // the Close before this may have written over it
		return err
	}
	p.run.NoteCall("a byte of the log rots")
	p.copying = true
	p.oracle.changed(6)
	err := p.run.WithoutFaults(func() error { return errors.Join(overwrite(disk, base+".log", rotten), syncFolder(disk, base+".log")) })
	if p.run.PowerIsOff() {
		return errOff
	}
	if err != nil {
		return errOff // no space, or an fsync that failed before, and is reported only now
	}
	p.copying, p.oracle.loss = false, l
	p.oracle.changed(7)
	return p.giveUpRotten()
}

// loseUnopened is lose of a log that an epoch finds: nobody has opened the journal since
// the crash that came before. What rots is in the page cache alone, so that it is not the
// harness that syncs what the crash left unsynced.
func (p *program) loseUnopened(arg int) error {
	disk := p.run.Disk()
	last, sealed := p.sealedAt()
	if !sealed || last != uint64(len(p.oracle.byLSN)) || p.oracle.purging || p.foreign.entries > 0 || p.trespassed > 0 {
		return nil
	}
	l, rotten := p.planLoss(arg)
	if l == nil || l.alone {
		return nil // what is given up with the genesis, the step loss does
	}
	at := l.rotten
	p.run.NoteCall("a byte of the log rots")
	l.unsynced = true
	p.oracle.loss = l
	p.oracle.changed(9)
	err := p.run.WithoutFaults(func() error { return rot(disk, base+".log", rotten[at], at) })
	if p.run.PowerIsOff() || err != nil {
		return errOff // a disk that fails by now
	}
	l.begun = true
	p.oracle.changed(10)
	return p.giveUpRotten()
}

// rot changes a byte of a file, and syncs nothing.
func rot(disk *vfs.Disk, name string, to byte, at int64) error {
	file, err := disk.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteAt([]byte{to}, at)
	return errors.Join(err, file.Close())
}

// giveUpRotten has Repair accept the loss of what rotted. Without leave to, Repair changes
// nothing.
func (p *program) giveUpRotten() error {
	disk := p.run.Disk()
	before := ofBase(disk.Tree())
	_, err := journal.Repair(disk, base, journal.RepairOptions{})
	if p.run.PowerIsOff() {
		return errOff
	}
	if _, corrupt := errors.AsType[*journal.CorruptError](err); !corrupt && !errors.Is(err, vfs.ErrInjected) && !p.run.FaultStruck() {
		return core.Breachf(damageRefused, "a byte of a closed log rotted, and Repair, which may not lose anything, said: %v", err)
	}
	if !maps.EqualFunc(before, ofBase(disk.Tree()), slices.Equal) {
		return core.Breachf(damageRefused, "a byte of a closed log rotted, and Repair, which may not lose anything, changed the files")
	}
	return p.acceptLoss()
}

// planLoss picks the byte that rots, and tells what is left then; nil if the log is none
// of which that can be told: it must end with the marker of a Close, which claims all.
func (p *program) planLoss(arg int) (l *loss, rotten []byte) {
	tree := p.run.Disk().Tree()
	log := tree[base+".log"]
	frames := framesIn(log)
	last, sealed := p.sealedAt()
	if !sealed || last == 0 || !p.mayRot() {
		return nil, nil
	}
	first, end := frames[0].end(), frames[len(frames)-1].off
	if first >= end {
		return nil, nil
	}
	at := first + int64(arg)%(end-first)
	l = &loss{want: journal.RepairReport{Path: base + ".log"}}
	if len(logsIn(tree)) == 1 && arg%4 == 0 { // only a snapshot tells that there was a log, once the genesis is gone
		_, l.alone = tree[base+".qdb"]
		if at = int64(arg/4) % end; l.alone {
			at = int64(arg/4) % first
		}
	}
	if l.alone && !p.leavesAlone(l, frames[0].marker.Snapshot.LSN) {
		return nil, nil
	}
	for _, f := range frames {
		if f.marker != nil && f.marker.Kind == wire.SnapshotMarker {
			return nil, nil // without it nobody knows what the snapshot covers
		}
		if f.marker != nil && f.end() <= at {
			l.kept, l.want.ValidBytes = f.marker.LastLSN, f.end()
		}
		if f.marker != nil && f.off > at {
			l.want.LostLSN = max(l.want.LostLSN, f.marker.DurableLSN)
		}
	}
	rotten = bytes.Clone(log)
	rotten[at] ^= 0x55
	l.rotten = at
	l.tail, l.id = rotten[l.want.ValidBytes:], frames[0].marker.Log.String()
	if l.want.ValidBytes == 0 {
		l.id = "0"
	}
	l.want.CutBytes, l.want.LastLSN, l.want.Removed = int64(len(l.tail)), l.kept, l.want.ValidBytes == 0
	return l, rotten
}

// mayRot says whether what is lost with a byte of the log can be told.
func (p *program) mayRot() bool {
	return p.closeErr == nil && !p.run.FaultStruck() && p.w.full == 0 && p.oracle.loss == nil && !p.w.legacyLog.present()
}

// leavesAlone takes note of what a snapshot holds that covers an LSN, if that is known: it
// is all that is left.
func (p *program) leavesAlone(l *loss, covered uint64) (known bool) {
	l.ground, known = p.oracle.held(covered)
	return known && !p.w.acceptNoDirSync
}

// ofBase are the files of the journal alone.
func ofBase(tree vfs.Tree) vfs.Tree {
	maps.DeleteFunc(tree, func(name string, _ []byte) bool { return !strings.HasPrefix(name, base+".") })
	return tree
}

// acceptLoss has Repair cut what rotted, and judges what it says.
func (p *program) acceptLoss() error {
	l := p.oracle.loss
	struck := p.run.FaultsFired()
	_, there := p.run.Disk().Tree()[base+".log"]
	p.run.NoteCall("repair, which may lose entries")
	rep, err := journal.Repair(p.run.Disk(), base, journal.RepairOptions{AcceptLoss: true, AcceptNoDirSync: p.w.acceptNoDirSync, Machine: newMachine(p.parsed).asJournal()})
	if p.run.PowerIsOff() {
		return errOff
	}
	p.returns("done", err)
	if err != nil && rep.Path != "" && int64(len(p.run.Disk().Tree()[rep.Path])) != rep.ValidBytes {
		return core.Breachf(saysWhatIsSo, "Repair failed, and reported that it cut %s to %d bytes, which it did not: %v", rep.Path, rep.ValidBytes, err)
	}
	if errors.Is(err, vfs.ErrInjected) || p.run.FaultsFired() > struck {
		return nil // Open says what came of it
	}
	if err != nil {
		return core.Breachf(liveness, "Repair, which may lose entries, failed without a fault to explain it: %v", err)
	}
	l.mended, l.unsynced = true, false
	p.lost, p.older = append(p.lost, l.tail), nil
	if l.want.Removed {
		p.forgetFiles()
	}
	p.oracle.changed(8)
	if rep.Path == "" {
		return nil // an attempt before this one had cut it
	}
	if !there && l.alone && rep == (journal.RepairReport{Path: base + ".log", Removed: true}) {
		return nil // likewise, but for the snapshot
	}
	kept := rep.KeptAs
	rep.KeptAs = ""
	if rep != l.want || !isNameOfTail(kept, l.want.ValidBytes) || !strings.Contains(kept, "-"+l.id+"-") {
		return core.Breachf(saysWhatIsSo, "Repair reported %+v and kept what it cut as %q; what rotted makes that %+v", rep, kept, l.want)
	}
	if content := p.run.Disk().Tree()[kept]; !bytes.Equal(content, l.tail) {
		return core.Breachf(tailForgiven, "Repair said that %s has the %d bytes that it cut off, but that has %d other ones", kept, len(l.tail), len(content))
	}
	return nil
}

// held are the entries that a snapshot which covers that LSN holds, if they are all known.
func (o *oracle) held(covered uint64) (numbers []uint64, known bool) {
	numbers = slices.Clone(o.ground)
	for lsn := uint64(1); lsn <= covered; lsn++ {
		number := o.known(lsn)
		if number == 0 {
			return nil, false
		}
		numbers = append(numbers, number)
	}
	return numbers, true
}

// judgeAlone expects nothing but the snapshot to come back.
func (o *oracle) judgeAlone(got recovered) error {
	if got.lsn > 0 {
		return core.Breachf(damageRefused, "recovery reached LSN %d of a log of which the genesis had rotted", got.lsn)
	}
	if want := o.foldOver(o.loss.ground, nil); !sameState(want, got.state) {
		return &core.Breach{Law: acknowledgedDurable, What: "the loss of the log was accepted, and the snapshot is not what it was", Diff: cmp.Diff(want, got.state)}
	}
	return nil
}

// standsAlone takes over that the snapshot alone is left.
func (o *oracle) standsAlone() {
	o.ground, o.folded, o.pruning = o.loss.ground, nil, pruning{}
}

// mayLose says whether an error of Open is the refusal of a log that rotted, and of
// which nobody has accepted the loss yet. No other file did.
func (p *program) mayLose(err error) bool {
	corrupt, ok := errors.AsType[*journal.CorruptError](err)
	another := ok && corrupt.Path != base+".log"
	return p.oracle.loss != nil && !p.oracle.loss.mended && p.damaged(err) && !another
}

// keepsNot says whether an LSN is behind what rotted, and no crash of that kind can have left
// the log as it was before; not if nothing rotted.
func (l *loss) keepsNot(lsn uint64, kind vfs.CrashKind) bool {
	if l == nil || lsn <= l.kept {
		return false
	}
	mayBeUndone := l.unsynced && (!l.begun || kind == vfs.PowerCut)
	return !mayBeUndone
}
