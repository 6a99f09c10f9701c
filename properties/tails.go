package properties

import (
	"bytes"
	"path"
	"strings"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/sim/core"
	"powercut/vfs"
)

// keptPrefix is how the names of files begin in which the journal keeps what it
// cuts off.
const keptPrefix = "j.log.tail-"

// keptTails reads them all.
func keptTails(disk *vfs.Disk) ([][]byte, error) {
	infos, err := afero.ReadDir(disk, path.Dir(base))
	if err != nil {
		return nil, err
	}
	var all [][]byte
	for _, info := range infos {
		if name := info.Name(); strings.HasPrefix(name, keptPrefix) && !strings.HasSuffix(name, ".tmp") {
			content, err := afero.ReadFile(disk, path.Join(path.Dir(base), name))
			if err != nil {
				return nil, err
			}
			all = append(all, content)
		}
	}
	return all, nil
}

// judgeKeptTails expects what was cut off a log to be kept aside: the tail that
// Repair was to cut, and the one that a recovery, which a crash interrupted, had
// found. The disk is the recovered one.
func (p *program) judgeKeptTails(r *core.Run, c *core.Crash) error {
	if !p.can.Markers || r.Suspends(acknowledgedDurable) {
		return nil
	}
	var cut [][]byte
	if n := p.w.legacyLog.torn; n > 0 && p.legacyLog && p.repaired {
		cut = append(cut, originalFrame(entryOf(stepPush, 0, probe))[:n])
	}
	for crash := c.Before; crash != nil; crash = crash.Before {
		// After a process crash a tail may be in the page cache alone, and a
		// power cut takes it.
		if crash.Kind != vfs.PowerCut && c.Kind == vfs.PowerCut {
			continue
		}
		before := crash.Mount(nil)
		if tail := tailOf(before); len(tail) > 0 {
			cut = append(cut, tail)
		}
		before.Release()
	}
	if len(cut) == 0 {
		return nil
	}
	kept, err := keptTails(c.Disk())
	if err != nil {
		return err
	}
	for _, tail := range cut {
		found := false
		for _, content := range kept {
			found = found || stillHolds(content, tail)
		}
		if !found {
			return core.Breachf(tailForgiven, "a tail of %d bytes was cut off the log and is kept nowhere", len(tail))
		}
	}
	return nil
}

// stillHolds says whether a kept copy has all that a tail still says: a crash may
// have brought the tail back with zeros in it, where it was cut off before.
func stillHolds(kept, tail []byte) bool {
	for i, b := range tail {
		if b != 0 && (i >= len(kept) || kept[i] != b) {
			return false
		}
	}
	return true
}

// tailOf is what a recovery of the disk is going to cut off the active log, nil
// for nothing but zeros.
func tailOf(disk *vfs.Disk) []byte {
	r, err := journal.Validate(disk, base+".log")
	if err != nil || r.TailErr == nil {
		return nil
	}
	content, err := afero.ReadFile(disk, base+".log")
	if err != nil || int64(len(content)) < r.SizeBytes {
		return nil
	}
	tail := content[r.ValidBytes:r.SizeBytes]
	if len(bytes.Trim(tail, "\x00")) == 0 {
		return nil
	}
	return tail
}
