package worker

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"strings"

	"github.com/spf13/afero"

	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/sim/explain"
	"powercut/sim/shrink"
	"powercut/vfs"
)

// Host does what orders ask for, in this process.
type Host struct {
	// Find gives the target of a name, nil if there is none.
	Find func(name string) core.Target
	// Check, if not nil, says what is wrong with a case that could be read.
	Check func(c *core.Case) error
	// Noticed, if not nil, is told how the canary fared, behind one run at least, and
	// says what that means.
	Noticed func(report campaign.CanaryReport, err error) (campaign.CanaryReport, error)

	// Elsewhere, if not nil, has orders done by the Host of another process, which is
	// started for them, and for that seed: runs of one process would influence each
	// other. What the last of them is answered with is returned, behind the notes that
	// more is given. The error is an *EndedError if the process ended instead.
	Elsewhere func(ctx context.Context, seed core.Seed, more func(*Note), orders ...*Order) (*Note, error)

	campaign campaign.Campaign
	order    *Order // that it is of
	known    core.Coverage
}

// Do does what an order asks for. More is given the notes that come before the answer.
// An error is an *Error.
func (h *Host) Do(ctx context.Context, o *Order, more func(*Note)) (*Note, error) {
	note, err := h.do(ctx, o, more)
	if err != nil {
		return nil, errorOf(err)
	}
	return note, nil
}

func (h *Host) do(ctx context.Context, o *Order, more func(*Note)) (*Note, error) {
	switch {
	case o.Campaign != nil:
		h.order = o
		return nil, h.begin(o.Campaign)
	case o.Block != nil:
		return h.block(ctx, o.Block, more)
	case o.Canary != nil:
		return h.canary(ctx, o.Canary)
	case o.Seed != nil:
		return h.seed(o.Seed)
	case h.Elsewhere != nil:
		return h.elsewhere(ctx, o, more)
	case o.Settle != nil:
		v, err := o.Settle.Defect.Violation(h.Find)
		if err == nil {
			err = campaign.SettleAndTell(ctx, v, o.Settle.Budget, TellShrinking(o.Settle.Budget, more))
		}
		return &Note{Violation: violationOf(v)}, err
	case o.Run != nil:
		return h.run(o.Run)
	case o.Case != nil:
		return h.caseOrder(ctx, o.Case, more)
	}
	return nil, fmt.Errorf("worker: an order that this version does not know")
}

// Adjust is what a profile and a law, if named, change in each scenario.
func Adjust(profile string, law core.Law) (func(*core.Scenario), error) {
	if profile == "" {
		return func(s *core.Scenario) { s.Settings.Law = law }, nil
	}
	p, err := vfs.ParseProfile(profile)
	if err != nil {
		return nil, err
	}
	return func(s *core.Scenario) { s.Settings.Profile, s.Settings.Law = p, law }, nil
}

func (h *Host) target(name string) (core.Target, error) {
	target := h.Find(name)
	if target == nil {
		return nil, fmt.Errorf("worker: there is no target %q", name)
	}
	return target, nil
}

func (h *Host) begin(o *Campaign) error {
	target, err := h.target(o.Target)
	if err != nil {
		return err
	}
	adjust, err := Adjust(o.Profile, o.Law)
	if err != nil {
		return err
	}
	h.campaign = campaign.Campaign{Target: target, First: core.Seed(o.First), Seeds: o.Seeds, Adjust: adjust}
	h.known = nil
	if o.Known != nil {
		h.known = make(core.Coverage)
		for _, row := range o.Known {
			h.known[row.Cell] = row.Count
		}
	}
	return nil
}

func (h *Host) block(ctx context.Context, o *Block, more func(*Note)) (*Note, error) {
	before := measure(allocated)
	started := func(seed core.Seed, variation uint64) { more(&Note{Started: &Started{seed, variation}}) }
	options := campaign.BlockOptions{Known: h.known, Skip: o.Skip, Started: started}
	if h.Elsewhere != nil {
		options.Elsewhere = func(seed core.Seed, variation uint64) (campaign.Block, error) {
			return h.runElsewhere(ctx, seed, variation)
		}
	}
	block, err := h.campaign.RunBlock(ctx, o.Index, options)
	return &Note{Block: &block, Allocated: measure(allocated) - before, Left: runtime.NumGoroutine(), Heap: measure(live)}, err
}

// What of the process's memory is measured, in bytes.
const (
	allocated = "/gc/heap/allocs:bytes" // since it began
	live      = "/gc/heap/live:bytes"   // that the last collection left
)

func measure(what string) uint64 {
	sample := []metrics.Sample{{Name: what}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}

func (h *Host) canary(ctx context.Context, o *Campaign) (*Note, error) {
	if err := h.begin(o); err != nil {
		return nil, err
	}
	run := func(seed core.Seed) (campaign.CanaryReport, error) {
		return campaign.CanaryReport{Law: h.campaign.RunBlind(seed)}, nil
	}
	if h.Elsewhere != nil {
		h.order = &Order{Campaign: o}
		run = func(seed core.Seed) (campaign.CanaryReport, error) { return h.runBlind(ctx, seed) }
	}
	report, err := h.campaign.CanaryElsewhere(run)
	if h.Noticed == nil {
		return &Note{Canary: &report}, err
	}
	if err == nil && report.Path == "" {
		_, err = run(h.campaign.First)
	}
	report, err = h.Noticed(report, err)
	return &Note{Canary: &report}, err
}

func (h *Host) run(o *Run) (*Note, error) {
	target, err := h.target(o.Target)
	if err != nil {
		return nil, err
	}
	adjust, err := Adjust(o.Profile, o.Law)
	if err != nil {
		return nil, err
	}
	seed := core.Seed(o.Seed)
	own, scenario := seed, target.Draw(seed.Streams())
	if o.Variation > 0 {
		own, scenario = campaign.Vary(target, seed, o.Variation)
	}
	adjust(&scenario)
	result := core.Execute(own, scenario, o.Trace != "")
	result.Seed = seed
	if err := writeTrace(o.Trace, result.Events); err != nil {
		return nil, err
	}
	v := result.Violation
	if v == nil {
		return &Note{Result: resultOf(&result)}, nil
	}
	v.Seed, v.Variation = seed, o.Variation
	if err := shrink.Settle(v); err != nil {
		return nil, fmt.Errorf("seed %s: %v: %w", seed, v, err)
	}
	note := &Note{Result: resultOf(&result), Violation: violationOf(v)}
	if !o.Untold {
		note.Told, err = tell(v.Case, "")
	}
	return note, err
}

func resultOf(r *core.Result) *Result {
	return &Result{r.Seed, r.Digest, r.Operations, r.Images, r.Missed}
}

func writeTrace(name string, events []core.Event) (err error) {
	if name == "" {
		return nil
	}
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("the trace: %w", err)
	}
	defer func() {
		if closeErr := f.Close(); err == nil {
			err = closeErr
		}
	}()
	return core.WriteEvents(f, events)
}

func (h *Host) caseOrder(ctx context.Context, o *Case, more func(*Note)) (*Note, error) {
	c, err := core.ParseCase(o.Text, h.Find)
	if err == nil && h.Check != nil {
		err = h.Check(c)
	}
	if err != nil {
		return nil, err
	}
	as := c
	if c.Test != (core.TestName{}) {
		c = explain.Reaching(c)
	}
	switch o.Do {
	case Explain:
		a := account(c)
		s := a.Suggest()
		s.WhatIf = a.WhatIf()
		told, err := told(a, s, o.Name, o.Page)
		return &Note{Told: told}, err
	case Repro:
		return repro(c, o)
	case Tell:
		told, err := tell(c, o.Name)
		return &Note{Told: told}, err
	case Shrink:
		return shrinkCase(ctx, c, o, more)
	case Export:
		if err := explain.Export(c, afero.NewOsFs(), o.Dir); err != nil {
			return nil, err
		}
		if o.Untold {
			return &Note{}, nil
		}
		told, err := tell(c, o.Name)
		return &Note{Told: told}, err
	case Corpus:
		return kept(c, c != as), nil
	case Stop:
		return stop(c, o.Before)
	case Play:
		return play(c, o.Move)
	}
	return nil, fmt.Errorf("worker: %q is nothing that is done with a case", o.Do)
}

// stop runs a case up to an operation, and tells the state there.
func stop(c *core.Case, before string) (*Note, error) {
	var at explain.OperationNumber
	if before != "" {
		var err error
		if at, err = explain.ParseOperationNumber(before); err != nil {
			return nil, err
		}
	}
	note := &Note{}
	err := explain.StopAt(c, at, func(s explain.State) { note.State = &s })
	return note, err
}

// play makes a move with a case.
func play(c *core.Case, m *explain.Move) (*Note, error) {
	if m == nil {
		first := explain.FirstMove(c)
		m = &first
	}
	p, err := explain.PlayMove(c, *m)
	return &Note{Play: p}, err
}

// goes is how often a case is run that no seed decides alone, to see it violate its
// law.
const goes = 5

// account explains a case, which may take several goes.
func account(c *core.Case) *explain.Account {
	a := explain.Explain(c)
	// No seed decides the order of goroutines in a process that is shared.
	if _, external := c.Workload.(core.External); external && c.Build.Binary == "" {
		for range goes - 1 {
			if a.Violation != nil || a.Missed {
				break
			}
			if (&explain.Question{Asks: explain.Violates}).Ask(c).Violated {
				a = explain.Explain(c)
			}
		}
	}
	return a
}

func tell(c *core.Case, name string) (*Told, error) {
	a := account(c)
	return told(a, a.Suggest(), name, false)
}

func told(a *explain.Account, s explain.Suggestion, name string, page bool) (*Told, error) {
	t := &Told{Violated: a.Violation != nil, Crashes: len(a.Crashes), Report: a.Report(s)}
	var brief, text, html strings.Builder
	_ = explain.Brief(&brief, a, s)     // a strings.Builder takes all
	_ = explain.Text(&text, a, s, name) // likewise
	if page {
		if err := explain.HTML(&html, a, s); err != nil {
			return nil, err
		}
	}
	t.Brief, t.Text, t.Page = brief.String(), text.String(), html.String()
	return t, nil
}

func repro(c *core.Case, o *Case) (*Note, error) {
	a := account(c)
	if err := writeTrace(o.Trace, a.Events); err != nil {
		return nil, err
	}
	result := core.Result{Seed: c.Seed, Digest: a.Digest, Counts: a.Counts, Missed: a.Missed}
	t, err := told(a, a.Suggest(), o.Name, false)
	if v := a.Violation; v != nil {
		v.Case = c // as it is in the file
		result.Violation, result.Missed = v, false
	}
	return &Note{Result: resultOf(&result), Violation: violationOf(result.Violation), Told: t}, err
}

func shrinkCase(ctx context.Context, c *core.Case, o *Case, more func(*Note)) (*Note, error) {
	s, err := shrink.ShrinkAndTell(ctx, c, o.Budget, TellShrinking(o.Budget, more))
	if err != nil {
		return nil, err
	}
	t, err := tell(s.Case, o.Name)
	return &Note{Shrunk: &Shrunk{Case: s.Case.String(), Law: s.Case.Law, Before: s.Before, After: s.After, Runs: s.Runs, Complete: s.Complete}, Told: t}, err
}

// kept runs a case that is kept of a defect that is mended.
func kept(c *core.Case, nearest bool) *Note {
	a := explain.Explain(c)
	k := &Kept{Missed: a.Missed, Differs: c.Differs(), Nearest: nearest, Digest: a.Digest}
	switch {
	case a.Violation != nil:
		k.Got = a.Violation.Law
	case a.Undecided:
		k.Got = (&explain.Question{Asks: explain.Violates}).Ask(c).Law
	}
	again := c.Clone()
	if !a.Undecided {
		again.Digest = a.Digest
	}
	k.Case = again.String()
	return &Note{Kept: k}
}
