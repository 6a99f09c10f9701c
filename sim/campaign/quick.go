package campaign

import (
	"cmp"
	"context"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"powercut/sim/core"
	"powercut/sim/shrink"
)

// Quick runs the seeds in their order, so many at a time (0: one per processor), in
// this process. It stops behind the lowest seed that shows a defect that known does
// not pass over, unless it is to keep going: what it returns is the same for any
// number of workers, but for the tally of a campaign that stopped. Each defect has
// been traced to where it goes back to. The error is a *NondeterminismError, or that
// of the context.
func (c Campaign) Quick(ctx context.Context, workers int, keepGoing bool, known func(*core.Violation) bool) (*Summary, error) {
	q := quick{c: c, next: 0, lowest: c.Seeds, keepGoing: keepGoing, known: known}
	group, ctx := errgroup.WithContext(ctx)
	for range cmp.Or(workers, runtime.GOMAXPROCS(0)) {
		group.Go(func() error { return q.work(ctx) })
	}
	err := group.Wait()
	return q.all.summary(), err
}

// quick is one go at Quick.
type quick struct {
	c         Campaign
	keepGoing bool
	known     func(*core.Violation) bool

	mu     sync.Mutex
	next   uint64 // seed
	lowest uint64 // that showed a defect, if it is to stop there
	all    part
}

func (q *quick) work(ctx context.Context) error {
	for {
		q.mu.Lock()
		i := q.next
		q.next++
		stop := i >= min(q.c.Seeds, q.lowest)
		q.mu.Unlock()
		if stop || ctx.Err() != nil {
			return ctx.Err()
		}
		var p part
		q.c.runSeed(q.c.First+core.Seed(i), &p)
		if p.err != nil {
			return p.err
		}
		q.add(i, &p)
	}
}

// add adds what a seed found. Of a campaign that stops, nothing behind its lowest
// defect counts: whether it had been run by then is a matter of luck.
func (q *quick) add(i uint64, p *part) {
	found := part{sum: p.sum}
	for _, d := range p.defects {
		shrink.Blame(d.First)
		if q.known != nil && q.known(d.First) {
			found.sum.KnownDefects += d.Count
			continue
		}
		found.addDefect(d)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.keepGoing {
		q.all.merge(&found)
		return
	}
	if i > q.lowest {
		return
	}
	if len(found.defects) > 0 {
		q.lowest = i
		q.all.defects = nil
	}
	q.all.merge(&found)
}
