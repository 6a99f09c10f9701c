package journal

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/afero"

	"powercut/journal/wire"
)

// RepairOptions says what Repair may give up.
type RepairOptions struct {
	// AcceptLoss allows Repair to cut off entries that were durable: those
	// behind damage in the active log. Without it, Repair only cuts off a bad
	// tail of a log without markers, of which nobody can tell whether it was
	// ever acknowledged.
	AcceptLoss bool
	// AcceptNoDirSync is as in Options: without it, Repair fails with a
	// *DirSyncError, before it cuts, where a directory can't be fsynced.
	AcceptNoDirSync bool
}

// RepairReport says what Repair did.
type RepairReport struct {
	Path       string // of the log that was cut; "" if nothing was wrong
	ValidBytes int64  // that are left
	CutBytes   int64
	KeptAs     string // the file that holds what was cut; "" if it was all zeros
	LastLSN    uint64 // of the last entry that is left, 0 for none
	// LostLSN is the highest LSN that a marker in what was cut claims durable,
	// 0 if none does.
	LostLSN uint64
}

// Repair makes a base that Open refuses open again, if that needs no more than
// to cut the active log where it stops making sense. What it cuts off it keeps
// in a file beside the log. It undoes no damage to archives or the snapshot:
// for that, and for what it may not do without RepairOptions.AcceptLoss, it
// returns what Open would and changes nothing.
func Repair(fs afero.Fs, base string, opts RepairOptions) (RepairReport, error) {
	f, err := newFiles(fs, base)
	if err != nil {
		return RepairReport{}, err
	}
	f.acceptNoDirSync = opts.AcceptNoDirSync
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

func (f files) repairLog(opts RepairOptions) (rep RepairReport, err error) {
	_, refusal := f.judge()
	if refusal == nil {
		return rep, nil
	}
	cut, err := f.cutFor(refusal, opts)
	if err != nil {
		return rep, err
	}
	rep = cut.RepairReport
	if rep.KeptAs, err = f.keepTail(rep.Path, cut.id, rep.ValidBytes, rep.ValidBytes+rep.CutBytes); err != nil {
		return rep, err
	}
	file, err := f.fs.OpenFile(rep.Path, os.O_RDWR, 0)
	if err != nil {
		return rep, fmt.Errorf("journal: repair: %w", err)
	}
	if err := file.Truncate(rep.ValidBytes); err != nil {
		_ = file.Close() // the first error tells more
		return rep, fmt.Errorf("journal: repair: %w", err)
	}
	if err := syncAndClose(file); err != nil {
		return rep, fmt.Errorf("journal: repair: %w", err)
	}
	_, err = f.judge() // what is wrong beside the log
	return rep, err
}

// logCut is a cut that Repair is about to make.
type logCut struct {
	RepairReport
	id wire.LogID
}

// cutFor finds the cut that undoes a refusal, or returns the refusal.
func (f files) cutFor(refusal error, opts RepairOptions) (cut logCut, err error) {
	tail, isTail := errors.AsType[*BadTailError](refusal)
	damage, isDamage := errors.AsType[*CorruptError](refusal)
	switch {
	case isTail && tail.Path == f.log():
		cut.Path = tail.Path
	case isDamage && (damage.Path == f.log() || damage.Path == f.logTmp()) && opts.AcceptLoss:
		cut.Path = damage.Path
	default:
		return cut, refusal
	}
	r, err := openLog(f.fs, cut.Path)
	if err != nil {
		return cut, err
	}
	defer r.close()
	genesis, ok, err := scanGenesis(r)
	if err != nil {
		return cut, err
	}
	if !ok {
		old, err := scanOld(r, true, nil)
		if err != nil {
			return cut, err
		}
		cut.ValidBytes, cut.CutBytes, cut.LastLSN = old.end, r.limit-old.end, uint64(old.entries)
		if held, err := holdsMarker(r); err != nil || held {
			// A log of ours without its genesis proves nothing about any entry.
			cut.ValidBytes, cut.CutBytes, cut.LastLSN = 0, r.limit, 0
			if err != nil {
				return cut, err
			}
		}
	} else {
		s, err := scanLog(r, genesis, nil)
		if err != nil {
			return cut, err
		}
		if s.end == r.limit {
			return cut, refusal // nothing to cut: the damage is beside the log
		}
		cut.ValidBytes, cut.CutBytes, cut.LastLSN, cut.id = s.end, r.limit-s.end, s.lastLSN, genesis.Log
	}
	err = findMarkers(r, cut.ValidBytes, func(m wire.Marker) bool {
		cut.LostLSN = max(cut.LostLSN, m.DurableLSN)
		return true
	})
	return cut, err
}
