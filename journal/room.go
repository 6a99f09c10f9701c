package journal

import "fmt"

// makeRoom writes zeros behind a batch that ends at an offset, if the file ends
// there, so that the next batches overwrite: their fsync then has no new size and
// no new blocks to record. That it fails is no harm, and is not tried again in
// this log: what can't be had ahead is had one by one. Where the file does not end there,
// another program has appended to it, and what that is stays: there is no room before the
// journal is past it.
func (j *Journal) makeRoom(end int64) {
	a := &j.active
	if a.fixed || j.opts.Mode != Sync || end <= a.room || j.opts.RoomBytes == 0 {
		return
	}
	info, err := a.file.Stat()
	if a.fixed = err != nil; a.fixed {
		return
	}
	if a.others = info.Size() > end; a.others {
		return
	}
	if j.zeros == nil {
		j.zeros = make([]byte, min(j.opts.RoomBytes, maxZerosBytes))
	}
	for left := j.opts.RoomBytes; left > 0 && !a.fixed; {
		zeros := j.zeros[:min(left, len(j.zeros))]
		n, err := a.file.WriteAt(zeros, end)
		end += int64(len(zeros))
		left -= len(zeros)
		a.room = end // a write that failed may have reached its end all the same
		a.fixed = err != nil || n < len(zeros)
	}
}

// maxZerosBytes is how much is written at a time.
const maxZerosBytes = 1 << 20

// trim cuts off what was set aside and not used, durably: nothing is behind the
// end of an archive, which never changes again, nor of a journal that was closed
// without an error. An error that is no failure means that nothing changed.
func (j *Journal) trim() error {
	a := &j.active
	if a.room <= a.tail && !a.others {
		return nil
	}
	if err := j.keepOthers(max(a.room, a.tail)); err != nil {
		return err
	}
	if err := a.file.Truncate(a.tail); err != nil {
		return fmt.Errorf("journal: giving back the room behind %s: %w", j.log(), err)
	}
	a.room, a.others = 0, false
	return j.syncLog()
}

// keepOthers keeps aside what is about to be cut off the active log, if the file goes on
// behind an offset that is as far as this journal ever wrote: another program appended
// that. An error that is no failure means that nothing changed.
func (j *Journal) keepOthers(end int64) error {
	a := &j.active
	info, err := a.file.Stat()
	if err != nil {
		return fmt.Errorf("journal: looking at the end of %s: %w", j.log(), err)
	}
	if info.Size() <= end {
		return nil
	}
	kept, err := j.keepTail(j.log(), a.genesis.Log, a.tail, info.Size())
	if err != nil {
		return fmt.Errorf("journal: what another program appended to %s is to be kept aside first: %w", j.log(), err)
	}
	if kept != "" {
		j.io.TailKept = kept
	}
	return nil
}
