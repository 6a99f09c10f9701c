package sim

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"powercut/faults"
	"powercut/vfs"
)

// Campaign runs many seeds of one target.
type Campaign struct {
	Target Target
	First  Seed   // the first seed; the others follow it
	Seeds  uint64 // how many
	// Workers is how many run at once; 0 is one per processor. The result does
	// not depend on it.
	Workers int
	// RepeatOneIn repeats one run in so many and compares the digests; 0 is
	// one in 20, which is 5%.
	RepeatOneIn uint64
	// Adjust, if not nil, changes the scenario that a seed drew: to pin a
	// profile, say.
	Adjust func(*Scenario)
	// Kept are cases that Sabotage tries where the seeds found nothing: some
	// barriers are missed by one run in a hundred thousand.
	Kept []*Case
	// Progress, if not nil, is called now and then, from one goroutine.
	Progress func(Tally)
}

// Tally is how far a campaign is.
type Tally struct {
	Runs, Images, Violations uint64
}

// Summary is what a campaign found out. Everything but the duration is the
// same for the same seeds, on any machine.
type Summary struct {
	Runs       uint64
	Varied     uint64 // of the runs, variations of seeds that reached something new
	Operations uint64
	Images     uint64 // recovered and judged
	Repeats    uint64 // not judged again, see Result
	Recoveries uint64
	Abandoned  uint64
	Repeated   uint64 // runs that were run twice
	Duration   time.Duration
	Digest     Digest
	Faults     map[faults.Kind]faults.Count
	Coverage   Coverage
	Profiles   map[vfs.Profile]uint64 // runs on each
	// Defects has one entry for each signature, sorted by it.
	Defects []Defect
	// Deaths are the runs that took their process with them.
	Deaths []Death
	// Canary says how the campaign noticed an fsync that does nothing.
	Canary CanaryReport
	// Interrupted is true if the context ended before all seeds had run.
	Interrupted bool
}

// Defect is a group of violations that are likely of one cause.
type Defect struct {
	Count uint64
	First *Violation // of the lowest seed
}

// NondeterminismError says that two runs of one seed differed: a defect of the
// harness, or of the code under test, that makes every other result doubtful.
type NondeterminismError struct {
	Seed          Seed
	First, Second []Event // both traces
	Index         int     // of the first event that differs, -1 if only the digests do
}

func (e *NondeterminismError) Error() string {
	if e.Index < 0 {
		return fmt.Sprintf("sim: seed %s gave two digests, but the same events", e.Seed)
	}
	text := fmt.Sprintf("sim: seed %s ran differently the second time, from event %d on:", e.Seed, e.Index+1)
	for i, events := range [][]Event{e.First, e.Second} {
		text += fmt.Sprintf("\n  %s time: ", []string{"first", "second"}[i])
		if e.Index < len(events) {
			text += fmt.Sprintf("%+v", events[e.Index])
		} else {
			text += "(ended before it)"
		}
	}
	return text
}

// Run runs the campaign. The error is a *NondeterminismError or a *CanaryError,
// or nil; violations are in the summary.
func (c Campaign) Run(ctx context.Context) (*Summary, error) {
	start := time.Now()
	canary, err := c.Canary()
	if err != nil {
		return &Summary{}, err
	}
	workers := cmp.Or(c.Workers, runtime.GOMAXPROCS(0))
	parts := make([]part, workers)
	var next atomic.Uint64
	var progress sharedProgress
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	for w := range parts {
		wg.Go(func() {
			p := &parts[w]
			p.init()
			for ctx.Err() == nil && p.err == nil {
				i := next.Add(1) - 1
				if i >= c.Seeds {
					return
				}
				c.one(c.First+Seed(i), p)
				progress.report(c.Progress, p)
			}
			if p.err != nil {
				cancel()
			}
		})
	}
	wg.Wait()
	total, err := merge(parts)
	total.blame()
	total.Canary = canary
	total.Duration = time.Since(start)
	total.Interrupted = total.Runs < c.Seeds
	return total, err
}

// one runs a seed, repeats it if it is one of those, and returns what it reached.
func (c Campaign) one(seed Seed, p *part) Coverage {
	scenario := c.scenario(seed)
	result := Execute(seed, scenario, false)
	p.add(&result)
	p.sum.Profiles[scenario.Settings.Profile]++
	c.hidden(seed, 0, result.Violation, p)
	if mix64(uint64(seed)^golden)%cmp.Or(c.RepeatOneIn, 20) != 0 {
		return result.Coverage
	}
	p.sum.Repeated++
	if again := Execute(seed, c.scenario(seed), false); again.Digest != result.Digest {
		first, second := Execute(seed, c.scenario(seed), true), Execute(seed, c.scenario(seed), true)
		p.err = &NondeterminismError{Seed: seed, First: first.Events, Second: second.Events,
			Index: FirstDifference(first.Events, second.Events)}
	}
	return result.Coverage
}

// vary runs a variation of a seed.
func (c Campaign) vary(seed Seed, n uint64, p *part) {
	own, scenario := c.variation(seed, n)
	result := Execute(own, scenario, false)
	if v := result.Violation; v != nil {
		v.Seed, v.Variation = seed, n
	}
	p.add(&result)
	p.sum.Varied++
	p.sum.Profiles[scenario.Settings.Profile]++
	c.hidden(seed, n, result.Violation, p)
}

// maxHidden bounds how often a run that violated a law is run again.
const maxHidden = 4

// hidden looks behind a violation, which ends its run: with its law passed
// over, the run may violate another.
func (c Campaign) hidden(seed Seed, variation uint64, v *Violation, p *part) {
	var except []Law
	for range maxHidden {
		if v == nil || v.Only == v.Law {
			return
		}
		except = append(except, v.Law)
		own, s := seed, c.scenario(seed)
		if variation > 0 {
			own, s = c.variation(seed, variation)
		}
		s.Settings.Except = append(s.Settings.Except, except...)
		result := Execute(own, s, false)
		if v = result.Violation; v != nil {
			v.Seed, v.Variation = seed, variation
			p.addViolation(v)
			v.Only = v.Law // to see it again takes that
			v = &Violation{Law: v.Law}
		}
	}
}

func (c Campaign) scenario(seed Seed) Scenario {
	s := c.Target.Draw(seed.Streams())
	if c.Adjust != nil {
		c.Adjust(&s)
	}
	return s
}

func (c Campaign) variation(seed Seed, n uint64) (Seed, Scenario) {
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
	err     error
}

func (p *part) init() {
	p.sum.Faults = make(map[faults.Kind]faults.Count)
	p.sum.Coverage = make(Coverage)
	p.sum.Profiles = make(map[vfs.Profile]uint64)
	p.defects = make(map[string]*Defect)
}

func (p *part) add(r *Result) {
	p.sum.Runs++
	p.sum.Operations += r.Operations
	p.sum.Images += r.Images
	p.sum.Repeats += r.Repeats
	p.sum.Recoveries += r.Recoveries
	p.sum.Abandoned += r.Abandoned
	p.sum.Coverage.Add(r.Coverage)
	// A sum does not depend on the order of its parts: neither workers nor
	// shards can change it.
	p.sum.Digest += Digest(mix64(uint64(r.Seed)*golden ^ uint64(r.Digest)))
	for kind, n := range r.Faults {
		p.sum.Faults[kind] = p.sum.Faults[kind].Add(n)
	}
	if r.Violation != nil {
		p.addViolation(r.Violation)
	}
}

// addDeath counts a run of which nothing is known but its end. That of a hang
// was a clock's doing.
func (p *part) addDeath(d Death) {
	p.sum.Deaths = append(p.sum.Deaths, d)
	if !d.Hang {
		p.sum.Digest += Digest(mix64(uint64(d.Seed)*golden ^ d.Variation ^ fnvOffset))
	}
}

func (p *part) addViolation(v *Violation) {
	v.Culprit = culpritOf(v.Case)
	p.addDefect(&Defect{Count: 1, First: v})
}

func (p *part) addDefect(d *Defect) {
	key := d.First.Signature()
	have := p.defects[key]
	if have == nil {
		p.defects[key] = &Defect{d.Count, d.First}
		return
	}
	have.Count += d.Count
	if cmp.Or(cmp.Compare(d.First.Seed, have.First.Seed), cmp.Compare(d.First.Variation, have.First.Variation)) < 0 {
		have.First = d.First
	}
}

func merge(parts []part) (*Summary, error) {
	var total part
	total.init()
	for i := range parts {
		total.merge(&parts[i])
	}
	return total.summary(), total.err
}

// merge adds what another part found.
func (p *part) merge(other *part) {
	s, o := &p.sum, &other.sum
	s.Runs += o.Runs
	s.Varied += o.Varied
	s.Operations += o.Operations
	s.Images += o.Images
	s.Repeats += o.Repeats
	s.Recoveries += o.Recoveries
	s.Abandoned += o.Abandoned
	s.Repeated += o.Repeated
	s.Digest += o.Digest
	s.Deaths = append(s.Deaths, o.Deaths...)
	s.Coverage.Add(o.Coverage)
	for kind, n := range o.Faults {
		s.Faults[kind] = s.Faults[kind].Add(n)
	}
	for profile, n := range o.Profiles {
		s.Profiles[profile] += n
	}
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

// blame finds out what each defect goes back to, and puts together those that
// go back to the same.
func (s *Summary) blame() { s.regroup((*Violation).Blame) }

// Shrink puts the simplest case found in the place of each one that a seed
// made, and puts together the defects that turn out to be one. The budget is a
// number of runs for each.
func (s *Summary) Shrink(budget int) {
	s.regroup(func(v *Violation) {
		shrunk, err := Shrink(v.Case, budget)
		if err != nil {
			return // it stays as it is; to see it again takes the seed
		}
		v.Case, v.Profile, v.Culprit = shrunk.Case, shrunk.Case.Profile, shrunk.Culprit
	})
}

func (s *Summary) regroup(change func(*Violation)) {
	inParallel(context.Background(), len(s.Defects), func(i int) { change(s.Defects[i].First) })
	var p part
	p.init()
	for _, d := range s.Defects {
		p.addDefect(&d)
	}
	s.Defects = p.sortedDefects()
}

// sharedProgress adds up what the workers did.
type sharedProgress struct {
	mu  sync.Mutex
	sum map[*part]Tally
}

func (s *sharedProgress) report(f func(Tally), p *part) {
	if f == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sum == nil {
		s.sum = make(map[*part]Tally)
	}
	s.sum[p] = Tally{p.sum.Runs, p.sum.Images, uint64(len(p.defects))}
	var total Tally
	for _, one := range s.sum {
		total.Runs += one.Runs
		total.Images += one.Images
		total.Violations += one.Violations
	}
	f(total)
}
