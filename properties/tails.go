package properties

import (
	"bytes"
	"path"
	"slices"
	"strings"

	"github.com/spf13/afero"

	"powercut/sim/core"
	"powercut/vfs"
)

// keptPrefix begins the names of the files in which the journal keeps what it cuts
// off.
const keptPrefix = "j.log.tail-"

// keptTails reads all of those files.
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

// keptIn are those files' contents in a tree: what is kept at this moment, while keptTails
// takes operations, between which others may act.
func keptIn(tree vfs.Tree) (all [][]byte) {
	for name, content := range tree {
		if strings.HasPrefix(path.Base(name), keptPrefix) && !strings.HasSuffix(name, ".tmp") {
			all = append(all, content)
		}
	}
	return all
}

// judgeKeptTails expects what was cut off a log to be kept aside. The crash's disk
// is the recovered one.
func (p *program) judgeKeptTails(r *core.Run, c *core.Crash) error {
	if !p.can.Markers || r.Suspends(acknowledgedDurable) || p.oracle.purging {
		return nil
	}
	cut := p.cutTails(c)
	if len(cut) == 0 {
		return nil
	}
	kept, err := keptTails(c.Disk())
	if err != nil {
		return err
	}
	for _, tail := range cut {
		if !isKept(kept, tail) {
			return core.Breachf(tailForgiven, "a tail of %d bytes was cut off the log and is kept nowhere", len(tail))
		}
	}
	return nil
}

// cutTails are the tails that were cut off until a recovery came to its end: the one
// that Repair was to cut, and those that recoveries before had found, which a crash
// interrupted.
func (p *program) cutTails(c *core.Crash) (cut [][]byte) {
	if n := p.w.legacyLog.torn; n > 0 && p.legacyLog && p.repaired && !p.purged {
		cut = append(cut, originalFrame(entryOf(stepPush, 0, probe))[:n])
	}
	if !p.purged {
		cut = append(cut, p.lost...)
		if len(p.foreign.torn) > 0 && !p.foreign.unsynced {
			cut = append(cut, p.foreign.torn)
		}
	}
	for crash := c.Before; crash != nil; crash = crash.Before {
		// After a process crash a tail may be in the page cache alone, and a
		// power cut takes it.
		if crash.Kind != vfs.PowerCut && c.Kind == vfs.PowerCut {
			continue
		}
		before := crash.Mount(nil)
		if tail := p.tailOf(before); len(tail) > 0 {
			cut = append(cut, tail)
		}
		before.Release()
	}
	return cut
}

// isKept says whether one of the copies that are kept has a tail.
func isKept(kept [][]byte, tail []byte) bool {
	return slices.ContainsFunc(kept, func(content []byte) bool { return stillHolds(content, tail) })
}

// stillHolds says whether a kept copy has every byte of a tail that is not zero. Only
// those count: a crash after the tail was cut off may have brought it back with zeros
// in it.
func stillHolds(kept, tail []byte) bool {
	for i, b := range tail {
		if b != 0 && (i >= len(kept) || kept[i] != b) {
			return false
		}
	}
	return true
}

// tailOf is what a recovery of the disk is going to cut off the active log and keep;
// nil if that is nothing but zeros, which are cut off and only reported, or if the
// recovery completes a Purge, which removes the log with all that is in it.
func (p *program) tailOf(disk *vfs.Disk) []byte {
	if marked, err := afero.Exists(disk, base+".purge"); err != nil || marked {
		return nil
	}
	log, err := p.driver.Validate(disk, base+".log")
	if err != nil || log.Tail == nil {
		return nil
	}
	content, err := afero.ReadFile(disk, base+".log")
	if err != nil || int64(len(content)) < log.SizeBytes {
		return nil
	}
	tail := content[log.ValidBytes:log.SizeBytes]
	if len(bytes.Trim(tail, "\x00")) == 0 {
		return nil
	}
	return tail
}
