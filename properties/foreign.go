package properties

import (
	"errors"
	"os"

	"powercut/journal/wire"
	"powercut/sim/core"
	"powercut/vfs"
)

// foreignAppend is what another program does to the closed log, as the argument of the
// step says.
type foreignAppend struct {
	entries      int
	withoutLeave bool // an Open without leave to take over comes first
	torn         bool // an entry more was cut short, which is durable
	aligned      bool // what the journal puts behind the entries crosses a sector right behind its header
	unsynced     bool // nothing of it is synced
	rotten       bool // behind them stands what rotted of a marker that had taken them over
}

// foreign is what another program appended to the closed log.
type foreign struct {
	from     int64  // in the log, in bytes
	lastLSN  uint64 // of the journal's own
	entries  int
	torn     []byte // of one entry more, behind them, or of a marker
	unsynced bool
	crashed  bool // before an Open that took it over came to its end
}

// uncertain says whether the kernel may have lost some of it: its write-back failed.
func (f foreign) uncertain(run *core.Run) bool { return f.unsynced && run.FaultStruck() }

// foreignAppends is how many arguments the step has.
const foreignAppends = 128

func foreignAppendOf(arg int) foreignAppend {
	return foreignAppend{1 + arg%4, arg&7 >= 2, arg&8 != 0, arg&16 != 0, arg&32 != 0, arg&64 != 0}
}

// appendForeign does what another program does that knows the original's protocol alone:
// it appends entries to the log, which the journal has closed, and syncs them. The next
// Open takes them over. Until the sync, a crash leaves what nobody can tell anything of,
// since such entries have no checksum; if none comes, until that Open.
func (p *program) appendForeign(f foreignAppend) error {
	disk := p.run.Disk()
	last, sealed := p.sealedAt()
	if !sealed || p.closeErr != nil || p.run.FaultStruck() || p.w.full > 0 {
		return nil // nobody appends to a log of which he can't tell that it was closed
	}
	var log []byte
	var numbers []uint64
	for i := range f.entries {
		s := step{kind: stepPush}
		if f.aligned && i == f.entries-1 {
			s = p.padding(int64(len(disk.Tree()[base+".log"]) + len(log)))
		}
		number, e := p.issue(s)
		numbers = append(numbers, number)
		log = append(log, originalFrame(e)...)
	}
	var torn []byte
	switch {
	case f.rotten:
		torn = rottenMarker(int64(len(disk.Tree()[base+".log"]) + len(log)))
	case f.torn:
		whole := originalFrame(entryOf(stepBig, tornForeignBytes, probe))
		torn = whole[:1+len(whole)*(1+len(log)%7)/8]
	}
	p.run.NoteCall("another program appends")
	p.copying = true
	p.oracle.changed(2)
	err := p.run.WithoutFaults(func() error { return appendTo(disk, base+".log", append(log, torn...), !f.unsynced) })
	if p.run.PowerIsOff() {
		return errOff
	}
	p.returns("done", err)
	if err != nil {
		return errOff // an fsync that failed before, and is reported only now
	}
	p.foreign = foreign{from: int64(len(disk.Tree()[base+".log"]) - len(log) - len(torn)), lastLSN: last, entries: len(numbers), torn: torn, unsynced: f.unsynced}
	if f.unsynced {
		return nil
	}
	p.copying = false
	for i, number := range numbers {
		if err := p.oracle.acknowledge(number, last+uint64(i)+1); err != nil {
			return err
		}
	}
	p.oracle.hasSynced(last + uint64(len(numbers)))
	return nil
}

// rottenMarker is what stands at an offset of a log after a crash came when the marker
// there that took over another program's entries was written, and one bit of it rotted.
func rottenMarker(off int64) []byte {
	m := wire.AppendMarker(nil, &wire.Marker{Kind: wire.Commit, Log: wire.LogID{1}, Generation: 1, Offset: off, Entries: 1})
	m[wire.MarkerPrefixSize-len(wire.MarkerMagic)+int(off%int64(len(wire.MarkerMagic)))] ^= 4
	return m
}

// tornForeignBytes is more than fits into a sector, and much longer than a marker.
const tornForeignBytes = 1500

// padding is the next entry, at that offset, so long that the header of the frame behind
// it is the last thing in a sector.
func (p *program) padding(off int64) step {
	const sector = 512
	end := off + int64(len(originalFrame(entryOf(stepBig, 0, uint64(len(p.oracle.entries)+1))))) + wire.HeaderSize
	return step{stepBig, int((sector - end%sector) % sector)}
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

// appendTo appends to a file, and syncs it or not.
func appendTo(disk *vfs.Disk, name string, content []byte, synced bool) error {
	file, err := disk.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if synced {
		err = errors.Join(err, file.Sync())
	}
	return errors.Join(err, file.Close())
}

// judgeTakenOver expects an Open to say how many entries of another program it took over,
// and where it keeps what follows them.
func (p *program) judgeTakenOver(e *opened) error {
	rec := e.recovery()
	if rec == nil || p.foreign.entries == 0 || p.foreign.uncertain(p.run) {
		return nil
	}
	if p.oracle.purging && rec.LastLSN == 0 {
		return nil // it was removed, with the journal, before any Open could show it
	}
	taken := rec.Adopted == 0 && p.run.FaultStruck() // by an Open that failed in the end
	if rec.Adopted != p.foreign.entries && !taken {
		return core.Breachf(saysWhatIsSo, "another program appended %d entries to the closed log, and Open reported that it took over %d", p.foreign.entries, rec.Adopted)
	}
	if len(p.foreign.torn) == 0 || p.run.Suspends(acknowledgedDurable) {
		return nil
	}
	kept, err := keptTails(p.run.Disk())
	if err != nil {
		return nil // a read that failed is no word on what is kept
	}
	// An Open that did not come to its end may have cut it off already.
	inPart := rec.TailBytes < int64(len(p.foreign.torn)) && (p.foreign.crashed || p.run.FaultStruck())
	if isKept(kept, p.foreign.torn) && (inPart || rec.TailBytes == int64(len(p.foreign.torn))) {
		return nil
	}
	return core.Breachf(tailForgiven, "behind what another program appended was a torn entry of %d bytes; Open reported that it cut off %d and kept them as %q, which hasn't them",
		len(p.foreign.torn), rec.TailBytes, rec.TailKept)
}
