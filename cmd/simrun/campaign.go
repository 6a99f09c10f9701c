package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"powercut/sim/campaign"
	"powercut/sim/core"
)

// defaultSeeds is how many seeds a campaign runs without --seeds: well under a
// minute on two cores.
const defaultSeeds = 1000

// campaignShrinkBudget is how many runs a campaign spends on each defect that
// it found; simrun shrink goes further.
const campaignShrinkBudget = 250

type campaignFlags struct {
	seeds         uint64
	first         string
	workers       int
	raw           bool
	duration      time.Duration
	out, shard    string
	resume        bool
	vary          bool
	hangAfter     time.Duration
	corpus        string
	common        commonFlags
	verbose       bool
	seedsAreGiven bool
	corpusIsGiven bool
}

func newCampaignCommand() *cobra.Command {
	var flags campaignFlags
	cmd := &cobra.Command{
		Use:   "campaign",
		Short: "run many seeds, and sum up what they found",
		Long: `campaign runs seeds one after the other on all processors. In each, concurrent
clients work on a journal over a simulated disk; faults strike; the power is cut
at many operations, and what each cut can leave is recovered and judged. Some
runs are repeated to prove that a seed decides everything.

A seed that reaches a combination of operation, fault and crash that the first
128 seeds do not reach is varied: run again with one thing about it drawn anew.

Each worker is a process of its own, so that a fatal error, or a loop that never
ends, costs one run. The cases of the corpus are run first.

With --out everything that was finished is kept, in blocks of 64 seeds, and a
campaign that was killed goes on with --resume. With --shard I/N one of N machines
runs its share; 'simrun merge' joins what they found.`,
		Example: `  simrun campaign
  simrun campaign --seeds 20000 --json > night.json
  simrun campaign --for 8h --out night
  simrun campaign --seeds 1000000 --shard auto/16 --out /results/$JOB_COMPLETION_INDEX`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			flags.seedsAreGiven, flags.corpusIsGiven = cmd.Flags().Changed("seeds"), cmd.Flags().Changed("corpus")
			return flags.run(cmd)
		},
	}
	cmd.Flags().Uint64Var(&flags.seeds, "seeds", defaultSeeds, "how many seeds")
	cmd.Flags().DurationVar(&flags.duration, "for", 0, "run for so long instead, to the end of the block that runs then: 8h, 30m")
	cmd.Flags().StringVar(&flags.first, "first", "1", "the first seed")
	cmd.Flags().IntVar(&flags.workers, "workers", 0, "runs at once; the result does not depend on it (default: one per processor)")
	cmd.Flags().StringVar(&flags.out, "out", "", "keep what is found in this `DIR`")
	cmd.Flags().BoolVar(&flags.resume, "resume", false, "go on with the campaign in --out")
	cmd.Flags().StringVar(&flags.shard, "shard", "", "run only share `I/N` of the seeds; auto/N takes I from the environment")
	cmd.Flags().BoolVar(&flags.raw, "raw", false, "leave cases as they were found, without shrinking them")
	cmd.Flags().BoolVar(&flags.vary, "vary", true, "also run variations of seeds that reach something new")
	cmd.Flags().DurationVar(&flags.hangAfter, "hang-after", 2*time.Minute, "end a run that does nothing for so long, and report a suspected hang")
	cmd.Flags().StringVar(&flags.corpus, "corpus", "corpus", "run the cases in this `DIR` first, if it is there; empty: none")
	addVerbose(cmd, &flags.verbose)
	flags.common.add(cmd)
	return cmd
}

// check says what is wrong with the flags, before anything is run.
func (f *campaignFlags) check() error {
	switch {
	case f.seeds == 0:
		return fmt.Errorf("--seeds: want at least 1")
	case f.duration < 0:
		return fmt.Errorf("--for: want a time to run, got %s", f.duration)
	case f.duration > 0 && f.seedsAreGiven:
		return fmt.Errorf("--for and --seeds: want one of them")
	case f.workers < 0:
		return fmt.Errorf("--workers: want at least 1, got %d", f.workers)
	case f.hangAfter <= 0:
		return fmt.Errorf("--hang-after: want a time, got %s", f.hangAfter)
	case f.resume && f.out == "":
		return fmt.Errorf("--resume: want the directory to go on with, in --out")
	}
	return nil
}

func (f *campaignFlags) run(cmd *cobra.Command) error {
	target, adjust, err := f.common.resolve()
	if err != nil {
		return err
	}
	first, err := core.ParseSeed(f.first)
	if err != nil {
		return fmt.Errorf("--first: %w", err)
	}
	if err := f.check(); err != nil {
		return err
	}
	shard, shards, err := parseShard(f.shard, os.Getenv)
	if err != nil {
		return err
	}
	if f.duration > 0 {
		f.seeds = 0
	}
	ctx, stop := interruptible(cmd)
	defer stop()
	c := campaign.Campaign{Target: target, First: first, Seeds: f.seeds, Adjust: adjust}
	config := campaignConfig{Version: version(), Target: target.Name(), First: uint64(first), Seeds: f.seeds, Vary: f.vary,
		Profile: f.common.Profile, Law: core.Law(f.common.Law), Shard: shard, Shards: shards}
	k := newKeeper(config, target)
	if f.out != "" {
		if k, err = openKeeper(realDisk, f.out, config, target, f.resume); err != nil {
			return err
		}
	}
	corpus, err := f.runCorpus(ctx, target.Name())
	if err != nil {
		return err
	}
	start := time.Now()
	var spent memory
	summary, err := f.runBlocks(ctx, cmd.ErrOrStderr(), c, k, &spent)
	if err != nil {
		return harnessFailed(err)
	}
	summary.Duration = time.Since(start)
	report := &campaignReport{config: k.config, summary: summary, seeds: c.SeedsOfShard(shard, shards), left: k.missingSeeds(c),
		planned: f.duration, dir: f.out, corpus: corpus, times: k.times, processors: runtime.NumCPU(), workers: f.workerCount(), spent: spent}
	report.verbose = f.verbose
	if !f.raw {
		if ctx.Err() != nil {
			ctx = context.Background() // the runs were interrupted, and what they found is reported all the same
		}
		summary.Shrink(ctx, campaignShrinkBudget)
	}
	if f.out != "" {
		if err := report.keep(realDisk, f.out); err != nil {
			return harnessFailed(fmt.Errorf("--out: %w", err))
		}
	}
	return report.print(cmd.OutOrStdout(), f.common.json)
}

// runCorpus runs the target's cases of the corpus.
func (f *campaignFlags) runCorpus(ctx context.Context, target string) (*corpusJSON, error) {
	if f.corpus == "" {
		return nil, nil // nobody wants it
	}
	if _, err := os.Stat(f.corpus); err != nil && !f.corpusIsGiven {
		return nil, nil // nobody asked for it
	}
	report, err := runCorpus(ctx, f.corpus, target, false)
	return &report, err
}

func (f *campaignFlags) workerCount() int { return cmp.Or(f.workers, runtime.GOMAXPROCS(0)) }

// runBlocks runs what is not there yet, and adds up all of it.
func (f *campaignFlags) runBlocks(ctx context.Context, log io.Writer, c campaign.Campaign, k *keeper, spent *memory) (*campaign.Summary, error) {
	canary, err := c.Canary()
	if err != nil {
		return nil, err
	}
	all := uint64(math.MaxUint64)
	if c.Seeds > 0 {
		all = c.Blocks()
	}
	s := &session{campaign: c, keeper: k, progress: newProgress(log, k.missingSeeds(c), f.duration)}
	for range f.workerCount() {
		init := workerInit{First: uint64(c.First), Seeds: c.Seeds, Common: f.common}
		s.workers = append(s.workers, &supervisor{init: init, hangAfter: f.hangAfter, warn: log})
	}
	defer s.stop()
	if f.vary {
		if err := s.pilot(ctx, min(all, campaign.PilotBlocks)); err != nil {
			return nil, err
		}
	}
	pending := k.pending(all)
	start := time.Now()
	timeIsUp := false
	err = s.run(ctx, func() (uint64, bool) {
		if timeIsUp = f.duration > 0 && time.Since(start) >= f.duration; timeIsUp {
			return 0, false
		}
		return pending()
	})
	s.progress.finish()
	for _, w := range s.workers {
		spent.add(w.spent.runs, w.spent.bytes)
	}
	if err != nil {
		return nil, err
	}
	summary := k.totals.Summary()
	summary.Canary = canary
	summary.Interrupted = f.duration > 0 && !timeIsUp || k.missingSeeds(c) > 0
	return summary, nil
}

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
		w.init.Known = known.Rows()
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
	s.progress.add(s.campaign.SeedsOf(b.Index), b.Runs, b.Images, b.Operations, uint64(len(b.Defects)+len(b.Deaths)))
	return s.keeper.keep(b)
}

func (s *session) stop() {
	for _, w := range s.workers {
		w.stop()
	}
}
