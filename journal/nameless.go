package journal

import (
	"fmt"
	"path/filepath"
	"slices"

	"powercut/journal/wire"
)

// findNameless looks whether <base>.log.tmp is a log that only lacks its name.
func (j *judgement) findNameless() error {
	if !slices.Contains(j.names, filepath.Base(j.logTmp())) {
		return nil
	}
	r, err := openLog(j.fs, j.logTmp())
	if err != nil {
		return err
	}
	defer r.close()
	genesis, ok, err := scanGenesis(r)
	if err != nil || !ok {
		return err
	}
	switch {
	case r.limit > genesis.Size() && genesis.Generation > j.generation:
		return j.adoptNameless(r, genesis)
	case r.limit == genesis.Size() && j.head == headNone:
		return j.findInterruptedRoll(r, genesis)
	case r.limit == genesis.Size():
		return j.keepsItsWord(r.path, genesis.Previous)
	}
	return nil
}

// keepsItsWord makes sure that the head has all the bytes that the genesis of the log
// that was to follow it names, and that no log between the two is gone: all that was
// durable before that genesis was written.
func (j *judgement) keepsItsWord(path string, prev wire.Previous) error {
	end := j.scan.end
	switch {
	case j.head == headOld && prev.Kind == wire.PreviousOld:
		end = j.old.end
	case j.head == headLog && prev.Kind == wire.PreviousLog && prev.ID != j.scan.genesis.Log && prev.LastLSN > j.scan.lastLSN:
		return &CorruptError{Path: j.archive(prev.Archive), Reason: fmt.Sprintf("is missing, under this name and as %s: %s continues it from LSN %d", j.log(), path, prev.LastLSN)}
	case j.head != headLog || prev.Kind != wire.PreviousLog || prev.ID != j.scan.genesis.Log:
		return nil
	}
	if prev.LengthBytes > end {
		return &CorruptError{Path: j.headPath, Offset: end, Err: j.scan.tail,
			Reason: fmt.Sprintf("%s continues it from LSN %d, and claims its first %d bytes", path, prev.LastLSN, prev.LengthBytes)}
	}
	if j.head == headLog {
		return nil // it proves itself
	}
	crc, err := j.sumOfHead(prev.LengthBytes)
	if err != nil || crc == prev.CRC {
		return err
	}
	return &CorruptError{Path: j.headPath, Reason: fmt.Sprintf("%s continues it from LSN %d, and its first %d bytes have another checksum there: got %#08x, want %#08x",
		path, prev.LastLSN, prev.LengthBytes, crc, prev.CRC)}
}

// sumOfHead is the checksum of the head's first n bytes.
func (j *judgement) sumOfHead(n int64) (uint32, error) {
	r, err := openLog(j.fs, j.headPath)
	if err != nil {
		return 0, err
	}
	defer r.close()
	r.restart(0, 0)
	if err := r.skip(n); err != nil {
		return 0, err
	}
	return r.sum(), nil
}

// adoptNameless takes for the head a log that was in use and is the newest: the
// disk lost its name after an fsync of the directory, and maybe that of the log
// before it, which nobody but the owner of the files can give back.
func (j *judgement) adoptNameless(r *logReader, genesis wire.Marker) error {
	if j.headPath == j.log() || j.twice {
		return &CorruptError{Path: r.path, Reason: fmt.Sprintf("is the newest log and was in use, but %s has its name: the disk lost a rename after it was synced; %s and open again", j.log(), j.giveName(genesis.Previous))}
	}
	var err error
	if j.scan, err = j.scanHead(r, genesis); err != nil {
		return err
	}
	j.head, j.headPath, j.headPart, j.nameless = headLog, r.path, "", true
	j.generation = genesis.Generation
	return nil
}

// giveName says how to make way for a log that continues prev.
func (j *judgement) giveName(prev wire.Previous) string {
	switch {
	case j.twice:
		return "remove that"
	case prev.Kind == wire.NoPrevious:
		return "move one of them to another directory"
	}
	return "rename that to " + j.archive(prev.Archive)
}

// findInterruptedRoll looks for the log that was to follow one without
// markers: only its genesis tells which archive that is.
func (j *judgement) findInterruptedRoll(r *logReader, genesis wire.Marker) error {
	prev := genesis.Previous
	if prev.Kind == wire.NoPrevious && genesis.Snapshot.SizeBytes > 0 && !j.snapshot.present {
		return &CorruptError{Path: j.files.snapshot(), Reason: fmt.Sprintf("is missing: %s, which was to be the first log beside it, names it; put it back, or remove that", r.path)}
	}
	if prev.Kind == wire.NoPrevious {
		return nil // an interrupted creation
	}
	exists := false
	if prev.Kind == wire.PreviousOld {
		var err error
		if exists, err = j.exists(j.archive(prev.Archive)); err != nil {
			return err
		}
	}
	if !exists {
		return &CorruptError{Path: j.log(), Reason: fmt.Sprintf("is missing: %s continues it from LSN %d", r.path, prev.LastLSN)}
	}
	var err error
	if j.scan, err = scanLog(r, genesis, nil); err != nil {
		return err
	}
	j.head, j.headPath = headLog, r.path
	j.generation = max(j.generation, genesis.Generation)
	return nil
}
