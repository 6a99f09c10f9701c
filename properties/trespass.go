package properties

import (
	"bytes"
	"errors"
	"slices"

	"powercut/journal"
	"powercut/journal/wire"
	"powercut/sim/core"
)

// trespass does what a version of the original does that locks nothing: it appends entries
// to the log while the journal is open. They are nobody's: the journal writes over them,
// or finds them behind its end and keeps them aside. But nothing of its own may get lost
// by that, and nothing be refused. Directly behind the marker of a Close they would be
// taken over, torn or not, so that is left out.
func (p *program) trespass(count int) error {
	j := p.engine.journal()
	if j == nil || p.reopening || p.busy > 1 || p.w.full > 0 || p.run.FaultStruck() || errors.Is(j.Err(), journal.ErrClosed) || !endsUnsealed(p.run.Disk().Tree()[base+".log"]) {
		return nil
	}
	p.reopening, p.trespassing = true, true // nobody closes it meanwhile, or makes an archive of what is appended to
	defer func() { p.reopening, p.trespassing = false, false }()
	var log []byte
	for range count {
		number, e := p.issue(step{kind: stepPush})
		p.oracle.learn(number, indeterminate)
		log = append(log, originalFrame(e)...)
	}
	p.run.NoteCall("another program appends to the open log")
	p.trespassed += int64(len(log))
	before := p.run.Disk().Tree()[base+".log"]
	err := p.run.WithoutFaults(func() error { return appendTo(p.run.Disk(), base+".log", log, true) })
	if p.run.PowerIsOff() {
		return errOff
	}
	p.returns("done", err)
	if genesis, none := wire.ParseMarker(before, 0); err == nil && none == nil && count > 0 {
		p.appended = append(p.appended, appended{genesis.Log, int64(len(before)), log})
	}
	return nil // if it failed, nothing was appended
}

// appended is what another program has appended to a log that was open.
type appended struct {
	log     wire.LogID
	at      int64
	content []byte
}

// judgeAppended expects what another program has appended to be where it was, unless the
// journal has come so far with its own, or else to be kept aside: it may be cut off only
// then.
func (p *program) judgeAppended() error {
	if p.busy > 1 {
		return nil // somebody may be writing there
	}
	return p.judgeAppendedUndisturbed()
}

// judgeAppendedUndisturbed is judgeAppended when nobody appends: the journal is closed,
// whatever others are about.
func (p *program) judgeAppendedUndisturbed() error {
	if len(p.appended) == 0 || p.run.PowerIsOff() || p.run.Suspends(acknowledgedDurable) || p.oracle.purging {
		return nil
	}
	tree := p.run.Disk().Tree()
	logs, kept := logsIn(tree), keptIn(tree)
	left := p.appended[:0]
	for _, a := range p.appended {
		i := slices.IndexFunc(logs, func(log logFile) bool { return log.genesis.Log == a.log })
		if i < 0 {
			continue // pruned
		}
		content, end := logs[i].content, int64(0)
		for _, f := range framesIn(logs[i].content) {
			if f.marker != nil {
				end = f.end()
			}
		}
		switch to := a.at + int64(len(a.content)); {
		case end > a.at || p.run.FaultStruck() && a.at-end <= p.w.longest():
			continue // the journal wrote there, or may have, before it undid that
		case int64(len(content)) >= to && bytes.Equal(content[a.at:to], a.content):
			left = append(left, a)
		case !slices.ContainsFunc(kept, func(tail []byte) bool { return bytes.Contains(tail, a.content) }):
			return core.Breachf(tailForgiven, "%d bytes that another program had appended to %s at offset %d, while it was open, are gone, and kept nowhere; the journal's own end at %d", len(a.content), logs[i].name, a.at, end)
		}
	}
	p.appended = left
	return nil
}

// longest bounds what the journal writes at once, in bytes.
func (w *workload) longest() int64 {
	if w.batchBytes == 0 {
		return 1 << 30 // a batch has as many entries as there are clients
	}
	longest := w.batchBytes
	for _, clients := range w.epochs {
		for _, client := range clients {
			for _, s := range client {
				longest = max(longest, s.arg)
			}
		}
	}
	return int64(longest) + 1000 // what is around an entry, and two markers
}

// endsUnsealed says whether the last marker of a log is none of a Close.
func endsUnsealed(log []byte) bool {
	unsealed := false
	for _, f := range framesIn(log) {
		if f.marker != nil {
			unsealed = !f.marker.Sealed
		}
	}
	return unsealed
}
