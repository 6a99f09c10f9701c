package journal

import (
	"errors"
	"fmt"
	iofs "io/fs"
	"path/filepath"
	"slices"
	"strings"

	"powercut/journal/wire"
)

// unfinished takes an empty <base>.log, or one of zeros, for an interrupted
// creation, if nothing beside it tells that a log was there. An honest creation by
// this package leaves neither, since a genesis is synced before it gets that name.
// The original leaves an empty log behind a roll, with an archive of its own, and
// maybe its snapshot.
func (j *judgement) unfinished(r *logReader, begins beginning, archives []archived) error {
	is := "is empty"
	if begins == beginsZeros {
		is = "holds nothing but zeros"
	}
	part, ours := j.ownArchive()
	leftover, err := j.ownLeftover()
	switch {
	case err != nil:
		return err
	case ours:
		j.noLog = &CorruptError{Path: r.path, Reason: is + ", but archive " + part + " of this journal stands beside it"}
	case leftover != "":
		j.noLog = &CorruptError{Path: r.path, Reason: is + ", but " + leftover + " of this journal stands beside it"}
	case j.snapshot.present && begins == beginsZeros:
		j.noLog = &CorruptError{Path: r.path, Reason: is + ", but a snapshot stands beside it: which entries followed it is lost"}
	case len(j.unproven) > 0 && begins == beginsZeros:
		j.noLog = &BadTailError{Path: r.path, Err: unfinishedError(r.path)} // the original's
	default:
		j.empty, j.unfinishedBytes = begins == beginsEmpty, r.limit // missHead judges a snapshot of ours
	}
	return j.findArchivedHead(archives)
}

// unfinishedError is why the bytes of an interrupted creation are kept aside.
func unfinishedError(path string) error {
	return fmt.Errorf("journal: %s is no log: an interrupted creation", path)
}

// missHead makes sure that a log which is not there is not missed: an archive of
// ours, or the genesis of the log after it, tells that it was.
func (j *judgement) missHead() error {
	if j.noLog != nil && !j.nameless {
		return j.noLog
	}
	if j.head != headNone {
		return nil
	}
	is := "is missing"
	if j.empty {
		is = "is empty"
	}
	if j.snapshot.present && j.snapshot.isOwn() {
		return &CorruptError{Path: j.log(), Reason: is + ", but a snapshot of this journal is there: which entries followed it is lost"}
	}
	if part, found := j.ownArchive(); found {
		return &CorruptError{Path: j.log(), Reason: is + ", but archive " + part + " of this journal is there"}
	}
	return nil
}

// ownArchive returns an archive that this package named, or that holds a genesis.
func (j *judgement) ownArchive() (part string, found bool) {
	for _, part := range j.archives(j.names) {
		if _, ours := partGeneration(part); ours || !slices.Contains(j.unproven, part) {
			return part, true
		}
	}
	return "", false
}

// ownLeftover returns the name of a file that this package makes only beside a log
// in which something is good: a snapshot on its way, or a tail that was cut off.
func (j *judgement) ownLeftover() (string, error) {
	for _, name := range j.names {
		part, isTail := strings.CutPrefix(strings.TrimSuffix(name, ".tmp"), filepath.Base(j.log())+".tail-")
		if isTail && isTailPart(part) && !strings.HasPrefix(part, tailID(wire.LogID{})+"-0") {
			return name, nil
		}
	}
	r, err := openLog(j.fs, j.snapshotTmp())
	if errors.Is(err, iofs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer r.close()
	head, err := r.peek(wire.HeaderSize)
	if err == nil && (snapshotFile{raw: head}).isOwn() {
		return filepath.Base(r.path), nil
	}
	return "", err
}
