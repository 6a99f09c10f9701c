package properties

import (
	"errors"

	"powercut/journal"
	"powercut/sim/core"
)

// judgeStats compares what the journal counts with what was asked of it and what its
// machine was given, while nobody else asks it anything.
func (p *program) judgeStats() error {
	e := p.engine
	j := e.journal()
	if j == nil || p.busy > 1 || p.reopening || p.run.PowerIsOff() || errors.Is(j.Err(), journal.ErrClosed) {
		return nil
	}
	s := j.Stats()
	p.oracle.isDurable(s.DurableLSN)
	entries, failed, unsupported := uint64(0), uint64(0), uint64(0)
	for _, g := range e.machine.given[e.recovered:] {
		entries++
		if g.err != nil {
			failed++
		}
		if g.unsupported() {
			unsupported++
		}
	}
	told := e.told
	refused := uint64(told.refusals)
	poisoned := uint64(0)
	if errors.Is(j.Err(), journal.ErrPoisoned) {
		poisoned = 1
	}
	bytes := p.bytesSince(e, &s)
	for _, c := range []struct {
		what             string
		got, least, most uint64
	}{
		{"Bytes", s.Bytes, bytes, bytes},
		{"Entries", s.Entries, entries, entries},
		{"EvalErrors", s.EvalErrors, failed, failed},
		{"Unsupported", s.Unsupported, unsupported, unsupported},
		{"Batches", s.Batches, p.leastBatches(entries), entries},
		{"LastLSN", s.LastLSN, uint64(len(p.oracle.applied)), uint64(len(p.oracle.applied))},
		{"LastLSN()", j.LastLSN(), s.LastLSN, s.LastLSN},
		{"DurableLSN", s.DurableLSN, p.leastDurable(s), s.LastLSN},
		{"Refusals", s.Refusals, min(refused, 1), refused + uint64(max(told.outstanding, 0))},
		{"Poisonings", s.Poisonings, poisoned, poisoned},
		{"Snapshots", s.Snapshots, uint64(told.snapshots + told.unrolled), uint64(told.snapshots) + refused + poisoned},
		{"Rolls", s.Rolls, uint64(told.snapshots + told.rolls), uint64(told.snapshots + told.rolls)},
		{"Fsyncs", s.Fsyncs, p.leastFsyncs(s), s.Fsyncs},
	} {
		if c.got < c.least || c.got > c.most {
			return core.Breachf(saysWhatIsSo, "Stats says %s %d; what it was asked makes that at least %d and at most %d", c.what, c.got, c.least, c.most)
		}
	}
	if rec := e.recovery(); s.TailKept != "" && p.trespassed == 0 && !rec.TailInPlace && !p.run.Suspends(acknowledgedDurable) {
		return core.Breachf(saysWhatIsSo, "Stats says that %s keeps a tail; Open left none in place, and no other program appended to the open log", s.TailKept)
	}
	return nil
}

// leastBatches is in how many batches entries fit, at least.
func (p *program) leastBatches(entries uint64) uint64 {
	if n := uint64(p.w.batchEntries); n > 0 {
		return (entries + n - 1) / n
	}
	return min(entries, 1)
}

// leastDurable is what must be durable: in sync mode, all that was acknowledged.
func (p *program) leastDurable(s journal.Stats) uint64 {
	if p.w.async {
		return p.oracle.adopted
	}
	return s.LastLSN
}

// leastFsyncs is how many fsyncs there were, at least.
func (p *program) leastFsyncs(s journal.Stats) uint64 {
	n := 2*s.Rolls + 3*s.Snapshots // the new log, and the directory; the snapshot, its marker, and the directory
	if !p.w.async {
		n += s.Batches
	}
	return n
}

// bytesSince is how many bytes were written to logs, if that can be told: as long as no
// write failed and no log was rolled since Stats was looked at, the log has grown by them.
func (p *program) bytesSince(e *opened, s *journal.Stats) uint64 {
	last := e.told.stats
	e.told.stats = *s
	if p.run.FaultStruck() || p.wasFull || last.Generation != s.Generation || last.LogBytes == 0 || last.Rolls != s.Rolls || s.TailBytes > 0 {
		return s.Bytes
	}
	return last.Bytes + uint64(s.LogBytes-last.LogBytes)
}
