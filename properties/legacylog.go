package properties

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"powercut/journal"
	"powercut/journal/wire"
	"powercut/properties/engines"
	"powercut/sim/core"
	"powercut/vfs"
)

// legacyLog is a log of the original protocol, without markers, that is there when
// the journal is opened for the first time: so many whole entries, and the first
// bytes of one more. Open must refuse such a tail, since nobody can tell
// whether it was ever acknowledged, and Repair must cut it. Where the tail is all
// there is, Repair removes the log.
type legacyLog struct {
	entries  int
	torn     int  // bytes
	preamble bool // the log begins with one, as a newer original's does
	snapshot legacySnapshot
}

// present says whether there is one.
func (f legacyLog) present() bool { return f != legacyLog{} }

// maxLegacyEntries bounds the entries of a log that is found.
const maxLegacyEntries = 1000

// maxTorn is less than the bytes of any whole entry.
const maxTorn = 30

func (f *legacyLog) parse(entries, torn string) (err error) {
	if f.snapshot.present() {
		return errors.New("found: want it before found-snapshot, which may cover entries of it")
	}
	if f.entries, err = strconv.Atoi(entries); err != nil || f.entries < 0 || f.entries > maxLegacyEntries {
		return fmt.Errorf("found %q: want a number of entries, 0 to %d", entries, maxLegacyEntries)
	}
	if f.torn, err = strconv.Atoi(torn); err != nil || f.torn < 0 || f.torn > maxTorn {
		return fmt.Errorf("found, torn %q: want a number of bytes, 0 to %d", torn, maxTorn)
	}
	if f.entries == 0 && f.torn == 0 {
		return errors.New("found 0 0: want an entry, or bytes of one")
	}
	return nil
}

func (f *legacyLog) print(b *strings.Builder) {
	if f.entries > 0 || f.torn > 0 {
		fmt.Fprintf(b, "found %d %d\n", f.entries, f.torn)
	}
	if f.preamble {
		b.WriteString("found-preamble\n")
	}
	if f.snapshot.present() {
		fmt.Fprintf(b, "found-snapshot %d %d\n", f.snapshot.entries, f.snapshot.covered)
	}
}

// originalFrame is an entry as the original protocol writes it.
func originalFrame(e engines.Entry) []byte {
	return append(wire.AppendHeader(nil, wire.Header{Size: int64(len(e.Payload))}), e.Payload...)
}

// legacyTemporary is what a file is called until it is whole.
const legacyTemporary = "/data/found"

// makeLegacyLog puts the log that the journal will find in its place, and the snapshot
// beside it, and makes them durable. Until then its entries are in flight, as those of any
// client.
func (p *program) makeLegacyLog() error {
	found := &p.w.legacyLog
	if found.snapshot.present() {
		p.copying = true // which of its entries a crash left, nobody can tell without a log
		p.oracle.changed(2)
	}
	ground := p.issueLegacy(found.snapshot.entries, true)
	logged := p.issueLegacy(found.entries, len(ground) == 0)
	log, coveredBytes := found.log(logged)
	disk := p.run.Disk()
	if err := p.putLegacy(base+".log", log); err != nil {
		return err
	}
	if found.snapshot.present() {
		snapshot, err := p.snapshotOf(slices.Concat(ground, logged[:found.snapshot.covered]), coveredBytes, int64(len(log)))
		if err != nil {
			return err
		}
		if err := p.putLegacy(base+".qdb", snapshot); err != nil {
			return err
		}
	}
	dir, err := disk.Open(path.Dir(base))
	if err != nil {
		return err
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return err
	}
	p.copying = false
	p.oracle.finds(numbersOf(ground), uint64(found.snapshot.covered))
	for i, e := range logged {
		if err := p.oracle.acknowledge(e.number, uint64(i+1)); err != nil {
			return err
		}
	}
	p.oracle.hasSynced(uint64(len(logged)))
	p.legacyLog = true
	return nil
}

// putLegacy puts a file in its place as a whole, and syncs it, but not its name: a log
// without markers can't tell that it is half-written.
func (p *program) putLegacy(name string, content []byte) error {
	disk := p.run.Disk()
	file, err := disk.OpenFile(legacyTemporary, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return disk.Rename(legacyTemporary, name)
}

// mayRepair says whether an error of Open is the refusal that the log's torn tail
// deserves. Once Repair has said that the tail is gone, nothing is left to refuse.
func (p *program) mayRepair(err error) bool {
	return err != nil && p.w.legacyLog.torn > 0 && !p.repaired && p.can.Repairs && p.driver.Classify(err).Damage == engines.BadTail
}

// repair cuts off the torn tail of the log that the journal found.
func (p *program) repair() error {
	p.freeDisk() // what is cut off needs space to be kept, and nobody can do without
	return p.runRepair()
}

// nothingLeft says whether the disk has no file of the journal.
func (p *program) nothingLeft() bool {
	for name := range p.run.Disk().Tree() {
		if strings.HasPrefix(name, base+".") {
			return false
		}
	}
	return true
}

// runRepair runs Repair on the closed journal. That it fails needs a fault, or
// damage, as a reason.
func (p *program) runRepair() error {
	struck := p.excuses()
	p.run.NoteCall("repair")
	err := p.repairDisk(p.run.Disk())
	if p.run.PowerIsOff() {
		return errOff
	}
	p.returns("done", err)
	if err == nil {
		if !p.repaired {
			p.repaired = true
			p.oracle.changed(1)
		}
		return nil
	}
	if errors.Is(err, vfs.ErrInjected) || p.run.FaultsFired() > struck.fired || p.mayRefuse(p.run, err) || struck.full && errors.Is(err, syscall.ENOSPC) {
		return nil // Open says what comes of it
	}
	if _, foreign := errors.AsType[*journal.ForeignError](err); foreign && p.foreign.entries > 0 {
		return nil // what another program appended, Open takes over, and Repair leaves alone
	}
	if errors.Is(err, fs.ErrNotExist) && p.nothingLeft() {
		return nil // purged, and every Open since then failed before it made anything
	}
	return core.Breachf(liveness, "Repair failed without a fault to explain it: %v", err)
}

// repairDisk runs Repair on a disk: of a whole journal with all that Repair can be told.
func (p *program) repairDisk(disk *vfs.Disk) error {
	if !p.can.Whole {
		return p.driver.Repair(disk, base)
	}
	_, err := journal.Repair(disk, base, journal.RepairOptions{AcceptNoDirSync: p.w.acceptNoDirSync, Machine: newMachine(p.parsed).asJournal()})
	return err
}
