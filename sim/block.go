package sim

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"powercut/faults"
	"powercut/vfs"
)

// BlockSeeds is how many seeds make a block: what a campaign is cut into, to be
// kept, resumed and shared out.
const BlockSeeds = 64

// Block is what one block of a campaign's seeds found, in a form that can be
// kept as JSON and added up. Everything in it is the same on any machine.
type Block struct {
	Index      uint64                  `json:"block"`
	Runs       uint64                  `json:"runs"`
	Operations uint64                  `json:"operations"`
	Images     uint64                  `json:"images"`
	Repeats    uint64                  `json:"repeats"`
	Recoveries uint64                  `json:"recoveries"`
	Abandoned  uint64                  `json:"abandoned"`
	Repeated   uint64                  `json:"repeated"`
	Digest     string                  `json:"digest"`
	Faults     map[string]faults.Count `json:"faults"`
	Profiles   map[string]uint64       `json:"profiles"`
	Coverage   []CellCount             `json:"coverage"`
	Defects    []BlockDefect           `json:"defects"`
}

// BlockDefect is a group of violations in a block.
type BlockDefect struct {
	Count   uint64 `json:"count"`
	Law     Law    `json:"law"`
	What    string `json:"what"`
	Diff    string `json:"diff,omitempty"`
	Stack   string `json:"stack,omitempty"`
	Seed    uint64 `json:"seed"`
	Only    Law    `json:"only,omitempty"`
	How     string `json:"how"`
	Step    string `json:"step"`
	Op      string `json:"op"`
	Sites   []Site `json:"sites"`
	Profile string `json:"profile"`
	Case    string `json:"case"`
}

// Blocks is how many blocks the seeds of a campaign make; the last may be short.
func (c Campaign) Blocks() uint64 { return (c.Seeds + BlockSeeds - 1) / BlockSeeds }

// RunBlocks runs the blocks that next names, until there is none or ctx ends,
// and hands each over when it is complete, from one goroutine at a time. Blocks
// that had begun when ctx ended are not handed over. An error of done ends it;
// others are a *NondeterminismError or a *CanaryError.
func (c Campaign) RunBlocks(ctx context.Context, next func() (block uint64, ok bool), done func(Block) error) (CanaryReport, error) {
	canary, err := c.canary()
	if err != nil {
		return canary, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var mu sync.Mutex
	var failed error
	var progress sharedProgress
	var stopped atomic.Bool
	var wg sync.WaitGroup
	fail := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		if failed == nil {
			failed = err
		}
		stopped.Store(true)
		cancel()
	}
	var total [1]part // of all blocks, for the progress alone
	total[0].init()
	for range cmp.Or(c.Workers, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			for ctx.Err() == nil && !stopped.Load() {
				mu.Lock()
				index, ok := next()
				mu.Unlock()
				if !ok {
					return
				}
				p, complete := c.block(ctx, index)
				if p.err != nil {
					fail(p.err)
					return
				}
				if !complete {
					return
				}
				mu.Lock()
				total[0].sum.Runs += p.sum.Runs
				total[0].sum.Images += p.sum.Images
				for signature, d := range p.defects {
					total[0].defects[signature] = d
				}
				progress.report(c.Progress, &total[0])
				err := done(p.block(index))
				mu.Unlock()
				if err != nil {
					fail(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return canary, failed
}

// block runs the seeds of a block.
func (c Campaign) block(ctx context.Context, index uint64) (p *part, complete bool) {
	p = &part{}
	p.init()
	end := (index + 1) * BlockSeeds
	if c.Seeds > 0 {
		end = min(end, c.Seeds)
	}
	for i := index * BlockSeeds; i < end; i++ {
		if ctx.Err() != nil {
			return p, false
		}
		if c.one(c.First+Seed(i), p); p.err != nil {
			return p, false
		}
	}
	return p, true
}

func (p *part) block(index uint64) Block {
	s := &p.sum
	b := Block{Index: index, Runs: s.Runs, Operations: s.Operations, Images: s.Images, Repeats: s.Repeats, Recoveries: s.Recoveries,
		Abandoned: s.Abandoned, Repeated: s.Repeated, Digest: s.Digest.String(), Faults: make(map[string]faults.Count),
		Profiles: make(map[string]uint64), Coverage: s.Coverage.Rows(), Defects: []BlockDefect{}}
	for kind, n := range s.Faults {
		b.Faults[kind.String()] = n
	}
	for profile, n := range s.Profiles {
		b.Profiles[profile.String()] = n
	}
	for _, d := range p.sortedDefects() {
		v := d.First
		b.Defects = append(b.Defects, BlockDefect{Count: d.Count, Law: v.Law, What: v.What, Diff: v.Diff, Stack: v.Stack, Seed: uint64(v.Seed),
			Only: v.Only, How: string(v.Culprit.How), Step: v.Culprit.Step, Op: v.Culprit.Op, Sites: v.Culprit.Stack, Profile: v.Profile.String(),
			Case: v.Case.String()})
	}
	return b
}

// SumBlocks adds blocks up, whatever their order, and finds out what their
// defects go back to. The error says what in a block can't be read.
func SumBlocks(target Target, blocks []Block) (*Summary, error) {
	parts := make([]part, len(blocks))
	for i := range blocks {
		if err := parts[i].fill(target, &blocks[i]); err != nil {
			return nil, fmt.Errorf("sim: block %d: %w", blocks[i].Index, err)
		}
	}
	sum, err := merge(parts)
	sum.blame()
	return sum, err
}

// fill is the reverse of block.
func (p *part) fill(target Target, b *Block) (err error) {
	p.init()
	s := &p.sum
	s.Runs, s.Operations, s.Images, s.Repeats = b.Runs, b.Operations, b.Images, b.Repeats
	s.Recoveries, s.Abandoned, s.Repeated = b.Recoveries, b.Abandoned, b.Repeated
	if s.Digest, err = ParseDigest(b.Digest); err != nil {
		return err
	}
	for name, n := range b.Faults {
		kind, err := faults.ParseKind(name)
		if err != nil {
			return err
		}
		s.Faults[kind] = n
	}
	for name, n := range b.Profiles {
		profile, err := vfs.ParseProfile(name)
		if err != nil {
			return err
		}
		s.Profiles[profile] = n
	}
	for _, row := range b.Coverage {
		s.Coverage[row.Cell] = row.Count
	}
	find := func(name string) Target {
		if name == target.Name() {
			return target
		}
		return nil
	}
	for i := range b.Defects {
		d := &b.Defects[i]
		v := &Violation{Law: d.Law, What: d.What, Diff: d.Diff, Stack: d.Stack, Seed: Seed(d.Seed), Only: d.Only,
			Culprit: Culprit{How: CulpritKind(d.How), Step: d.Step, Op: d.Op, Stack: d.Sites}}
		if v.Profile, err = vfs.ParseProfile(d.Profile); err != nil {
			return err
		}
		if v.Case, err = ParseCase(d.Case, find); err != nil {
			return err
		}
		p.addDefect(&Defect{d.Count, v})
	}
	return nil
}
