package journal

import (
	"bytes"
	"errors"
	"fmt"
	iofs "io/fs"
	"path/filepath"
	"slices"
	"strings"

	"powercut/journal/wire"
)

// segment is one log of the chain that leads up to the active one.
type segment struct {
	part        string // of the archive's name
	old         bool   // without markers
	genesis     wire.Marker
	firstLSN    uint64
	lastLSN     uint64
	lengthBytes int64
	crc         uint32 // of its last marker; of an old log, of it all
}

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
	// twice: the head has <base>.log for a second name.
	twice bool
	// nameless: the head was in use, and the disk lost its name.
	nameless bool
	// noLog is why <base>.log, which is empty or holds nothing but zeros, is not what
	// an interrupted creation left.
	noLog error
	// unfinishedBytes are the zeros that an interrupted creation left in <base>.log.
	unfinishedBytes int64

	// What repair could not do for lack of space.
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

// judge reads everything that recovery depends on.
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
	case j.snapshot.present && (begins == beginsZeros || j.snapshot.isOwn()):
		j.noLog = &CorruptError{Path: r.path, Reason: is + ", but a snapshot stands beside it: which entries followed it is lost"}
	case len(j.unproven) > 0 && begins == beginsZeros:
		j.noLog = &BadTailError{Path: r.path, Err: unfinishedError(r.path)} // the original's
	default:
		j.unfinishedBytes = r.limit
	}
	return j.findArchivedHead(archives)
}

func unfinishedError(path string) error {
	return fmt.Errorf("journal: %s is no log: an interrupted creation", path)
}

// adoptLog takes <base>.log, which begins with a genesis, for the head.
func (j *judgement) adoptLog(r *logReader, genesis wire.Marker, archives []archived) error {
	var err error
	if j.scan, err = j.scanHead(r, genesis); err != nil {
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
	return s, s.refusal(r)
}

// adoptOld takes a <base>.log without markers for the head.
func (j *judgement) adoptOld(r *logReader) error {
	old, err := scanOld(r, nil)
	if err == nil {
		err = old.err
	}
	if err == nil {
		err = j.succeedsNothing(r)
	}
	if err != nil {
		return err
	}
	j.head, j.headPath, j.old = headOld, j.log(), old
	return nil
}

// succeedsNothing makes sure that no archive which this package named stands beside
// a log without markers: that one begins a journal. But the archive may be the log
// itself, of which half a rename left two names.
func (j *judgement) succeedsNothing(r *logReader) error {
	for _, part := range j.archives(j.names) {
		generation, ours := partGeneration(part)
		if !ours {
			continue
		}
		same := false
		if generation == 0 {
			var err error
			if same, err = j.beginsLike(r, part); err != nil {
				return err
			}
		}
		if !same {
			return &CorruptError{Path: r.path, Reason: "has no markers, but archive " + part + " of this journal stands beside it: another program began the log anew"}
		}
	}
	return nil
}

// beginsLike says whether a log begins with all that an archive holds.
func (j *judgement) beginsLike(log *logReader, part string) (bool, error) {
	r, err := openLog(j.fs, j.archive(part))
	if err != nil {
		return false, err
	}
	defer r.close()
	log.restart(0, 0)
	r.restart(0, 0)
	for r.left() > 0 {
		want, err := r.peek(readBufferBytes)
		if err != nil {
			return false, err
		}
		got, err := log.peek(len(want))
		if err != nil || !bytes.Equal(got, want) {
			return false, err
		}
		if err := log.skip(int64(len(want))); err != nil {
			return false, err
		}
		if err := r.skip(int64(len(want))); err != nil {
			return false, err
		}
	}
	return true, nil
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

// missHead makes sure that a log which is not there is not missed: an archive of
// ours, or the genesis of the log after it, tells that it was.
func (j *judgement) missHead() error {
	if j.noLog != nil && !j.nameless {
		return j.noLog
	}
	if j.head != headNone {
		return nil
	}
	if j.snapshot.present && j.snapshot.isOwn() {
		return &CorruptError{Path: j.log(), Reason: "is missing, but a snapshot of this journal is there: which entries followed it is lost"}
	}
	if part, found := j.ownArchive(); found {
		return &CorruptError{Path: j.log(), Reason: "is missing, but archive " + part + " of this journal is there"}
	}
	return nil
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

// matchSnapshot finds out which LSN the snapshot covers: the head says so, in
// its genesis or in a snapshot marker.
func (j *judgement) matchSnapshot() error {
	if j.head != headLog {
		return nil // of the original, which keeps no account of it
	}
	want := j.scan.genesis.Snapshot
	if !j.snapshot.present {
		if want.SizeBytes > 0 {
			return &CorruptError{Path: j.files.snapshot(), Reason: fmt.Sprintf("is missing, and the log continues it from LSN %d", want.LSN)}
		}
		return nil
	}
	for i := len(j.scan.snapshots) - 1; i >= -1; i-- {
		ref := want
		if i >= 0 {
			ref = j.scan.snapshots[i]
		}
		if ref.SizeBytes == j.snapshot.ref.SizeBytes && ref.Digest == j.snapshot.ref.Digest {
			j.snapshot.ref = ref
			return nil
		}
	}
	return &CorruptError{Path: j.files.snapshot(), Reason: "is none that " + filepath.Base(j.headPath) + " names: damaged, or of another journal"}
}

// walkBack finds the logs before the head: those that the snapshot does not
// cover must be there and whole, older ones may be.
func (j *judgement) walkBack(archives []archived) error {
	needFrom := j.snapshot.ref.LSN + 1
	if j.scan.lastLSN+1 < needFrom {
		return &CorruptError{Path: j.headPath, Offset: j.scan.end, Reason: fmt.Sprintf("ends at LSN %d, but the snapshot covers LSN %d", j.scan.lastLSN, needFrom-1)}
	}
	genesis := j.scan.genesis
	byLog := make(map[wire.LogID]archived, len(archives))
	for _, a := range slices.Backward(archives) { // of two the first counts
		byLog[a.genesis.Log] = a
	}
	defer func() { slices.Reverse(j.chain) }() // found from the newest to the oldest
	for {
		needed := genesis.LastLSN+1 > needFrom
		prev := genesis.Previous
		if prev.Kind == wire.NoPrevious {
			if needed {
				return &CorruptError{Path: j.headPath, Reason: fmt.Sprintf("no log holds the entries from LSN %d to %d", needFrom, genesis.LastLSN)}
			}
			return nil
		}
		s, found, err := j.previous(prev, byLog, needed)
		if err != nil {
			return err
		}
		if !found {
			if needed {
				return &CorruptError{Path: j.archive(prev.Archive), Reason: fmt.Sprintf("is missing, with entries up to LSN %d", prev.LastLSN)}
			}
			j.pruned = true
			return nil
		}
		j.chain = append(j.chain, s)
		if s.old {
			if needed && s.firstLSN > needFrom {
				return &CorruptError{Path: j.archive(s.part), Reason: fmt.Sprintf("no log holds the entries from LSN %d to %d", needFrom, s.firstLSN-1)}
			}
			return nil
		}
		genesis = s.genesis
	}
}

// previous finds the log that a genesis continues, and proves it if it is
// needed.
func (j *judgement) previous(prev wire.Previous, archives map[wire.LogID]archived, needed bool) (s segment, found bool, err error) {
	s = segment{part: prev.Archive, lastLSN: prev.LastLSN, lengthBytes: prev.LengthBytes, crc: prev.CRC}
	if prev.Kind == wire.PreviousOld {
		s.old, s.firstLSN = true, prev.LastLSN-prev.Entries+1
		found, err = j.exists(j.archive(s.part))
	} else {
		var a archived
		if a, found = archives[prev.ID]; found {
			s.part, s.genesis, s.firstLSN = a.part, a.genesis, a.genesis.LastLSN+1
		} else {
			// It may be there with a damaged genesis.
			if there, err := j.exists(j.archive(prev.Archive)); err != nil || there && needed {
				return s, false, cmpOr(err, &CorruptError{Path: j.archive(prev.Archive), Reason: "the genesis is damaged"})
			}
		}
	}
	if err != nil || !found || !needed {
		return s, found, err
	}
	return s, true, j.prove(s)
}

func cmpOr(err error, other error) error {
	if err != nil {
		return err
	}
	return other
}

// prove reads a log of the chain and compares it with what its successor says.
// It has no tail: whatever is missing is damage.
func (j *judgement) prove(s segment) error {
	r, err := openLog(j.fs, j.archive(s.part))
	if err != nil {
		return err
	}
	defer r.close()
	if r.limit < s.lengthBytes {
		return &CorruptError{Path: r.path, Offset: r.limit, Reason: fmt.Sprintf("got %d bytes, want %d", r.limit, s.lengthBytes)}
	}
	if err := j.lookBehind(r, s); err != nil {
		return err
	}
	r.limit = s.lengthBytes
	if s.old {
		return eachOldEntry(r, s.lengthBytes, s.crc, nil)
	}
	scan, err := scanLog(r, s.genesis, nil)
	if err != nil {
		return err
	}
	if scan.later != nil {
		return scan.later
	}
	if scan.end != s.lengthBytes || scan.chain != s.crc || scan.lastLSN != s.lastLSN {
		return &CorruptError{Path: r.path, Offset: scan.end, Err: scan.tail, Reason: fmt.Sprintf("ends with LSN %d and checksum %#08x, want %d bytes up to LSN %d with %#08x", scan.lastLSN, scan.chain, s.lengthBytes, s.lastLSN, s.crc)}
	}
	return nil
}

// lookBehind counts the frames that stand behind what the successor of an archive
// says that it holds: nothing of ours is ever written there.
func (j *judgement) lookBehind(r *logReader, s segment) error {
	found := ForeignFrames{Path: r.path, Offset: s.lengthBytes, Bytes: r.limit - s.lengthBytes}
	r.restart(s.lengthBytes, 0)
	for r.left() > 0 {
		h, _, bad, err := r.frame()
		if err != nil {
			return err
		}
		if bad != nil {
			break
		}
		if err := r.skip(wire.HeaderSize + h.Size); err != nil {
			return err
		}
		found.Frames++
	}
	if found.Frames > 0 {
		j.foreign = append(j.foreign, found)
	}
	return nil
}
