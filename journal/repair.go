package journal

import (
	"cmp"
	"errors"
	"fmt"
	iofs "io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/afero"

	"powercut/journal/wire"
)

// RepairOptions says what Repair may give up.
type RepairOptions struct {
	// AcceptLoss allows Repair to cut off entries that were durable: those
	// behind damage in the active log. Without it, Repair only cuts off a bad
	// tail of a log without markers, of which nobody can tell whether it was
	// ever acknowledged.
	//
	// Entries that another program appended to a closed log are cut off only with
	// it, too: the file that keeps them is a log of rayforce.
	AcceptLoss bool
	// AcceptNoDirSync is as in Options: without it, Repair fails with a
	// *DirSyncError, before it cuts, where a directory can't be fsynced. Zeros are
	// cut off a log all the same: nothing of them is kept, and no name changes.
	AcceptNoDirSync bool
	// Machine, if not nil, must be as new and is tried on the snapshot, as Open does
	// it: what only a state machine can tell of a snapshot is looked at only then.
	Machine Machine
}

// RepairReport says what Repair did.
type RepairReport struct {
	Path       string // of the log that was cut; "" if nothing was wrong
	ValidBytes int64  // that are left
	CutBytes   int64
	KeptAs     string // the file that holds what was cut; "" if it was all zeros
	Removed    bool   // nothing was left of the log, and its name is gone
	LastLSN    uint64 // of the last entry that is left, 0 for none
	// LostLSN is the highest LSN that a marker in what was cut claims durable,
	// 0 if none does.
	LostLSN uint64
}

// Repair makes a base that Open refuses open again, if that needs no more than
// to cut the active log where it stops making sense. What it cuts off it keeps
// in a file beside the log. It undoes no damage to archives or the snapshot, it
// never touches a log of another version or one whose frames are whole, and a bad
// frame with whole ones behind it is no tail: for that, and for what it may not do
// without RepairOptions.AcceptLoss, it returns what Open would and changes nothing.
//
// With AcceptLoss, a log of which nothing is good is removed, and a snapshot that
// then stands alone is all that is left.
//
// If Open would succeed, the report's Path is "" and the error nil. If the error
// comes with a Path, the log was cut, and something else is wrong as well; if that is
// an fsync, a power cut may bring back what was cut off. A base without any file is an
// error that matches fs.ErrNotExist.
func Repair(fs afero.Fs, base string, opts RepairOptions) (RepairReport, error) {
	f, err := newFiles(fs, base)
	if err != nil {
		return RepairReport{}, err
	}
	f.acceptNoDirSync = opts.AcceptNoDirSync
	if err := f.missing(); err != nil {
		return RepairReport{}, err
	}
	unlock, err := f.takeLock()
	if err != nil {
		return RepairReport{}, err
	}
	rep, err := f.repairLog(opts)
	if unlockErr := unlock(); err == nil {
		err = unlockErr
	}
	return rep, err
}

// missing returns an error if a base has no file.
func (f files) missing() error {
	names, err := f.list()
	if err != nil {
		return err
	}
	for _, name := range names {
		if f.owns(name, names) || name == filepath.Base(f.purging()) {
			return nil
		}
	}
	return fmt.Errorf("journal: %s: no log, no snapshot and no archive: %w", f.base, iofs.ErrNotExist)
}

// wouldOpen returns the error with which Open would refuse the files. A machine is
// not asked to apply anything.
func (f files) wouldOpen(m Machine) error {
	if purged, err := f.exists(f.purging()); err != nil || purged {
		return err // Open finishes that first, and then there is nothing
	}
	j, err := f.judge()
	if err != nil || !j.snapshot.present {
		return err
	}
	payload, err := j.snapshot.payload()
	if err == nil && m != nil {
		_, err = m.Restore(payload)
	}
	if err != nil {
		return &SnapshotError{f.snapshot(), err}
	}
	return nil
}

// repairLog is Repair with the base locked.
func (f files) repairLog(opts RepairOptions) (rep RepairReport, err error) {
	refusal := f.wouldOpen(opts.Machine)
	if refusal == nil {
		return rep, nil
	}
	cut, err := f.cutFor(refusal, opts)
	if err != nil {
		return rep, err
	}
	rep = cut.RepairReport
	var unused *wire.Marker
	if rep.Path == f.log() {
		if unused, err = f.unusedLog(); err != nil {
			return RepairReport{}, fmt.Errorf("%w; and it can't be cut: %w", refusal, err)
		}
	}
	if rep.CutBytes > 0 {
		// As settleFreed does it for recovery. Where it can't be done, nothing but zeros is
		// cut off all the same.
		err := f.syncDir()
		if _, unable := errors.AsType[*DirSyncError](err); err != nil && !unable {
			return RepairReport{}, err
		}
		if rep.KeptAs, err = f.keepTail(rep.Path, cut.id, rep.ValidBytes, rep.ValidBytes+rep.CutBytes); err != nil {
			return RepairReport{}, err
		}
	}
	if done, err := f.cut(&rep, cut.sealed, unused); err != nil {
		if !done {
			rep = RepairReport{}
		}
		return rep, fmt.Errorf("journal: repair: %w", err)
	}
	return rep, f.wouldOpen(opts.Machine) // what is wrong beside the log, for which nothing was restored
}

// cut makes a log as long as a report says, and says whether that was done, durably or
// not. Sealed: what is left ends at the marker of a Close. Unused is the genesis of the log
// that is to go with what is cut off, if any. A log of which nothing is left is removed: an
// empty one would say that there never was anything in it.
func (f files) cut(rep *RepairReport, sealed bool, unused *wire.Marker) (done bool, err error) {
	if rep.ValidBytes == 0 && rep.KeptAs == "" {
		// A name is to go, and no copy has shown yet that this can be made durable.
		if err := f.syncDir(); err != nil {
			return false, err
		}
	}
	if unused != nil {
		if err := f.dropUnused(unused); err != nil {
			return false, err
		}
	}
	if rep.ValidBytes == 0 {
		rep.Removed = true
		if err := f.disown(); err != nil {
			return false, err
		}
		if err := f.remove(rep.Path); err != nil {
			return false, err
		}
		return true, f.syncDir()
	}
	file, err := f.fs.OpenFile(rep.Path, os.O_RDWR, 0)
	if err != nil {
		return false, err
	}
	if sealed {
		err = spoil(file, rep.ValidBytes, rep.CutBytes)
	}
	if err == nil {
		err = file.Truncate(rep.ValidBytes)
	}
	if err != nil {
		_ = file.Close() // the first error tells more
		return false, err
	}
	return true, syncAndClose(file)
}

// spoil overwrites the header of the frame behind the marker of a Close, durably, before n
// bytes are cut off there. A power cut may keep a part of them. That must not look like
// what another program appended: nothing would prove it.
func spoil(file afero.File, off, n int64) error {
	err := writeAt(file, make([]byte, min(n, wire.HeaderSize)), off)
	if err == nil {
		err = file.Sync()
	}
	if isNoSpace(err) {
		return nil // on some filesystems even this takes a block
	}
	return err
}

// disown lets a snapshot of this package stand by itself, as one of the original's
// does, now that there is no log any more that tells which entries it covers.
func (f files) disown() error {
	s, err := f.orphanSnapshot()
	if err != nil || !s.present {
		return err
	}
	const typeAt = 7
	s.raw[typeAt] = wire.TypeSnapshot
	// A file of its own: a backup may have linked the one that is in place.
	tmp := f.snapshotTmp()
	if err := f.remove(tmp); err != nil {
		return err
	}
	file, err := f.fs.OpenFile(tmp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	err = writeAt(file, s.raw, 0)
	if err == nil {
		err = syncAndClose(file)
	} else {
		_ = file.Close() // the first error tells more
	}
	if err == nil {
		err = f.fs.Rename(tmp, f.snapshot())
	}
	if err != nil {
		_ = f.remove(tmp) // likewise
	}
	return err
}

// orphanSnapshot returns the snapshot, if it is one of this package and there is no
// archive; otherwise it is not present.
func (f files) orphanSnapshot() (s snapshotFile, err error) {
	names, err := f.list()
	if err != nil || len(f.archives(names)) > 0 {
		return s, err
	}
	if s, err = f.readSnapshot(); err != nil || s.present && !s.isOwn() {
		return snapshotFile{}, err
	}
	return s, nil
}

// unusedLog returns the genesis of a log that was to follow the active one, and to which
// nothing was written yet; nil if there is none.
func (f files) unusedLog() (*wire.Marker, error) {
	r, err := openLog(f.fs, f.logTmp())
	if errors.Is(err, iofs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer r.close()
	genesis, ok, err := scanGenesis(r)
	if err != nil || !ok || r.limit != genesis.Size() {
		return nil, err
	}
	return &genesis, nil
}

// dropUnused removes a log that was to follow the active one, and claims what is
// about to be cut off that: durably, since a claim of what is gone is damage. One that
// was the first of its base claims nothing, and may come back.
func (f files) dropUnused(genesis *wire.Marker) error {
	if err := f.remove(f.logTmp()); err != nil {
		return err
	}
	if genesis.Previous.Kind == wire.NoPrevious && genesis.Snapshot.SizeBytes == 0 {
		return nil
	}
	return f.syncDir()
}

// logCut is a cut that Repair is about to make.
type logCut struct {
	RepairReport
	id     wire.LogID
	sealed bool // what is left ends at the marker of a Close
}

// cutFor finds the cut that undoes a refusal, or returns the refusal.
func (f files) cutFor(refusal error, opts RepairOptions) (cut logCut, err error) {
	if cut.Path, err = f.cuttable(refusal, opts); err != nil {
		return logCut{}, err
	}
	r, err := openLog(f.fs, cut.Path)
	if errors.Is(err, iofs.ErrNotExist) {
		if orphan, err := f.orphanSnapshot(); err != nil || !orphan.present {
			return cut, cmp.Or(err, refusal)
		}
		return cut, nil // the snapshot is given up as the log's, and stands by itself from then on
	}
	if err != nil {
		return cut, err
	}
	defer r.close()
	// Measured twice: one read that went wrong must not cost what is whole.
	again := cut
	if err := cmp.Or(cut.measure(r), again.measure(r)); err != nil {
		return cut, err
	}
	if again != cut {
		return cut, &ReadError{cut.Path, min(cut.ValidBytes, again.ValidBytes), errors.New("journal: read differently a second time")}
	}
	if cut.CutBytes == 0 && r.limit > 0 {
		return cut, refusal // the damage is beside the log
	}
	return cut, nil
}

// cuttable returns the path of the log that a cut may bring back, or the refusal if
// there is none, or if the options don't allow it.
func (f files) cuttable(refusal error, opts RepairOptions) (path string, err error) {
	if damage, ok := errors.AsType[*CorruptError](refusal); ok {
		switch {
		case damage.old != "": // its frames are whole: what is behind the entry is good
			return "", refusal
		case opts.AcceptLoss && (damage.Path == f.log() || damage.Path == f.logTmp()):
			return damage.Path, nil
		}
	} else if tail, ok := errors.AsType[*BadTailError](refusal); ok {
		switch {
		case tail.FramesBehind && !opts.AcceptLoss:
			return "", &CorruptError{Path: tail.Path, Offset: tail.ValidBytes, Reason: "a bad frame with whole ones behind it is no tail", Err: tail.Err}
		case tail.Path == f.log():
			return tail.Path, nil
		}
	}
	if foreign, ok := errors.AsType[*ForeignError](refusal); ok && opts.AcceptLoss && foreign.Path == f.log() {
		return foreign.Path, nil
	}
	return "", refusal
}

// measure finds how much of a log is good, and what is claimed behind that.
func (c *logCut) measure(r *logReader) error {
	if err := c.measureGood(r); err != nil {
		return err
	}
	return findMarkers(r, c.ValidBytes, func(m wire.Marker) bool {
		c.LostLSN = max(c.LostLSN, m.DurableLSN)
		return true
	}, nil)
}

// measureGood finds how much of a log is good.
func (c *logCut) measureGood(r *logReader) error {
	genesis, ok, err := scanGenesis(r)
	if err != nil {
		return err
	}
	if ok {
		s, err := scanLog(r, genesis, nil)
		c.ValidBytes, c.CutBytes, c.LastLSN, c.id, c.sealed = s.end, r.limit-s.end, s.lastLSN, genesis.Log, s.sealed
		return err
	}
	begins, err := beginningWithoutGenesis(r)
	if _, read := errors.AsType[*ReadError](err); read {
		return err
	}
	if tail, ok := errors.AsType[*BadTailError](err); ok {
		c.ValidBytes = tail.ValidBytes // a preamble, or nothing
		c.CutBytes = r.limit - c.ValidBytes
		return nil
	}
	if err != nil || begins != beginsOld {
		// Nothing proves anything in a log of ours without its genesis.
		c.CutBytes = r.limit
		return nil
	}
	s, err := scanOld(r, nil)
	c.ValidBytes, c.CutBytes, c.LastLSN = s.end, r.limit-s.end, uint64(s.entries)
	return err
}
