package campaign

import (
	"context"
	"sync"

	"powercut/sim/core"
)

// maxLateSeeds bounds the seeds that try a barrier which comes late: what they
// don't find is for a person to think about.
const maxLateSeeds = 300

// SiteSeeds are the seeds whose runs reach each barrier, ascending.
type SiteSeeds map[core.SyncSite][]core.Seed

// maxSiteSeeds bounds how many seeds are remembered for a site.
const maxSiteSeeds = 4000

// SyncSites runs the seeds of a campaign and says which of them reach each
// barrier of the code under test. It ends early with ctx. Progress, if not nil, is called
// with how many seeds are done, from one goroutine at a time.
func (c Campaign) SyncSites(ctx context.Context, progress func(done int)) SiteSeeds {
	var mu sync.Mutex
	done := 0
	found := make([]core.SiteCounts, c.Seeds)
	inParallel(ctx, int(c.Seeds), func(i int) {
		seed := c.First + core.Seed(i)
		scenario := c.scenario(seed)
		scenario.Settings.Sites = make(core.SiteCounts)
		core.Execute(seed, scenario, false)
		found[i] = scenario.Settings.Sites
		if progress != nil {
			mu.Lock()
			defer mu.Unlock()
			done++
			progress(done)
		}
	})
	sites := make(SiteSeeds)
	for i, counts := range found {
		for site := range counts {
			if len(sites[site]) < maxSiteSeeds {
				sites[site] = append(sites[site], c.First+core.Seed(i))
			}
		}
	}
	return sites
}

// Sorted lists the sites in order.
func (s SiteSeeds) Sorted() []core.SyncSite {
	counts := make(core.SiteCounts)
	for site := range s {
		counts[site] = 1
	}
	return counts.Sorted()
}

// Verdict says whether anybody notices a Sabotage.
type Verdict struct {
	core.Sabotage
	Killed *core.Violation // nil: it survived
	Case   *core.Case      // that noticed, if it was none of the seeds
	Runs   int             // that it took
	Tried  bool            // false: ctx ended before anybody noticed, and before all was tried
}

// Sabotage makes each barrier do nothing, and then makes it come late, until a law
// is violated: in the seeds that reach it, then in the cases of the corpus.
// Progress, if not nil, is called for each verdict, from one goroutine at a time.
// The verdicts come in the order of the sites; if ctx ends first, those that are
// missing are not Tried.
func (c Campaign) Sabotage(ctx context.Context, sites SiteSeeds, progress func(Verdict)) []Verdict {
	var all []Verdict
	for _, site := range sites.Sorted() {
		all = append(all, Verdict{Sabotage: core.Sabotage{Site: site}}, Verdict{Sabotage: core.Sabotage{Site: site, Late: true}})
	}
	var mu sync.Mutex
	inParallel(ctx, len(all), func(i int) {
		v := &all[i]
		seeds := sites[v.Site]
		if v.Late {
			seeds = seeds[:min(len(seeds), maxLateSeeds)]
		}
		for _, seed := range seeds {
			if ctx.Err() != nil || v.Killed != nil {
				break
			}
			v.Runs++
			scenario := c.scenario(seed)
			scenario.Settings.Sabotage = &v.Sabotage
			v.Killed = core.Execute(seed, scenario, false).Violation
		}
		for _, kept := range c.CorpusCases {
			if ctx.Err() != nil || v.Killed != nil {
				break
			}
			v.Runs++
			if v.Killed = kept.Sabotaged(&v.Sabotage); v.Killed != nil {
				v.Case = kept
			}
		}
		v.Tried = v.Killed != nil || ctx.Err() == nil
		if progress != nil {
			mu.Lock()
			defer mu.Unlock()
			progress(*v)
		}
	})
	return all
}
