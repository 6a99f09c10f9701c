package journal

import (
	"bytes"
	"slices"
)

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

// succeedsNothing makes sure that no archive of this package stands beside a log
// without markers: that one begins a journal. But the archive may be the log itself,
// of which half a rename left two names. And a log of ours that the original has
// rolled, so that it has a name of the original's, is covered by the snapshot that the
// original made then, if it made one.
func (j *judgement) succeedsNothing(r *logReader) error {
	for _, part := range j.archives(j.names) {
		generation, ours := partGeneration(part)
		if !ours {
			if slices.Contains(j.unproven, part) || j.snapshot.present && !j.snapshot.isOwn() {
				continue
			}
			return &CorruptError{Path: r.path, Reason: "has no markers, but archive " + part + " is a log of this journal, and no snapshot holds its entries: another program rolled it"}
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
