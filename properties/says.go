package properties

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"powercut/faults"
	"powercut/journal"
	"powercut/properties/engines"
	"powercut/sim/core"
	"powercut/vfs"
)

// told is what clients of an opened journal were told since it was opened.
type told struct {
	refusals    int           // of entries and of operations
	outstanding int           // entries that were accepted, or whose caller left, and of which nobody heard
	snapshots   int           // that succeeded
	unrolled    int           // snapshots that are durable, and whose roll failed
	rolls       int           // likewise, those of snapshots left out
	stats       journal.Stats // as they were judged last
}

// outcomes are what an error of the journal may be, and each is just one of them.
var outcomes = []error{journal.ErrRefused, journal.ErrIndeterminate, journal.ErrPoisoned, journal.ErrClosed}

// judgeVerdict judges the type of what a call of a client was told, right after it was:
// what the journal answers matches one outcome, as documented.
func (p *program) judgeVerdict(e *opened, what string, err error) error {
	j := e.journal()
	if j == nil || p.run.PowerIsOff() {
		return nil
	}
	state := j.Err()
	if err == nil {
		if errors.Is(state, journal.ErrPoisoned) && !p.appends(what) {
			return core.Breachf(failStop, "%s succeeded on a journal that takes nothing any more: %v", what, state)
		}
		return nil
	}
	var matched []error
	for _, outcome := range outcomes {
		if errors.Is(err, outcome) {
			matched = append(matched, outcome)
		}
	}
	switch {
	case len(matched) != 1:
		return core.Breachf(saysWhatIsSo, "%s failed with an error that matches %d of the documented ones: %v", what, len(matched), err)
	case matched[0] == journal.ErrRefused && isFailedSync(err):
		return core.Breachf(failStop, "%s was refused, and may be tried again, after an fsync had failed: %v", what, err)
	case matched[0] == journal.ErrRefused:
		e.told.refusals++
	case matched[0] == journal.ErrIndeterminate && !p.appends(what):
		return core.Breachf(saysWhatIsSo, "%s is no append, and was told: %v", what, err)
	case matched[0] != journal.ErrClosed && state == nil:
		return core.Breachf(saysWhatIsSo, "%s was told of a failed fsync, but the journal says that it takes entries: %v", what, err)
	}
	return p.judgePoison(what, err, matched[0])
}

// isFailedSync says whether an error is that of an fsync which failed: after it nobody
// knows what is durable. That a directory can't be synced at all is known.
func isFailedSync(err error) bool {
	_, never := errors.AsType[*journal.DirSyncError](err)
	failed, is := errors.AsType[*fs.PathError](err)
	return is && !never && failed.Op == "sync" && errors.Is(err, vfs.ErrInjected)
}

// appends says whether a call adds an entry. Others than appends own the files while
// they work, so that nothing happens between their end and what they are told.
func (p *program) appends(what string) bool {
	return what == "append" || what == "wait" || what == "accept"
}

// poisonous are the faults after which a journal must stop: an fsync failed, or how a
// file ended or was called is not known any more.
var poisonous = []faults.Kind{faults.DropClean, faults.KeepDirty, faults.Revert, faults.NextFails, faults.JournalFails, faults.ThinNoSpace,
	faults.DropPage, faults.FlusherFails, faults.RenameError}

// judgePoison expects a journal not to stop unless it was told of a reason.
func (p *program) judgePoison(what string, err, outcome error) error {
	if outcome != journal.ErrPoisoned && outcome != journal.ErrIndeterminate {
		return nil
	}
	struck := p.run.StruckNow()
	reason := slices.ContainsFunc(struck, func(f faults.Firing) bool {
		return slices.Contains(poisonous, f.Rule.Kind) || f.Op.Kind == vfs.OpTruncate
	})
	if reason || nameInDoubt(struck) || endInDoubt(struck) || p.run.Suspends(acknowledgedDurable) || errors.Is(err, vfs.ErrInjected) && p.run.FaultsFired() == 0 {
		return nil // the last is an fsync that failed before the crash, and is reported only now
	}
	return core.Breachf(notTooCautious, "%s failed, and the journal takes nothing any more, though no fsync failed, and every file's size and name is known: %v", what, err)
}

// nameInDoubt says whether a rename failed, which may have taken effect all the same,
// and then the look at the name that it was to take away failed as well.
func nameInDoubt(struck []faults.Firing) bool {
	for i, f := range struck {
		if i > 0 && f.Rule.Kind == faults.StatError && struck[i-1].Op.Kind == vfs.OpRename && struck[i-1].Op.Path == f.Op.Path {
			return true
		}
	}
	return false
}

// endInDoubt says whether a write to a file failed, which may have reached it whole, and
// then the look at where the file ends failed as well, or the copy of what another program
// appended to it: without these nothing can be cut off.
func endInDoubt(struck []faults.Firing) bool {
	for i, f := range struck {
		if i == 0 || struck[i-1].Op.Kind != vfs.OpWrite {
			continue
		}
		written := struck[i-1].Op.Path
		if f.Rule.Kind == faults.StatError && f.Op.Path == written || strings.HasPrefix(f.Op.Path, written+".tail-") {
			return true
		}
	}
	return false
}

// hasLeft says whether an error says that its caller's patience ended.
func hasLeft(ctx context.Context, err error) bool {
	return ctx.Err() != nil && errors.Is(err, ctx.Err())
}

// judgeEvalErr compares what a Pending tells of an entry's evaluation with what the
// machine said when it was given that entry.
func (p *program) judgeEvalErr(e *opened, t engines.Ticket, number, lsn uint64) error {
	if t.EvalErr == nil {
		return nil
	}
	for _, g := range e.machine.given[e.recovered:] {
		if g.lsn != lsn {
			continue
		}
		if got := t.EvalErr(); got != g.err {
			return core.Breachf(saysWhatIsSo, "EvalErr of %s is %v, but the machine said: %v", p.oracle.describe(number), got, g.err)
		}
		return nil
	}
	return core.Breachf(saysWhatIsSo, "%s was acknowledged as LSN %d, but the machine was not given it", p.oracle.describe(number), lsn)
}

// judgeRefusedInput judges how bad input is refused.
func judgeRefusedInput(arg int, err error) error {
	want := journal.ErrBadInput
	if arg%badKinds == badKinds-1 {
		want = journal.ErrTooLarge
	}
	if !errors.Is(err, journal.ErrClosed) && !errors.Is(err, journal.ErrPoisoned) && !errors.Is(err, want) {
		return core.Breachf(saysWhatIsSo, "bad input %d was refused, but not with %q: %v", arg, want, err)
	}
	return nil
}
