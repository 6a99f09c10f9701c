package campaign

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"powercut/sim/core"
	"powercut/vfs"
)

// BlockSeeds is how many seeds make a block: what a campaign is cut into, to be
// kept, resumed and shared out.
const BlockSeeds = 64

// Block is what one block of a campaign's seeds found, in a form that can be
// kept as JSON and added up. Everything in it is the same on any machine.
type Block struct {
	Index uint64 `json:"block"`
	Tally
	Defects []BlockDefect `json:"defects"`
	Deaths  []Death       `json:"deaths,omitempty"`
}

// UnmarshalJSON implements json.Unmarshaler. It reads what earlier versions kept,
// too.
func (b *Block) UnmarshalJSON(data []byte) error {
	data, err := renameFormerKeys(data)
	if err != nil {
		return err
	}
	type plain Block
	return json.Unmarshal(data, (*plain)(b))
}

// Death is a run that took its process with it: by a fatal error of the runtime,
// or a panic in a goroutine of the code under test. Whoever runs blocks in
// processes of their own adds them; the block has nothing else of such a run.
type Death struct {
	Seed      core.Seed `json:"seed"`
	Variation uint64    `json:"variation,omitempty"`
	// Hang is true of a run that did nothing for so long that it was ended. A
	// clock decided that, so it does not count in the digest.
	Hang   bool   `json:"hang,omitempty"`
	Output string `json:"output"` // the end of what the process said
}

// BlockDefect is a group of violations in a block: the first of them, with its case
// as text.
type BlockDefect struct {
	Count     uint64   `json:"count"`
	Law       core.Law `json:"law"`
	What      string   `json:"what"`
	Diff      string   `json:"diff,omitempty"`
	Stack     string   `json:"stack,omitempty"`
	Seed      uint64   `json:"seed"`
	Variation uint64   `json:"variation,omitempty"`
	Only      core.Law `json:"only,omitempty"`
	Hang      bool     `json:"hang,omitempty"`
	// Unrepeated says that the case does not show it.
	Unrepeated bool             `json:"unrepeated,omitempty"`
	How        core.CulpritKind `json:"how"`
	Step       string           `json:"step"`
	Op         string           `json:"op"`
	Sites      []core.Site      `json:"sites"`
	Profile    vfs.Profile      `json:"profile"`
	Case       string           `json:"case"`
}

// DefectOf puts a violation, which was seen so often, into that form.
func DefectOf(v *core.Violation, count uint64) BlockDefect {
	return BlockDefect{Count: count, Law: v.Law, What: v.What, Diff: v.Diff, Stack: v.Stack, Seed: uint64(v.Seed), Variation: v.Variation,
		Only: v.Only, Hang: v.Hang, Unrepeated: v.Unrepeated, How: v.Culprit.How, Step: v.Culprit.Step, Op: v.Culprit.Op, Sites: v.Culprit.Stack, Profile: v.Profile,
		Case: v.Case.String()}
}

// Violation is the reverse of DefectOf. Find gives the target that the case is of.
func (d *BlockDefect) Violation(find func(name string) core.Target) (*core.Violation, error) {
	c, err := core.ParseCase(d.Case, find)
	if err != nil {
		return nil, err
	}
	return &core.Violation{Law: d.Law, What: d.What, Diff: d.Diff, Stack: d.Stack, Seed: core.Seed(d.Seed), Variation: d.Variation, Only: d.Only,
		Hang: d.Hang, Unrepeated: d.Unrepeated, Profile: d.Profile, Culprit: core.Culprit{How: d.How, Step: d.Step, Op: d.Op, Stack: d.Sites}, Case: c}, nil
}

// SeedsOfShard is how many seeds are in the blocks of one of so many shards,
// counted from 1; 0 for a campaign without end.
func (c Campaign) SeedsOfShard(shard, shards uint64) uint64 {
	seeds := uint64(0)
	for index := shard - 1; index < c.Blocks(); index += shards {
		seeds += c.SeedsOf(index)
	}
	return seeds
}

// Blocks is how many blocks the seeds of a campaign make; the last may be short.
func (c Campaign) Blocks() uint64 { return (c.Seeds + BlockSeeds - 1) / BlockSeeds }

// SeedsOf is how many seeds a block has.
func (c Campaign) SeedsOf(index uint64) uint64 {
	if c.Seeds == 0 {
		return BlockSeeds
	}
	return min(c.Seeds-min(c.Seeds, index*BlockSeeds), BlockSeeds)
}

// BlockRunner runs one block. RunBlock is what the campaign does by itself; another
// one may do it in a process of its own.
type BlockRunner func(ctx context.Context, index uint64) (Block, error)

// RunBlocks runs the blocks that next names, each runner one at a time, until
// there is none or ctx ends, and hands each over when it is complete, from one
// goroutine at a time. Blocks that had begun when ctx ended are not handed over.
// The first error of a runner or of done ends it.
func RunBlocks(ctx context.Context, runners []BlockRunner, next func() (block uint64, ok bool), done func(Block) error) error {
	group, inner := errgroup.WithContext(ctx)
	var mu sync.Mutex
	failed := false // done did
	take := func() (uint64, bool) {
		mu.Lock()
		defer mu.Unlock()
		if inner.Err() != nil {
			return 0, false
		}
		return next()
	}
	hand := func(b Block) error {
		mu.Lock()
		defer mu.Unlock()
		if failed {
			return nil
		}
		err := done(b)
		failed = err != nil
		return err
	}
	for _, run := range runners {
		group.Go(func() error {
			for index, ok := take(); ok; index, ok = take() {
				b, err := run(inner, index)
				if err == nil {
					err = hand(b)
				}
				if err != nil && inner.Err() != nil {
					return nil // it was told to stop
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	return group.Wait()
}

// BlockOptions say how a block is run.
type BlockOptions struct {
	// Known is what the pilot blocks reached; nil: nothing is varied.
	Known core.Coverage
	// Skip are runs that are known to end their process.
	Skip []Death
	// Started, if not nil, is called before each run.
	Started func(seed core.Seed, variation uint64)
	// Elsewhere, if not nil, makes the runs, each in a process of its own: there RunOne
	// does. Of a run that ends its process the block that it returns says that alone.
	Elsewhere func(seed core.Seed, variation uint64) (Block, error)
}

// RunBlock runs the seeds of a block, and variations of those that reached
// something new. The error is ctx's or a *NondeterminismError.
func (c Campaign) RunBlock(ctx context.Context, index uint64, o BlockOptions) (Block, error) {
	p := &part{}
	varies := o.Known != nil && index >= PilotBlocks
	scout := scout{known: o.Known, seen: make(core.Coverage)}
	run := func(seed core.Seed, n uint64) bool {
		if ctx.Err() != nil || p.err != nil {
			return false
		}
		if slices.ContainsFunc(o.Skip, func(d Death) bool { return d.Seed == seed && d.Variation == n }) {
			return true
		}
		if o.Started != nil {
			o.Started(seed, n)
		}
		if o.Elsewhere != nil {
			if reached := c.runElsewhere(seed, n, o, p); varies && n == 0 {
				scout.look(seed, reached)
			}
		} else if n > 0 {
			c.runVariation(seed, n, p)
		} else if reached := c.runSeed(seed, p); varies {
			scout.look(seed, reached)
		}
		return p.err == nil
	}
	first := c.First + core.Seed(index*BlockSeeds)
	for i := uint64(0); i < c.SeedsOf(index) && run(first+core.Seed(i), 0); i++ {
	}
	scout.variations(run)
	if err := cmp.Or(p.err, ctx.Err()); err != nil {
		return Block{}, err
	}
	b := p.block(index)
	b.Deaths = p.deaths
	return b, nil
}

// RunOne makes one run of a block, for BlockOptions.Elsewhere: a seed's, or a variation
// of it.
func (c Campaign) RunOne(seed core.Seed, variation uint64) Block {
	p := &part{}
	if variation > 0 {
		c.runVariation(seed, variation, p)
	} else {
		c.runOnce(seed, p)
	}
	return p.block(0)
}

// runElsewhere has a run made in another process, twice if it is one of those that are
// rechecked, and returns what it reached.
func (c Campaign) runElsewhere(seed core.Seed, variation uint64, o BlockOptions, p *part) core.Coverage {
	one, err := o.Elsewhere(seed, variation)
	if err == nil && variation == 0 && len(one.Deaths) == 0 && rechecked(seed) {
		var again Block
		again, err = o.Elsewhere(seed, variation)
		one.RunsRechecked++
		if again.Digest != one.Digest {
			one.Differed++
		}
	}
	if err != nil {
		p.err = err
		return nil
	}
	p.deaths = append(p.deaths, one.Deaths...)
	one.Deaths = nil // whoever adds the block up counts them
	p.err = p.fill(c.Target, &one)
	return one.Coverage
}

func (p *part) block(index uint64) Block {
	b := Block{Index: index, Tally: p.sum.Tally, Defects: []BlockDefect{}}
	for _, d := range p.sortedDefects() {
		b.Defects = append(b.Defects, DefectOf(d.First, d.Count))
	}
	return b
}

// Totals adds blocks up, in any order. Its memory does not grow with their
// number.
type Totals struct {
	target core.Target
	sum    part
}

// NewTotals begins with nothing.
func NewTotals(target core.Target) *Totals {
	return &Totals{target: target}
}

// Add adds a block. The error says what in it can't be read; then nothing of it
// was added.
func (t *Totals) Add(b *Block) error {
	var p part
	if err := p.fill(t.target, b); err != nil {
		return fmt.Errorf("sim: block %d: %w", b.Index, err)
	}
	t.sum.merge(&p)
	return nil
}

// Summary says what was added, and finds out what the defects go back to.
func (t *Totals) Summary() *Summary {
	s := t.sum.summary()
	s.Settler, _ = t.target.(Settler)
	s.blame()
	return s
}

// fill is the reverse of block.
func (p *part) fill(target core.Target, b *Block) error {
	p.sum.Add(&b.Tally)
	for _, d := range b.Deaths {
		p.addDeath(d)
	}
	find := func(name string) core.Target {
		if name == target.Name() {
			return target
		}
		return nil
	}
	for i := range b.Defects {
		v, err := b.Defects[i].Violation(find)
		if err != nil {
			return err
		}
		p.addDefect(&Defect{b.Defects[i].Count, v})
	}
	return nil
}
