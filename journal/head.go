package journal

import (
	"errors"
	"fmt"
	iofs "io/fs"

	"powercut/journal/wire"
)

// findHead finds the newest log and judges its content.
func (j *judgement) findHead(archives []archived) error {
	r, err := openLog(j.fs, j.log())
	if errors.Is(err, iofs.ErrNotExist) {
		return j.findArchivedHead(archives)
	}
	if err != nil {
		return err
	}
	defer r.close()
	begins, genesis, err := beginningOf(r)
	tail, badTail := errors.AsType[*BadTailError](err)
	switch {
	case badTail:
		// Of the original's log, whether that was ever acknowledged can't be told.
		// Beside archives of ours this was a log of ours.
		if part, found := j.ownArchive(); found {
			err = &CorruptError{Path: j.log(), Reason: "has no genesis, but archive " + part + " of this journal stands beside it", Err: tail.Err}
		}
		return err
	case err != nil:
		return err
	case begins == beginsGenesis:
		return j.adoptLog(r, genesis, archives)
	case begins == beginsOld:
		return j.adoptOld(r)
	}
	return j.unfinished(r, begins, archives)
}

// adoptLog takes <base>.log, which begins with a genesis, for the head.
func (j *judgement) adoptLog(r *logReader, genesis wire.Marker, archives []archived) error {
	var err error
	j.scan, err = j.scanHead(r, genesis)
	if foreign, ok := errors.AsType[*ForeignError](err); ok && j.adoptForeign {
		j.adopted, err = j.scan.adopt(r, foreign)
	}
	if err != nil {
		return err
	}
	j.head, j.headPath = headLog, j.log()
	j.generation = max(j.generation, genesis.Generation)
	for _, a := range archives {
		switch {
		case a.genesis.Log == genesis.Log:
			// Half a rename: one file, two names.
			if j.twice {
				return &CorruptError{Path: j.archive(a.part), Reason: "a third name of log " + genesis.Log.String()}
			}
			if a.sizeBytes != r.limit || a.genesis != genesis {
				return &CorruptError{Path: j.archive(a.part), Reason: fmt.Sprintf("log %v under two names, with %d and %d bytes", genesis.Log, a.sizeBytes, r.limit)}
			}
			if err := j.sameAs(a); err != nil {
				return err
			}
			j.twice, j.headPart, j.headPath = true, a.part, j.archive(a.part)
		case a.genesis.Generation >= genesis.Generation:
			return j.olderThan(a.part, a.genesis.Generation)
		}
	}
	for _, part := range j.unproven {
		if generation, ok := partGeneration(part); ok && generation >= genesis.Generation {
			return j.olderThan(part, generation)
		}
	}
	return nil
}

// olderThan refuses a head that an archive is newer than: it was put back from
// somewhere, or what followed the archive is lost.
func (j *judgement) olderThan(part string, generation uint64) error {
	return &CorruptError{Path: j.log(), Reason: fmt.Sprintf("is of generation %d, but archive %s is of generation %d", j.generation, part, generation)}
}

// sameAs makes sure that an archive with the head's id has its content.
func (j *judgement) sameAs(a archived) error {
	r, err := openLog(j.fs, j.archive(a.part))
	if err != nil {
		return err
	}
	defer r.close()
	s, err := j.scanHead(r, a.genesis)
	if err != nil {
		return err
	}
	if s.end != j.scan.end || s.chain != j.scan.chain {
		return &CorruptError{Path: r.path, Offset: min(s.end, j.scan.end), Reason: "differs from " + j.log() + ", which is the same log"}
	}
	return nil
}

// scanHead walks over a log that may have a torn tail.
func (j *judgement) scanHead(r *logReader, genesis wire.Marker) (logScan, error) {
	s, err := scanLog(r, genesis, nil)
	if err != nil {
		return s, err
	}
	if err := s.endsThere(r); err != nil {
		return s, err
	}
	return s, s.refusal(r)
}

// findArchivedHead looks for the newest log where there is no <base>.log: in
// the middle of a roll, it is the newest archive.
func (j *judgement) findArchivedHead(archives []archived) error {
	newest := -1
	for i, a := range archives {
		switch {
		case newest < 0 || a.genesis.Generation > archives[newest].genesis.Generation:
			newest = i
		case a.genesis.Generation == archives[newest].genesis.Generation:
			return &CorruptError{Path: j.archive(a.part), Reason: fmt.Sprintf("is of generation %d, as is %s", a.genesis.Generation, archives[newest].part)}
		}
	}
	if err := j.refuseUnproven(); err != nil {
		return err
	}
	if newest < 0 {
		return nil
	}
	a := archives[newest]
	r, err := openLog(j.fs, j.archive(a.part))
	if err != nil {
		return err
	}
	defer r.close()
	if j.scan, err = j.scanHead(r, a.genesis); err != nil {
		return err
	}
	j.head, j.headPart, j.headPath = headLog, a.part, r.path
	return nil
}

// refuseUnproven makes sure that no archive with a damaged genesis, or of a later
// version, is newer than all others: where there is no <base>.log, that would be
// the newest log.
func (j *judgement) refuseUnproven() error {
	for _, part := range j.unproven {
		r, err := openLog(j.fs, j.archive(part))
		if err != nil {
			return err
		}
		generation, named := partGeneration(part)
		newer := named && generation > j.generation
		err = findMarkers(r, 0, func(m wire.Marker) bool {
			newer = newer || m.Generation > j.generation
			return false // they are all of one log
		}, nil)
		r.close()
		if err != nil {
			return err
		}
		if newer {
			return &CorruptError{Path: r.path, Reason: "the genesis is damaged, and no newer log is there"}
		}
	}
	return nil
}
