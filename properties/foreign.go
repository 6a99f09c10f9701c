package properties

import (
	"bytes"
	"errors"
	"os"

	"powercut/journal"
	"powercut/sim/core"
	"powercut/vfs"
)

// appendForeign does what another program does that knows the original's protocol alone:
// it appends entries to the log, which the journal has closed, and syncs them. The next
// Open takes them over. Until the sync, a crash leaves what nobody can tell anything of,
// since such entries have no checksum.
func (p *program) appendForeign(count int) error {
	disk := p.run.Disk()
	last, sealed := p.sealedAt()
	if !sealed || p.closeErr != nil || p.run.FaultStruck() || p.w.full > 0 {
		return nil // nobody appends to a log of which he can't tell that it was closed
	}
	var log []byte
	var numbers []uint64
	for range count {
		number, e := p.issue(step{kind: stepPush})
		numbers = append(numbers, number)
		log = append(log, originalFrame(e)...)
	}
	p.run.NoteCall("another program appends")
	p.copying = true
	p.oracle.changed(2)
	err := p.run.WithoutFaults(func() error { return appendSynced(disk, base+".log", log) })
	if p.run.PowerIsOff() {
		return errOff
	}
	p.returns("done", err)
	if err != nil {
		return errOff // an fsync that failed before, and is reported only now
	}
	p.copying, p.appended = false, count
	for i, number := range numbers {
		if err := p.oracle.acknowledge(number, last+uint64(i)+1); err != nil {
			return err
		}
	}
	p.oracle.hasSynced(last + uint64(count))
	return nil
}

// sealedAt is the last LSN in the log, if it ends with the marker of a Close.
func (p *program) sealedAt() (last uint64, sealed bool) {
	log := p.run.Disk().Tree()[base+".log"]
	frames := framesIn(log)
	if len(frames) == 0 || frames[0].marker == nil {
		return 0, false
	}
	end := frames[len(frames)-1]
	if end.marker == nil || end.end() != int64(len(log)) || !end.marker.Sealed {
		return 0, false
	}
	return end.marker.LastLSN, true
}

// appendSynced appends to a file, and syncs it.
func appendSynced(disk *vfs.Disk, name string, content []byte) error {
	file, err := disk.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Sync(), file.Close())
}

// judgeTakenOver expects an Open to say how many entries of another program it took over.
func (p *program) judgeTakenOver(e *opened) error {
	rec := e.recovery()
	if rec == nil || p.appended == 0 {
		return nil
	}
	taken := rec.Adopted == 0 && p.run.FaultStruck() // by an Open that failed in the end
	if rec.Adopted != p.appended && !taken {
		return core.Breachf(saysWhatIsSo, "another program appended %d entries to the closed log, and Open reported that it took over %d", p.appended, rec.Adopted)
	}
	return nil
}

// unprovable is from where to where the active log holds entries of another program that
// no checksum proves, since no marker that stands behind them claims them: damage to
// them, and to the marker that took them over, can't be told. It is empty in most logs.
func unprovable(log []byte) (from, to int64) {
	frames := framesIn(log)
	for i, f := range frames {
		if f.marker == nil && i > 0 && frames[i-1].marker != nil && frames[i-1].marker.Sealed {
			from, to = f.off, int64(len(log))
		}
	}
	for m := range markersIn(log) {
		if m.DurableBytes > from {
			return 0, 0
		}
	}
	return from, to
}

// beyondProof says whether damage was done to what can't be told. Files are as it found
// them.
func (d *damage) beyondProof(files map[string][]byte) bool {
	now, changed := d.change[base+".log"]
	if !changed {
		return false
	}
	was := files[base+".log"]
	for _, log := range [][]byte{was, now} {
		if from, to := unprovable(log); from < to && (int64(len(now)) < to || int64(len(was)) < to || !bytes.Equal(now[from:to], was[from:to])) {
			return true
		}
	}
	return false
}

// pendingForeign says whether another program appended to the log, and no Open has taken
// that over.
func pendingForeign(disk *vfs.Disk) bool {
	_, err := journal.Validate(disk, base+".log")
	_, foreign := errors.AsType[*journal.ForeignError](err)
	return foreign
}
