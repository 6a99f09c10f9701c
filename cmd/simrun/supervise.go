package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"powercut/sim/campaign"
	"powercut/sim/worker"
)

// supervisor runs blocks in a process of its own, which it starts again when a
// run takes it along, or does nothing for too long.
type supervisor struct {
	how       launch
	campaign  worker.Campaign
	hangAfter time.Duration
	warn      io.Writer
	child     *child // nil: there is none
	spent     memory
}

// maxStarts is how often in a row a worker may end before it runs anything.
const maxStarts = 3

// maxUnrepeated bounds how many runs of a block may end their process and not do
// so again. Beyond it something else ends the processes, and not the runs.
const maxUnrepeated = 8

// ending is how a worker ended.
type ending struct {
	ran   bool // it was running what the death says
	death campaign.Death
}

// memory is what runs allocated.
type memory struct{ runs, bytes uint64 }

func (m *memory) add(runs, bytes uint64) {
	m.runs += runs
	m.bytes += bytes
}

// run is a campaign.BlockRunner.
func (s *supervisor) run(ctx context.Context, index uint64) (campaign.Block, error) {
	order := &worker.Block{Index: index}
	var suspect *campaign.Death // of a run that ended a process once
	starts, unrepeated := 1, 0
	for {
		block, end, err := s.try(ctx, order)
		if err != nil {
			return block, err
		}
		if end == nil {
			if suspect != nil {
				fmt.Fprintf(s.warn, "simrun: seed %s ended its process once, but not when it was run again\n", suspect.Seed)
			}
			block.Deaths = append(block.Deaths, order.Skip...)
			return block, nil
		}
		d := &end.death
		switch {
		case !end.ran && starts < maxStarts:
			starts++
		case !end.ran:
			return block, harnessFailed(fmt.Errorf("a worker ended %d times before it ran anything: %s", starts, d.Output))
		case suspect != nil && suspect.Seed == d.Seed && suspect.Variation == d.Variation:
			order.Skip = append(order.Skip, *d)
			suspect = nil
			unrepeated--
		case unrepeated == maxUnrepeated:
			return block, harnessFailed(fmt.Errorf("workers end again and again, each time in another run; is there memory enough? the last said: %s", d.Output))
		default:
			unrepeated++
			suspect = d // a process may end for other reasons: it was killed for its memory, say
		}
	}
}

// try has a block run once. If the worker ended instead, end says how.
func (s *supervisor) try(ctx context.Context, order *worker.Block) (block campaign.Block, end *ending, err error) {
	if s.child == nil {
		if s.child, err = startChild(s.how); err != nil {
			return block, nil, harnessFailed(fmt.Errorf("starting a worker: %w", err))
		}
		_ = s.child.orders.Encode(&worker.Order{Campaign: &s.campaign}) // if it has ended, its notes have too
	}
	c := s.child
	_ = c.orders.Encode(&worker.Order{Block: order}) // likewise
	end = &ending{}
	clock := time.NewTimer(s.hangAfter)
	defer clock.Stop()
	for {
		select {
		case <-ctx.Done():
			s.stop()
			return block, nil, ctx.Err()
		case <-clock.C:
			c.end(syscall.SIGQUIT) // which makes it say where it is
			s.child = nil
			end.death.Hang, end.death.Output = true, c.said.String()
			return block, end, nil
		case note, alive := <-c.notes:
			clock.Reset(s.hangAfter)
			switch {
			case !alive:
				s.child = nil
				end.death.Output = c.lastWords()
				return block, end, ctx.Err()
			case note.Started != nil:
				end.ran, end.death.Seed, end.death.Variation = true, note.Started.Seed, note.Started.Variation
			case note.Error != nil:
				return block, nil, harnessFailed(note.Error)
			case note.Block != nil:
				s.spent.add(note.Block.Runs, note.Allocated)
				if note.Left > maxGoroutines || note.Heap > maxHeapBytes {
					s.stop()
				}
				return *note.Block, nil, nil
			}
		}
	}
}

// An engine that has goroutines of its own leaves them behind with each run, and what
// they hold. A worker with more than this is replaced by a fresh one between blocks.
const (
	maxGoroutines = 5_000
	maxHeapBytes  = 512 << 20
)

// stop ends the worker, if there is one.
func (s *supervisor) stop() {
	if s.child != nil {
		s.child.end(os.Kill)
		s.child = nil
	}
}
