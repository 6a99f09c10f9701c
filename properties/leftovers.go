package properties

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"powercut/journal"
	"powercut/sim/core"
	"powercut/vfs"
)

// judgeFiles looks at the journal's files after a roll, a snapshot or a prune that
// succeeded, as long as nothing has gone wrong: what Stats says of them must be so, and
// nothing may be there, or open, that is of no use any more.
func (p *program) judgeFiles(e *opened, pruned bool) error {
	j := e.journal()
	if j == nil || p.run.FaultStruck() || p.run.PowerIsOff() || errors.Is(j.Err(), journal.ErrClosed) {
		return nil
	}
	tree := p.run.Disk().Tree()
	logs := logsIn(tree)
	if len(logs) == 0 || logs[len(logs)-1].name != base+".log" {
		return nil // the original's; a crash before has shown the rest
	}
	active := logs[len(logs)-1]
	s := j.Stats()
	size := int64(len(active.content))
	if s.Generation != active.genesis.Generation || s.LogBytes > size || !p.mayFollow(&s, active.content[s.LogBytes:], pruned) {
		return core.Breachf(saysWhatIsSo, "Stats says generation %d and %d bytes; %s is of generation %d and has %d", s.Generation, s.LogBytes, active.name, active.genesis.Generation, size)
	}
	if err := judgeChain(logs, pruned); err != nil {
		return err
	}
	if p.busy > 1 {
		return nil // others may have something open, or on its way
	}
	if err := judgeTemporary(tree); err != nil {
		return err
	}
	if open := p.run.Disk().OpenFiles(); len(open) > 1 {
		return core.Breachf(notTooCautious, "a journal that is at rest has %d files open: %s", len(open), strings.Join(open, ", "))
	}
	return nil
}

// mayFollow says whether bytes may stand behind what Stats calls the log: zeros that are
// set aside; where there was no space, and nothing has written to the log since, a tail of
// which Stats tells, or what a write left that was refused; and what another program
// appended.
func (p *program) mayFollow(s *journal.Stats, behind []byte, pruned bool) bool {
	switch {
	case int64(len(strings.Trim(string(behind), "\x00"))) <= p.trespassed:
		return true
	case pruned && s.TailBytes > 0:
		return int64(len(behind)) == s.TailBytes
	}
	return pruned && p.spaceRefused
}

// judgeChain expects each archive to be led to by the log after it, and, if they were
// just pruned, to hold an entry that no snapshot covers.
func judgeChain(logs []logFile, pruned bool) error {
	covered := logs[len(logs)-1].genesis.Snapshot.LSN
	for i, log := range logs[:len(logs)-1] {
		next := logs[i+1].genesis
		if named := fmt.Sprintf("-%08d-%x", log.genesis.Generation, log.genesis.Log[:4]); !strings.Contains(log.name, named) {
			return core.Breachf(saysWhatIsSo, "the name of %s does not tell its generation and its log, which make it unlike any other: want %s in it", log.name, named)
		}
		if next.Previous.ID != log.genesis.Log {
			return core.Breachf(notTooCautious, "no log leads to %s, which will stay for ever", log.name)
		}
		if pruned && next.LastLSN <= covered {
			return core.Breachf(notTooCautious, "Prune left %s, of which the snapshot covers all", log.name)
		}
	}
	return nil
}

// judgeTemporary expects no temporary file.
func judgeTemporary(tree vfs.Tree) error {
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		if strings.HasPrefix(name, base+".") && strings.HasSuffix(name, ".tmp") {
			return core.Breachf(notTooCautious, "%s was left behind", name)
		}
	}
	return nil
}

// judgeLeft looks at the files that a recovery left.
func (p *program) judgeLeft(r *core.Run, tree vfs.Tree) error {
	if !p.can.Whole || r.Suspends(acknowledgedDurable) {
		return nil
	}
	if err := judgeTemporary(tree); err != nil {
		return err
	}
	logs := logsIn(tree)
	if len(logs) == 0 || logs[len(logs)-1].name != base+".log" {
		return nil
	}
	return judgeChain(logs, false)
}

// judgeBounds expects batches to keep to their bounds.
func (p *program) judgeBounds() error {
	if !p.can.Whole || p.run.FaultStruck() {
		return nil
	}
	for _, log := range logsIn(p.run.Disk().Tree()) {
		sealed := int64(-1) // the end of the last marker of a Close
		for _, f := range framesIn(log.content) {
			m := f.marker
			if m != nil && m.Sealed {
				sealed = f.end()
			}
			if m == nil || m.Entries < 2 || m.Offset-m.BatchBytes == sealed {
				continue // the last is what another program appended, which becomes one batch
			}
			if n := p.w.batchEntries; n > 0 && int(m.Entries) > n || p.w.batchBytes > 0 && m.BatchBytes > int64(p.w.batchBytes) {
				return core.Breachf(saysWhatIsSo, "the batch before offset %d of %s has %d entries and %d bytes, and the bounds are %d and %d (0: the default)",
					f.off, log.name, m.Entries, m.BatchBytes, n, p.w.batchBytes)
			}
		}
	}
	return nil
}
