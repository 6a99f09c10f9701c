package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/afero"

	"powercut/journal/wire"
)

// activeAfter is the log that appends will go to: the head itself, or the one that
// follows it where a crash came in the middle of a roll, or came before there was
// a log at all. It has yet to get its name. nil: the head is without markers, or
// there is no space to make what follows it, and the roll stays as it is.
func (j *judgement) activeAfter(head afero.File, opts Options, rec *Recovery) (*newLog, error) {
	switch {
	case j.head == headOld:
		return nil, nil
	case j.head == headLog && !j.isArchived():
		return &newLog{file: head, genesis: j.scan.genesis}, nil
	}
	next, err := j.successor()
	if err == nil && next == nil {
		next, _, err = j.createLog(opts.Entropy, j.nextGenesis())
	}
	if lacksSpace(err) && j.isArchived() {
		j.unmade, rec.RollPending = true, true
		return nil, nil
	}
	return next, err
}

// successor returns <base>.log.tmp if it is the log that the interrupted roll had
// made to follow the head: the roll then needs no more than a rename, which mostly takes
// no space. It is written and synced again like all that recovery relies on.
func (j *judgement) successor() (*newLog, error) {
	if !j.isArchived() || !slices.Contains(j.names, filepath.Base(j.logTmp())) {
		return nil, nil
	}
	genesis, ok, err := j.genesisOfSuccessor()
	if err != nil || !ok {
		return nil, err
	}
	file, err := j.fs.OpenFile(j.logTmp(), os.O_RDWR, 0)
	if err != nil {
		return nil, fmt.Errorf("journal: completing a roll: %w", err)
	}
	if err = writeAt(file, wire.AppendMarker(nil, &genesis), 0); err == nil {
		if err = file.Sync(); err != nil {
			err = dead(err)
		}
	}
	if err != nil {
		_ = file.Close() // the first error tells more
		return nil, fmt.Errorf("journal: completing a roll: %w", err)
	}
	return &newLog{file: file, genesis: genesis}, nil
}

// genesisOfSuccessor reads the genesis of <base>.log.tmp. ok is false if it is not
// exactly what would be made now to follow the head, its random id left out.
func (j *judgement) genesisOfSuccessor() (g wire.Marker, ok bool, err error) {
	r, err := openLog(j.fs, j.logTmp())
	if err != nil {
		return g, false, err
	}
	defer r.close()
	g, ok, err = scanGenesis(r)
	if _, later := errors.AsType[*VersionError](err); later {
		return g, false, nil // it is made anew
	}
	if err != nil || !ok || r.limit != g.Size() {
		return g, false, err
	}
	want := j.nextGenesis()
	return g, g.Generation == want.Generation && g.LastLSN == want.LastLSN && g.DurableLSN == want.LastLSN &&
		g.Snapshot == want.Snapshot && g.Previous == want.Previous, nil
}

// makeNext completes a roll that recovery found half done and had no space for.
// Until then there is no log to write to.
func (j *Journal) makeNext() error {
	next, err := j.createNext(*j.unmade)
	if err != nil {
		return fmt.Errorf("journal: an interrupted roll is to be completed first: %w", err)
	}
	j.mon.Lock()
	j.next, j.unmade = next, nil
	j.mon.Unlock()
	return j.finishRoll()
}

// lacksSpace says that something failed for lack of space alone, so that nothing
// has changed and it can be tried again.
func lacksSpace(err error) bool { return isNoSpace(err) && !failureOf(err).poisons }
