package campaign

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"powercut/sim/core"
	"powercut/sim/explain"
	"powercut/sim/internal/hash"
	"powercut/sim/shrink"
	"powercut/vfs"
)

// Campaign runs many seeds of one target.
type Campaign struct {
	Target core.Target
	First  core.Seed // the first seed; the others follow it
	Seeds  uint64    // how many
	// Adjust, if not nil, changes the scenario that a seed drew: to pin a
	// profile, say.
	Adjust func(*core.Scenario)
	// CorpusCases are what Sabotage tries where the seeds found nothing: that a
	// barrier is gone may show in one run of a hundred thousand.
	CorpusCases []*core.Case
}

// Summary is what a campaign found out. Everything but the duration is the
// same for the same seeds, on any machine.
type Summary struct {
	Tally
	Duration time.Duration
	// Defects has one entry for each signature, sorted by it.
	Defects []Defect
	// Deaths are the runs that took their process with them.
	Deaths []Death
	// Canary says how the campaign noticed an fsync that does nothing.
	Canary CanaryReport
	// KnownDefects is how many violations were passed over as known.
	KnownDefects uint64
	// Interrupted is true if the context ended before all seeds had run.
	Interrupted bool

	// Settler is the target, if its cases run elsewhere.
	Settler Settler
}

// Defect is a group of violations that are likely of one cause.
type Defect struct {
	Count uint64
	First *core.Violation // of the lowest seed
}

// NondeterminismError says that two runs of one seed differed: a defect of the
// harness, or of the code under test, that makes every other result doubtful.
type NondeterminismError struct {
	Seed          core.Seed
	First, Second []core.Event // both traces
	Index         int          // of the first event that differs, -1 if only the digests do
}

func (e *NondeterminismError) Error() string {
	if e.Index < 0 {
		return fmt.Sprintf("sim: seed %s gave two digests, but the same events", e.Seed)
	}
	text := fmt.Sprintf("sim: seed %s ran differently the second time, from event %d on:", e.Seed, e.Index+1)
	for i, events := range [][]core.Event{e.First, e.Second} {
		text += fmt.Sprintf("\n  %s time: ", []string{"first", "second"}[i])
		if e.Index < len(events) {
			text += fmt.Sprintf("%+v", events[e.Index])
		} else {
			text += "(ended before it)"
		}
	}
	return text
}

// InProcess runs all blocks of a campaign in this process, so many at a time (0:
// one per processor), and adds them up. The error is a *NondeterminismError or
// that of the context; violations are in the summary, which does not depend on
// the number of workers.
func (c Campaign) InProcess(ctx context.Context, workers int) (*Summary, error) {
	totals := NewTotals(c.Target)
	runners := make([]BlockRunner, cmp.Or(workers, runtime.GOMAXPROCS(0)))
	for i := range runners {
		runners[i] = func(ctx context.Context, index uint64) (Block, error) { return c.RunBlock(ctx, index, BlockOptions{}) }
	}
	next := uint64(0)
	err := RunBlocks(ctx, runners, func() (uint64, bool) {
		next++
		return next - 1, next <= c.Blocks()
	}, func(b Block) error { return totals.Add(&b) })
	return totals.Summary(), cmp.Or(err, ctx.Err())
}

// recheckOneIn is the share of runs that are run again, to compare the digests.
const recheckOneIn = 20

// runSeed runs a seed, twice if it is one of those that are rechecked, and
// returns what it reached.
func (c Campaign) runSeed(seed core.Seed, p *part) core.Coverage {
	result, scenario := c.runOnce(seed, p)
	if !rechecked(seed) {
		return result.Coverage
	}
	p.sum.RunsRechecked++
	_, external := scenario.Workload.(core.External)
	if external {
		if again := core.Execute(seed, c.scenario(seed), false); again.Digest != result.Digest {
			p.sum.Differed++
		}
		return result.Coverage
	}
	if again := core.Execute(seed, c.scenario(seed), false); again.Digest != result.Digest {
		first, second := core.Execute(seed, c.scenario(seed), true), core.Execute(seed, c.scenario(seed), true)
		p.err = &NondeterminismError{Seed: seed, First: first.Events, Second: second.Events,
			Index: core.FirstDifference(first.Events, second.Events)}
	}
	return result.Coverage
}

// rechecked says whether a seed is one of those that are run again.
func rechecked(seed core.Seed) bool { return hash.Mix64(uint64(seed)^hash.Golden)%recheckOneIn == 0 }

// runOnce runs a seed.
func (c Campaign) runOnce(seed core.Seed, p *part) (core.Result, core.Scenario) {
	scenario := c.scenario(seed)
	result := core.Execute(seed, scenario, false)
	p.add(&result, scenario.Settings.Profile)
	c.rerunPastLaw(seed, 0, result.Violation, p)
	return result, scenario
}

// runVariation runs a variation of a seed.
func (c Campaign) runVariation(seed core.Seed, n uint64, p *part) {
	own, scenario := c.variation(seed, n)
	result := core.Execute(own, scenario, false)
	if v := result.Violation; v != nil {
		v.Seed, v.Variation = seed, n
	}
	p.add(&result, scenario.Settings.Profile)
	p.sum.Varied++
	c.rerunPastLaw(seed, n, result.Violation, p)
}

// maxRerunsPastLaw bounds how often a run that violated a law is run again.
const maxRerunsPastLaw = 4

// rerunPastLaw looks behind a violation, which has ended its run: with its law
// passed over, the run may violate another.
func (c Campaign) rerunPastLaw(seed core.Seed, variation uint64, v *core.Violation, p *part) {
	var except []core.Law
	for range maxRerunsPastLaw {
		if v == nil || v.Only == v.Law || v.Hang {
			return
		}
		except = append(except, v.Law)
		own, s := seed, c.scenario(seed)
		if variation > 0 {
			own, s = c.variation(seed, variation)
		}
		s.Settings.Except = append(s.Settings.Except, except...)
		result := core.Execute(own, s, false)
		if v = result.Violation; v != nil {
			v.Seed, v.Variation = seed, variation
			p.addViolation(v)
			v.Only = v.Law // to see it again takes that
			v = &core.Violation{Law: v.Law}
		}
	}
}

func (c Campaign) scenario(seed core.Seed) core.Scenario {
	s := c.Target.Draw(seed.Streams())
	if c.Adjust != nil {
		c.Adjust(&s)
	}
	return s
}

func (c Campaign) variation(seed core.Seed, n uint64) (core.Seed, core.Scenario) {
	own, s := Vary(c.Target, seed, n)
	if c.Adjust != nil {
		c.Adjust(&s)
	}
	return own, s
}

// part is what one worker found.
type part struct {
	sum     Summary
	defects map[string]*Defect
	deaths  []Death // of runs elsewhere, not counted in sum
	err     error
}

func (p *part) add(r *core.Result, profile vfs.Profile) {
	p.sum.addRun(r, profile)
	if r.Violation != nil {
		p.addViolation(r.Violation)
	}
}

func (p *part) addDeath(d Death) {
	p.sum.Deaths = append(p.sum.Deaths, d)
	p.sum.addDeath(d)
}

func (p *part) addViolation(v *core.Violation) {
	if !v.Hang {
		v.Culprit = explain.CulpritOf(v.Case)
	}
	p.addDefect(&Defect{Count: 1, First: v})
}

func (p *part) addDefect(d *Defect) {
	key := d.First.Signature()
	have := p.defects[key]
	if have == nil {
		if p.defects == nil {
			p.defects = make(map[string]*Defect)
		}
		p.defects[key] = &Defect{d.Count, d.First}
		return
	}
	have.Count += d.Count
	if cmp.Or(cmp.Compare(d.First.Seed, have.First.Seed), cmp.Compare(d.First.Variation, have.First.Variation)) < 0 {
		have.First = d.First
	}
}

// merge adds what another part found.
func (p *part) merge(other *part) {
	p.sum.Add(&other.sum.Tally)
	p.sum.KnownDefects += other.sum.KnownDefects
	p.sum.Deaths = append(p.sum.Deaths, other.sum.Deaths...)
	for _, d := range other.defects {
		p.addDefect(d)
	}
	p.err = cmp.Or(p.err, other.err)
}

// summary is what the part comes to, in an order that nothing else decides.
func (p *part) summary() *Summary {
	s := p.sum
	s.Defects = p.sortedDefects()
	s.Deaths = slices.SortedFunc(slices.Values(s.Deaths), func(a, b Death) int {
		return cmp.Or(cmp.Compare(a.Seed, b.Seed), cmp.Compare(a.Variation, b.Variation))
	})
	return &s
}

func (p *part) sortedDefects() []Defect {
	var all []Defect
	for _, d := range p.defects {
		all = append(all, *d)
	}
	slices.SortFunc(all, func(a, b Defect) int {
		return cmp.Compare(a.First.Signature(), b.First.Signature())
	})
	return all
}

// Settler is a Target whose code is in another process, which makes violations
// ready to be told as Settle does.
type Settler interface {
	core.Target
	Settle(ctx context.Context, v *core.Violation, budget int) error
}

// Settle finds out what a violation goes back to. With a budget of runs it also puts
// the simplest case that it finds in the place of the one that a seed made; ctx ends
// that early. If the case does not show the violation again, that stays as it is, and
// the error says so.
func Settle(ctx context.Context, v *core.Violation, budget int) error {
	return SettleAndTell(ctx, v, budget, func(int) {})
}

// SettleAndTell is Settle, and tells progress before each run how many were made.
func SettleAndTell(ctx context.Context, v *core.Violation, budget int, progress func(runs int)) error {
	if budget == 0 {
		shrink.BlameAndTell(ctx, v, progress)
		return nil
	}
	shrunk, err := shrink.ShrinkAndTell(ctx, v.Case, budget, progress)
	if err == nil {
		err = shrink.Tell(v, shrunk.Case)
	}
	v.Unrepeated = v.Unrepeated || errors.Is(err, shrink.ErrHolds) || errors.Is(err, shrink.ErrNotTold)
	return err
}

// blame finds out what each defect goes back to, and puts together those that
// go back to the same.
func (s *Summary) blame() { s.settle(context.Background(), 0, func(int) {}) }

// Shrink puts the simplest case found in the place of each one that a seed
// made, and puts together the defects that turn out to be one. The budget is a
// number of runs for each; ctx ends it early. Progress is told, by several goroutines,
// how many of the defects are done.
func (s *Summary) Shrink(ctx context.Context, budget int, progress func(done int)) {
	s.settle(ctx, budget, progress)
}

func (s *Summary) settle(ctx context.Context, budget int, progress func(done int)) {
	settle := Settle
	if s.Settler != nil {
		settle = s.Settler.Settle
	}
	var done atomic.Int64
	s.regroup(func(v *core.Violation) {
		if ctx.Err() == nil {
			_ = settle(ctx, v, budget) // what it can't settle it leaves as it is
		}
		progress(int(done.Add(1)))
	})
}

// PassOver leaves out the defects of these signatures, and counts how often they
// were seen.
func (s *Summary) PassOver(signatures []string) {
	s.Defects = slices.DeleteFunc(s.Defects, func(d Defect) bool {
		known := slices.Contains(signatures, d.First.Signature())
		if known {
			s.KnownDefects += d.Count
		}
		return known
	})
}

func (s *Summary) regroup(change func(*core.Violation)) {
	inParallel(context.Background(), len(s.Defects), func(i int) { change(s.Defects[i].First) })
	var p part
	for _, d := range s.Defects {
		p.addDefect(&d)
	}
	s.Defects = p.sortedDefects()
}
