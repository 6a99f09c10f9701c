package journal

import (
	"github.com/spf13/afero"
)

// Open recovers the journal of a base, <dir>/<name>, brings m to its state and
// returns the journal ready for appends. The directory must exist; the files
// are made if there are none. m must be as new; if Open fails it may be left
// in any state.
//
// Files that Open refuses, because they are damaged (*CorruptError,
// *BadTailError, *SnapshotError), of a later version (*VersionError) or can't
// be read (*ReadError, or the filesystem's own error), it leaves as they are. A
// base that somebody else has open is ErrLocked. On a full disk a journal opens all
// the same, see "Without space" in the package's documentation. A filesystem that can't fsync a
// directory is a *DirSyncError.
//
// Files that were copied into place need not have been synced: Open does that.
// But if it fails because an fsync failed, copy them again: the kernel may have
// given their pages up, and no later fsync would tell.
func Open(fs afero.Fs, base string, m Machine, opts Options) (*Journal, Recovery, error) {
	var rec Recovery
	opts, err := opts.withDefaults()
	if err != nil {
		return nil, rec, err
	}
	if m == nil {
		return nil, rec, badInput("machine", base, "is nil")
	}
	f, err := newFiles(fs, base)
	if err != nil {
		return nil, rec, err
	}
	f.acceptNoDirSync, f.adoptForeign = opts.AcceptNoDirSync, opts.AdoptForeign
	unlock, err := f.takeLock()
	if err != nil {
		return nil, rec, err
	}
	j, err := open(f, m, opts, &rec)
	if err != nil {
		_ = unlock() // the first error tells more
		return nil, rec, err
	}
	j.unlock = unlock
	return j, rec, nil
}

func open(f files, m Machine, opts Options, rec *Recovery) (*Journal, error) {
	if err := f.finishPurge(rec); err != nil {
		return nil, err
	}
	found, err := f.judge()
	if err != nil {
		return nil, err
	}
	sums := &blockSums{from: found.scan.claimed}
	if err := found.replay(m, rec, sums); err != nil {
		return nil, err
	}
	if err := found.settleFreed(); err != nil {
		return nil, err
	}
	if found.adopted != nil {
		if err := found.takeOver(rec); err != nil {
			return nil, err
		}
		if found, sums, err = found.judgeAdopted(rec); err != nil {
			return nil, err
		}
	}
	active, err := found.makeRecoverable(opts, rec, sums)
	if err != nil {
		return nil, err
	}
	journal := newJournal(found, m, opts, active)
	journal.incomplete = rec.incomplete()
	return journal, nil
}

// newJournal is a journal on files that were judged and made recoverable.
func newJournal(found *judgement, m Machine, opts Options, active *newLog) *Journal {
	j := &Journal{files: found.files, opts: opts, mon: opts.Monitor, machine: m, segments: found.chain, generation: found.generation}
	if found.snapshot.present {
		j.snapshot = found.snapshot.ref
	}
	switch {
	case found.head == headOld:
		old := found.old
		j.old = &old
		j.written, j.visible = uint64(old.entries), old.end
	case found.unmade:
		j.segments = append(j.segments, found.headSegment())
		prev := previousOf(found.headPart, &found.scan)
		j.written, j.unmade = found.scan.lastLSN, &prev
	case active.genesis.Log == found.scan.genesis.Log:
		j.active = activeLog{file: active.file, genesis: active.genesis, tail: found.scan.end, chain: found.scan.chain, entries: uint64(found.scan.entries), uncut: found.uncut}
		j.active.sealed, j.active.opened = found.scan.sealed, true
		j.written = found.scan.lastLSN
		if found.scan.claimsAll {
			j.active.claimed = found.scan.end // and now synced
		}
	default:
		if found.isArchived() {
			j.segments = append(j.segments, found.headSegment())
		}
		j.adopt(active)
	}
	if active != nil {
		j.generation = max(j.generation, active.genesis.Generation)
		j.active.durable, j.visible = j.active.tail, j.active.tail
	}
	j.lastLSN, j.durableLSN, j.provenLSN = j.written, j.written, j.written
	j.publish()
	return j
}

// adopt makes a new log the active one.
func (j *Journal) adopt(l *newLog) {
	size := l.genesis.Size()
	j.active = activeLog{file: l.file, genesis: l.genesis, tail: size, durable: size, claimed: size, sealed: l.genesis.Sealed, opened: true, chain: l.genesis.CRC}
	j.written = l.genesis.LastLSN
	j.generation = l.genesis.Generation
}
