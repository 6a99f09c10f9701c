package properties

import (
	"context"
	"errors"
	"maps"
	"slices"

	"powercut/journal"
	"powercut/sim/core"
	"powercut/vfs"
)

// openWithoutLeave opens the closed journal as a program does that was not told to take
// over what another wrote. A log that another alone has written can be read, and nothing
// can be written to it; one to which another appended is refused.
func (p *program) openWithoutLeave() error {
	if !p.can.Whole {
		return nil
	}
	disk := p.run.Disk()
	struck := p.excuses()
	before := ofBase(disk.Tree())
	p.run.NoteCall("open, without leave to take over")
	options := journal.Options{Now: p.now(p.run), Entropy: p.entropy(p.run), Monitor: p.run.Monitor(), AcceptNoDirSync: p.w.acceptNoDirSync}
	j, rec, err := journal.Open(disk, base, newMachine(p.parsed).asJournal(), options)
	if p.run.PowerIsOff() {
		return errOff
	}
	p.returns("done", err)
	if err == nil {
		return p.judgeWithoutLeave(j, &rec, before, struck)
	}
	if errors.Is(err, vfs.ErrInjected) || p.run.FaultsFired() > struck.fired || p.full || p.w.full > 0 || p.mayRepair(err) || p.foreign.uncertain(p.run) {
		return nil // the Open that follows shows what comes of it
	}
	if p.mayRefuse(p.run, err) && (p.foreign.entries == 0 || p.run.Suspends(acknowledgedDurable)) {
		return nil // so does it of damage
	}
	foreign, told := errors.AsType[*journal.ForeignError](err)
	if p.foreign.entries == 0 || !told {
		return core.Breachf(saysWhatIsSo, "Open without leave to take over what another program wrote (%d entries) said: %v", p.foreign.entries, err)
	}
	want := journal.ForeignError{Path: base + ".log", Offset: p.foreign.from, Bytes: int64(len(before[base+".log"])) - p.foreign.from,
		Entries: p.foreign.entries, LastLSN: p.foreign.lastLSN}
	if *foreign != want {
		return core.Breachf(saysWhatIsSo, "Open refused what another program appended, and said %+v; it is %+v", *foreign, want)
	}
	if !maps.EqualFunc(before, ofBase(disk.Tree()), slices.Equal) {
		return core.Breachf(damageRefused, "Open refused what another program appended, and changed the files")
	}
	return nil
}

// judgeWithoutLeave judges a journal that was opened without that leave, and closes it.
func (p *program) judgeWithoutLeave(j *journal.Journal, rec *journal.Recovery, before vfs.Tree, struck excuses) error {
	if p.foreign.entries > 0 && rec.Adopted > 0 {
		_ = j.Close() // that it took them over is the breach
		return core.Breachf(saysWhatIsSo, "Open took over %d entries of another program without leave", rec.Adopted)
	}
	var refusals []error
	if rec.OldLog {
		ctx := context.Background()
		_, err := j.Append(ctx, journal.Entry{Payload: entryOf(stepPush, 0, probe).Payload})
		refusals = []error{err, j.Roll(ctx), j.Snapshot(ctx)}
	}
	entries := j.LastLSN()
	closeErr := j.Close()
	if p.run.PowerIsOff() {
		return errOff
	}
	if p.run.FaultsFired() > struck.fired || p.w.full > 0 || errors.Is(closeErr, vfs.ErrInjected) {
		return nil
	}
	for _, err := range refusals {
		old, told := errors.AsType[*journal.OldLogError](err)
		if !told || !errors.Is(err, journal.ErrRefused) || old.Path != base+".log" || uint64(old.Entries) != entries {
			return core.Breachf(saysWhatIsSo, "what writes to a log of another program's, with %d entries and without leave, was told: %v", entries, err)
		}
	}
	if closeErr != nil {
		return core.Breachf(liveness, "Close failed without a fault to explain it: %v", closeErr)
	}
	if log := base + ".log"; rec.OldLog && !slices.Equal(before[log], p.run.Disk().Tree()[log]) {
		return core.Breachf(damageRefused, "%s, which another program has written, was changed without leave", log)
	}
	return nil
}
