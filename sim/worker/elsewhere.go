package worker

import (
	"context"
	"errors"

	"powercut/sim/campaign"
	"powercut/sim/core"
)

// runElsewhere has a run of the campaign made by a process of its own. One that ends is
// tried once more: a process may end for other reasons, since it was killed for its
// memory, say.
func (h *Host) runElsewhere(ctx context.Context, seed core.Seed, variation uint64) (campaign.Block, error) {
	o := &Order{Seed: &Seed{Seed: seed, Variation: variation}}
	own := campaign.OwnSeed(seed, variation)
	note, err := h.Elsewhere(ctx, own, nil, h.order, o)
	if again, ok := errors.AsType[*EndedError](err); ok && !again.Hang {
		note, err = h.Elsewhere(ctx, own, nil, h.order, o)
	}
	if end, ok := errors.AsType[*EndedError](err); ok {
		return campaign.Block{Deaths: []campaign.Death{{Seed: seed, Variation: variation, Hang: end.Hang, Output: end.Output}}}, nil
	}
	if err != nil {
		return campaign.Block{}, err
	}
	return *note.Block, nil
}

// runBlind has a run on a disk whose syncs do nothing made by a process of its own. To
// end that is to notice.
func (h *Host) runBlind(ctx context.Context, seed core.Seed) (campaign.CanaryReport, error) {
	note, err := h.Elsewhere(ctx, seed, nil, h.order, &Order{Seed: &Seed{Seed: seed, Blind: true}})
	if _, ok := errors.AsType[*EndedError](err); ok {
		return campaign.CanaryReport{Law: core.NoPanic, Ended: true}, nil
	}
	if err != nil {
		return campaign.CanaryReport{}, err
	}
	return *note.Canary, nil
}

// elsewhere has an order about one run done by a process of its own.
func (h *Host) elsewhere(ctx context.Context, o *Order, more func(*Note)) (*Note, error) {
	var seed core.Seed
	text := ""
	switch {
	case o.Case != nil:
		text = o.Case.Text
	case o.Settle != nil:
		text = o.Settle.Defect.Case
	}
	if text != "" {
		c, err := core.ParseCase(text, h.Find)
		if err != nil {
			return nil, err
		}
		seed = c.Seed
	}
	switch {
	case o.Run != nil:
		return h.runToldElsewhere(ctx, *o.Run, more)
	case o.Case != nil && o.Case.Do == Export:
		untold := *o.Case
		untold.Untold = true
		if note, err := h.Elsewhere(ctx, seed, more, &Order{Case: &untold}); err != nil {
			return note, err
		}
		o = &Order{Case: &Case{Do: Tell, Text: o.Case.Text, Name: o.Case.Name}}
	}
	return h.Elsewhere(ctx, seed, more, o)
}

// runToldElsewhere has a seed run by a process of its own, and what it found told by
// another one: what a run tells is told by the first of a process.
func (h *Host) runToldElsewhere(ctx context.Context, run Run, more func(*Note)) (*Note, error) {
	run.Untold = true
	note, err := h.Elsewhere(ctx, campaign.OwnSeed(core.Seed(run.Seed), run.Variation), more, &Order{Run: &run})
	if err != nil || note.Violation == nil {
		return note, err
	}
	told, err := h.elsewhere(ctx, &Order{Case: &Case{Do: Tell, Text: note.Violation.Case}}, more)
	if err == nil {
		note.Told = told.Told
	}
	return note, err
}

// seed makes a run of the campaign in this process.
func (h *Host) seed(o *Seed) (*Note, error) {
	if o.Blind {
		return &Note{Canary: &campaign.CanaryReport{Law: h.campaign.RunBlind(o.Seed)}}, nil
	}
	block := h.campaign.RunOne(o.Seed, o.Variation)
	return &Note{Block: &block}, nil
}
