package properties

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"

	"powercut/journal"
	"powercut/journal/wire"
	"powercut/sim/core"
	"powercut/vfs"
)

// counted is what the bytes of a log say, by a walk that is none of the journal's.
type counted struct {
	entries  int
	first    uint64 // LSN
	claimed  int64  // bytes
	inTail   int    // whole frames that the tail begins with
	archives int    // that hold entries which the snapshot does not cover
}

// countIn counts what is in the active log up to an offset, and in the archives.
func countIn(tree vfs.Tree, end int64, snapshot uint64) (c counted) {
	log := tree[base+".log"]
	for _, f := range framesIn(log) {
		switch m := f.marker; {
		case f.end() > end:
		case m != nil:
			c.entries += int(m.Entries)
			c.claimed = max(c.claimed, m.DurableBytes)
			if m.Kind == wire.Genesis {
				c.first = m.LastLSN + 1
			}
		}
	}
	if end <= int64(len(log)) {
		for _, f := range framesIn(log[end:]) {
			if f.marker != nil || wire.IsMarkerFrame(log[end+f.off:]) {
				break
			}
			c.inTail++
		}
	}
	logs := logsIn(tree)
	for i := range max(len(logs)-1, 0) {
		if next := logs[i+1].genesis; next.Previous.ID == logs[i].genesis.Log && next.LastLSN > snapshot {
			c.archives++
		}
	}
	return c
}

// judgeReports compares what Validate and Open report of a log with what its bytes say.
func judgeReports(rec *journal.Recovery, valid *journal.Report, before vfs.Tree) error {
	if _, there := before[base+".log"]; !there && len(logsIn(before)) > 0 && !rec.RollPending && len(rec.Repaired) == 0 {
		return core.Breachf(saysWhatIsSo, "there was no %s.log, and Open did not report that it completed a roll", base)
	}
	if !valid.Markers || rec.Log != valid.Log {
		return nil // another log is the newest
	}
	c := countIn(before, valid.ValidBytes, rec.SnapshotLSN)
	status := journal.StatusOK
	if valid.TailErr != nil {
		status = journal.StatusBadTail
	}
	clean := rec.TailBytes == 0
	for name := range before {
		clean = clean && !strings.HasSuffix(name, ".tmp") && name != base+".purge"
	}
	for _, w := range []struct {
		wrong bool
		what  string
	}{
		{valid.Entries != c.entries || valid.FirstLSN != c.first, fmt.Sprintf("Validate reported %d entries from LSN %d on; the log has %d from LSN %d on", valid.Entries, valid.FirstLSN, c.entries, c.first)},
		{valid.ClaimedBytes != c.claimed, fmt.Sprintf("Validate reported %d bytes claimed durable; markers claim %d", valid.ClaimedBytes, c.claimed)},
		{valid.Status != status || valid.SizeBytes != int64(len(before[base+".log"])), fmt.Sprintf("Validate reported the status %s of %d bytes (tail: %v)", valid.Status, valid.SizeBytes, valid.TailErr)},
		{valid.TailErr != nil && valid.TailFrames != c.inTail, fmt.Sprintf("Validate reported %d whole frames in the tail; it begins with %d", valid.TailFrames, c.inTail)},
		{rec.RewrittenBytes != valid.ValidBytes-c.claimed, fmt.Sprintf("Open reported that it wrote %d bytes again; of %d, markers claim %d", rec.RewrittenBytes, valid.ValidBytes, c.claimed)},
		{rec.Archives != c.archives, fmt.Sprintf("Open reported that it replayed %d archives; %d hold what the snapshot does not", rec.Archives, c.archives)},
		{clean && len(rec.Repaired) > 0, fmt.Sprintf("Open reported that it completed what nobody had interrupted: %v", rec.Repaired)},
	} {
		if w.wrong {
			return &core.Breach{Law: saysWhatIsSo, What: w.what}
		}
	}
	return nil
}

// judgeReadErrors lets one read of Validate, and of Repair, fail on what a crash left:
// each must say so, and change nothing.
func (p *program) judgeReadErrors(c *core.Crash) error {
	if !p.can.Whole {
		return nil
	}
	for _, one := range []struct {
		what string
		call func(*vfs.Disk) error
	}{
		{"Validate", func(disk *vfs.Disk) error { _, err := journal.Validate(disk, base+".log"); return err }},
		{"Repair", func(disk *vfs.Disk) error {
			_, err := journal.Repair(disk, base, journal.RepairOptions{AcceptLoss: true, AcceptNoDirSync: true})
			return err
		}},
	} {
		reads := &failingRead{nth: 1 + int(c.Step%5)}
		disk := c.Mount(reads)
		makeSpace(disk)
		before := disk.Tree()
		err := one.call(disk)
		changed := reads.fired && !maps.EqualFunc(before, disk.Tree(), slices.Equal)
		disk.Release()
		_, read := errors.AsType[*journal.ReadError](err)
		switch {
		case !reads.fired:
		case !errors.Is(err, syscall.EIO) || !read || p.damaged(err):
			return core.Breachf(readErrorsHarmless, "a read that failed in %s was reported as: %v", one.what, err)
		case changed:
			return core.Breachf(readErrorsHarmless, "a read failed in %s, which changed files all the same", one.what)
		}
	}
	return nil
}

// keepsKept expects each tail that an Open had kept aside to be there still, as it was.
func (p *program) keepsKept(r *core.Run, tree vfs.Tree) error {
	if p.purged || r.Suspends(acknowledgedDurable) {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(p.kept)) {
		if content, there := tree[name]; !there || !bytes.Equal(content, p.kept[name]) {
			return core.Breachf(tailForgiven, "%s, which kept a tail of %d bytes, is gone or was changed (there: %v, %d bytes)", name, len(p.kept[name]), there, len(content))
		}
	}
	return nil
}

// remembersKept takes note of the tails that are kept aside, durably, once a journal is
// open.
func (p *program) remembersKept() {
	for name, content := range p.run.Disk().Tree() {
		if strings.HasPrefix(name, base+".log.tail-") && !strings.HasSuffix(name, ".tmp") {
			if p.kept == nil {
				p.kept = make(vfs.Tree)
			}
			p.kept[name] = content
		}
	}
}
