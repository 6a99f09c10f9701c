package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"powercut/sim/campaign"
	"powercut/sim/core"
)

// barriersJSON is what barriers --json prints. Its keys don't change.
type barriersJSON struct {
	Sites    []barrierSiteJSON `json:"sites"`
	Total    int               `json:"total"`
	Killed   int               `json:"killed"`
	Survived int               `json:"survived"`
	Seconds  float64           `json:"seconds"`
	Complete bool              `json:"complete"`
	interruption
}

type barrierSiteJSON struct {
	Site   string   `json:"site"` // places in the code, the innermost first
	Op     string   `json:"op"`   // sync, syncdir, rename or truncate
	Kind   string   `json:"kind"` // no-op, or late: behind the next operation
	Killed bool     `json:"killed"`
	Law    core.Law `json:"law"`
	What   string   `json:"what"`
	Runs   int      `json:"runs"`
	Seed   uint64   `json:"seed"` // that noticed
	Kept   bool     `json:"kept"` // it was the seed of a kept case
}

func newBarriersCommand() *cobra.Command {
	var seeds uint64
	var corpus, only string
	var common commonFlags
	cmd := &cobra.Command{
		Use:   "barriers",
		Short: "switch each sync, rename and truncation off in turn, and see whether a campaign notices",
		Long: `barriers first runs seeds to find every place in the code under test that syncs,
renames or truncates: a place is a call with the two calls that led to it. Then,
for each place, the disk makes just that one do nothing and report success, and
after that, makes it happen only behind the next operation. Runs that reach the
place must notice, or else one of the kept cases. One that nobody misses is a
needless barrier, or a hole in the laws.

It exits 1 if a barrier that does nothing is not missed. One that comes late may
be harmless: those are listed.`,
		Example: `  simrun barriers
  simrun barriers --only journal/purge.go
  simrun barriers --seeds 5000 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			target, adjust, err := common.resolve()
			if err != nil {
				return err
			}
			if seeds == 0 {
				return errors.New("--seeds: want at least 1")
			}
			ctx, stop := interruptible(cmd)
			defer stop()
			start := time.Now()
			kept, err := corpusCases(corpus, target.Name())
			if err != nil {
				return err
			}
			c := campaign.Campaign{Target: target, First: 1, Seeds: seeds, Adjust: adjust, CorpusCases: kept}
			shown := newSteps(cmd.ErrOrStderr(), "seeds that look for sites")
			sites := c.SyncSites(ctx, func(n int) { shown.at(uint64(n), seeds) })
			shown.finish()
			complete := ctx.Err() == nil // so far: all sites were looked for
			maps.DeleteFunc(sites, func(s core.SyncSite, _ []core.Seed) bool { return !strings.Contains(s.Chain, only) })
			if only != "" && len(sites) == 0 && complete {
				return fmt.Errorf("--only: none of %d seeds came to a site with %q in its calls", seeds, only)
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "simrun: %d sites found in %s\n", len(sites), time.Since(start).Round(time.Second))
			shown = newSteps(cmd.ErrOrStderr(), "switched off")
			done := 0
			verdicts := c.Sabotage(ctx, sites, func(v campaign.Verdict) {
				done++
				if v.Killed == nil && v.Tried {
					shown.say("%d of %d: %s", done, 2*len(sites), barrierOf(v))
				}
				shown.at(uint64(done), uint64(2*len(sites)))
			})
			shown.finish()
			return reportBarriers(cmd, verdicts, time.Since(start), complete, common.json)
		},
	}
	cmd.Flags().Uint64Var(&seeds, "seeds", 12000, "how many seeds look for sites; those that reach one try it")
	cmd.Flags().StringVar(&only, "only", "", "only places with this `TEXT` in their calls: journal/purge.go, say")
	cmd.Flags().StringVar(&corpus, "corpus", "corpus", "a directory of kept `CASES` to try where the seeds find nothing; none if it is not there")
	common.add(cmd)
	return cmd
}

// corpusCases reads a target's cases of the corpus.
func corpusCases(dir, target string) ([]*core.Case, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.case"))
	if err != nil {
		return nil, err
	}
	var kept []*core.Case
	for _, file := range files {
		c, err := readCase(nil, file)
		if err != nil {
			return nil, err
		}
		if c.Target == target {
			kept = append(kept, c)
		}
	}
	return kept, nil
}

func barrierOf(v campaign.Verdict) barrierSiteJSON {
	one := barrierSiteJSON{Site: v.Site.Chain, Op: v.Site.Op, Kind: "no-op", Runs: v.Runs}
	if v.Late {
		one.Kind = "late"
	}
	if v.Killed != nil {
		one.Killed, one.Law, one.What, one.Seed = true, v.Killed.Law, v.Killed.What, uint64(v.Killed.Seed)
		one.Kept = v.Case != nil
	}
	return one
}

func (b barrierSiteJSON) String() string {
	if b.Killed {
		return fmt.Sprintf("missed    %-8s %-5s by %s, in run %d: %s", b.Op, b.Kind, b.Law, b.Runs, b.Site)
	}
	return fmt.Sprintf("NOT MISSED %-8s %-5s in %d runs: %s", b.Op, b.Kind, b.Runs, b.Site)
}

// reportBarriers prints the verdicts. Complete says that all sites are known.
func reportBarriers(cmd *cobra.Command, verdicts []campaign.Verdict, took time.Duration, complete, asJSON bool) error {
	report := barriersJSON{Sites: []barrierSiteJSON{}, Seconds: took.Seconds()}
	survivors := 0
	for _, v := range verdicts {
		if !v.Tried {
			report.Left++
			continue
		}
		one := barrierOf(v)
		report.Sites = append(report.Sites, one)
		report.Total++
		if one.Killed {
			report.Killed++
			continue
		}
		report.Survived++
		if !v.Late {
			survivors++
		}
	}
	report.Complete = complete && report.Left == 0
	report.Interrupted = !report.Complete
	out := cmd.OutOrStdout()
	if asJSON {
		if err := printJSON(out, report); err != nil {
			return err
		}
	} else {
		for _, one := range report.Sites {
			fmt.Fprintln(out, one)
		}
		fmt.Fprintf(out, "%d of %d are missed; of those that are not, %d do nothing at all, and %d come late; %s\n",
			report.Killed, report.Total, survivors, report.Survived-survivors, took.Round(time.Second))
		if report.Interrupted {
			fmt.Fprintf(out, "interrupted: %d of %d known sites, each switched off and late, were not tried\n", report.Left, len(verdicts))
		}
	}
	return outcome(survivors > 0, report.interruption)
}
