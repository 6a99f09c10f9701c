package journal

import (
	"powercut/journal/wire"
)

// headKind says what the newest log is.
type headKind uint8

const (
	headNone headKind = iota // there is no log
	headLog                  // with markers
	headOld                  // without
)

// judgement is what the files of a base amount to. To judge changes nothing.
type judgement struct {
	files
	names []string // in the directory
	// unproven are the parts of archives without a genesis that proves itself.
	unproven []string

	head     headKind
	headPath string  // <base>.log, an archive, or <base>.log.tmp
	headPart string  // of the archive, if it is one
	scan     logScan // of a log with markers
	old      oldScan // of a log without
	// adopted are entries of another program's behind it that are taken over.
	adopted *adoption
	// twice: the head has <base>.log for a second name.
	twice bool
	// nameless: the head was in use, and the disk lost its name.
	nameless bool
	// noLog is why <base>.log, which is empty or holds nothing but zeros, is not what
	// an interrupted creation left.
	noLog error
	// empty: <base>.log is there, without a byte.
	empty bool
	// unfinishedBytes are the zeros that an interrupted creation left in <base>.log.
	unfinishedBytes int64

	// What makeRecoverable could not do for lack of space.
	uncut  int64 // the end of the head's tail, if that stays in place; 0: it does not
	unmade bool  // the head is archived, and the log that is to follow it is not made

	chain      []segment // older than the head, oldest first
	foreign    []ForeignFrames
	pruned     bool   // the log before the chain is gone
	generation uint64 // the highest that any log here has

	snapshot snapshotFile
}

// isArchived says that the head was renamed away and nothing took its place.
func (j *judgement) isArchived() bool { return j.headPart != "" }

// archived is a log with markers among the archives.
type archived struct {
	part      string
	genesis   wire.Marker
	sizeBytes int64
}

// judge reads everything that recovery depends on, and refuses what no crash leaves.
// First the head, the newest log: by its genesis and markers it tells which snapshot
// belongs to it and which log came before it. Then the snapshot, and then, backwards,
// the chain of older logs whose entries the snapshot does not cover.
func (f files) judge() (*judgement, error) {
	names, err := f.list()
	if err != nil {
		return nil, err
	}
	j := &judgement{files: f, names: names}
	archives, err := j.readArchives()
	if err != nil {
		return nil, err
	}
	if j.snapshot, err = f.readSnapshot(); err != nil {
		return nil, err
	}
	if err := j.findHead(archives); err != nil {
		return nil, err
	}
	if err := j.findNameless(); err != nil {
		return nil, err
	}
	if err := j.missHead(); err != nil {
		return nil, err
	}
	if err := j.matchSnapshot(); err != nil {
		return nil, err
	}
	if j.head == headLog {
		if err := j.walkBack(archives); err != nil {
			return nil, err
		}
	}
	return j, nil
}

// readArchives reads the genesis of each archive that has one, and takes note of
// those that have none.
func (j *judgement) readArchives() ([]archived, error) {
	var all []archived
	for _, part := range j.archives(j.names) {
		r, err := openLog(j.fs, j.archive(part))
		if err != nil {
			return nil, err
		}
		genesis, ok, err := scanGenesis(r)
		size := r.limit
		r.close()
		if err != nil {
			return nil, err
		}
		if !ok {
			j.unproven = append(j.unproven, part)
			continue
		}
		all = append(all, archived{part, genesis, size})
		j.generation = max(j.generation, genesis.Generation)
	}
	return all, nil
}
