package properties

import (
	"bytes"
	"errors"

	"powercut/journal"
	"powercut/vfs"
)

// unprovable is from where to where the active log holds entries of another program that
// no checksum proves, since no marker that stands behind them claims them: damage to
// them, and to the marker that took them over, can't be told. It is empty in most logs.
func unprovable(log []byte) (from, to int64) {
	frames := framesIn(log)
	for i, f := range frames {
		if f.marker == nil && i > 0 && frames[i-1].marker != nil && frames[i-1].marker.Sealed {
			from, to = f.off, int64(len(log))
		}
	}
	for m := range markersIn(log) {
		if m.DurableBytes > from {
			return 0, 0
		}
	}
	return from, to
}

// beyondProof says whether damage was done to what can't be told. Files are as it found
// them.
func (d *damage) beyondProof(files map[string][]byte) bool {
	if snapshot := base + ".qdb"; d.change[snapshot] != nil && !isOwnSnapshot(files[snapshot]) && len(logsIn(files)) == 0 {
		return true // no log names its digest yet
	}
	now, changed := d.change[base+".log"]
	if !changed {
		return false
	}
	was := files[base+".log"]
	for _, log := range [][]byte{was, now} {
		if from, to := unprovable(log); from < to && (int64(len(now)) < to || int64(len(was)) < to || !bytes.Equal(now[from:to], was[from:to])) {
			return true
		}
	}
	return false
}

// pendingForeign says whether another program appended to the log, and no Open has taken
// that over.
func pendingForeign(disk *vfs.Disk) bool {
	_, err := journal.Validate(disk, base+".log")
	_, foreign := errors.AsType[*journal.ForeignError](err)
	return foreign
}
