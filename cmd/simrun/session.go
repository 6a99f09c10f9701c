package main

import (
	"context"

	"powercut/sim/campaign"
	"powercut/sim/core"
)

// session is the part of a campaign that one process runs: all of it, or what is
// left until it is ended.
type session struct {
	campaign campaign.Campaign
	keeper   *keeper
	progress *progress
	workers  []*supervisor
}

// pilot finds out what the first blocks reach, and tells the workers. Those that
// are of this shard are kept.
func (s *session) pilot(ctx context.Context, blocks uint64) error {
	known := make(core.Coverage)
	have := make(map[uint64]bool)
	learn := func(b campaign.Block) {
		have[b.Index] = true
		known.Add(b.Coverage)
	}
	for _, b := range s.keeper.pilot {
		learn(b)
	}
	at := uint64(0)
	next := func() (uint64, bool) {
		for ; at < blocks; at++ {
			if !have[at] {
				at++
				return at - 1, true
			}
		}
		return 0, false
	}
	err := campaign.RunBlocks(ctx, s.runners(), next, func(b campaign.Block) error {
		learn(b)
		if b.Index%s.keeper.config.Shards != s.keeper.config.Shard-1 {
			return nil
		}
		return s.done(b)
	})
	s.stop() // what they were told first, they can't be told again
	for _, w := range s.workers {
		w.campaign.Known = known.Rows()
	}
	return err
}

func (s *session) run(ctx context.Context, next func() (uint64, bool)) error {
	return campaign.RunBlocks(ctx, s.runners(), next, s.done)
}

func (s *session) runners() []campaign.BlockRunner {
	var all []campaign.BlockRunner
	for _, w := range s.workers {
		all = append(all, w.run)
	}
	return all
}

// done keeps a block.
func (s *session) done(b campaign.Block) error {
	s.progress.add(s.campaign.SeedsOf(b.Index), b.Runs, b.Images, uint64(len(b.Defects)+len(b.Deaths)))
	return s.keeper.keep(b)
}

func (s *session) stop() {
	for _, w := range s.workers {
		w.stop()
	}
}
