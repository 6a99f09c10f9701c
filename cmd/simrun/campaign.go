package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/sim/worker"
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
	baseline      string
	common        commonFlags
	verbose       bool
	seedsAreGiven bool
	corpusIsGiven bool
}

func newCampaignCommand() *cobra.Command {
	var flags campaignFlags
	cmd := &cobra.Command{
		Use:   "campaign [TARGET] [-- FLAGS OF GO TEST]",
		Short: "run many seeds, and sum up what they found",
		Long: `campaign runs seeds one after the other on all processors. In each, concurrent
clients work on a journal over a simulated disk; faults strike; the power is cut
at many operations, and what each cut can leave is recovered and judged. Some
runs are repeated to prove that a seed decides everything.

The target is a name, or a Go package whose tests call sim.Test: ./store, or an
import path. Its test binary is built once, and is the worker; what stands behind
"--" goes to go test -c: -race, -tags. Each of its tests gets a campaign of its
own, and an equal share of --for; --run narrows them.

A seed that reaches a combination of operation, fault and crash that the first
128 seeds do not reach is varied: run again with one thing about it drawn anew.

Each worker is a process of its own, so that a fatal error, or a loop that never
ends, costs one run. The cases of the corpus are run first.

With --out everything that was finished is kept, in blocks of 64 seeds, and a
campaign that was killed goes on with --resume. With --shard I/N one of N machines
runs its share; 'simrun merge' joins what they found. Of a package, each test has a
directory of its own in DIR, and DIR/report.html tells of all of them.`,
		Example: `  simrun campaign
  simrun campaign --seeds 20000 --json > night.json
  simrun campaign --for 8h --out night
  simrun campaign ./store --for 8h --out night -- -race
  simrun campaign --seeds 20000 --out tuesday --baseline monday
  simrun campaign --seeds 1000000 --shard auto/16 --out /results/$JOB_COMPLETION_INDEX`,
		Args: inFront(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.common.takeTarget(cmd, args); err != nil {
				return err
			}
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
	cmd.Flags().StringVar(&flags.corpus, "corpus", "corpus", "run the cases in this `DIR` first, if it is there; empty: none (default of a test: where it keeps them)")
	addBaseline(cmd, &flags.baseline)
	addVerbose(cmd, &flags.verbose)
	flags.common.add(cmd)
	flags.common.addPackage(cmd)
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
	if !isPackage(f.common.Target) {
		if _, _, err := f.common.resolve(); err != nil {
			return err
		}
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
	subjects, done, err := f.common.subjects(ctx, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	defer done()
	f.duration /= time.Duration(len(subjects))
	out := f.out
	var worst error
	var reports []*campaignReport
	for _, s := range subjects {
		config := campaignConfig{Version: s.version, Target: s.name, First: uint64(first), Seeds: f.seeds, Vary: f.vary,
			Profile: f.common.Profile, Law: core.Law(f.common.Law), Shard: shard, Shards: shards}
		f.out = s.outDir(out)
		report, err := f.runOne(ctx, cmd, s, config)
		if report != nil {
			reports = append(reports, report)
		}
		if exit, ok := errors.AsType[*exitError](err); err != nil && (!ok || exit.code != exitViolation && exit.code != exitInterrupted) {
			return errors.Join(err, keepIndex(realDisk, cmd.ErrOrStderr(), out, reports))
		}
		if err != nil && !errors.Is(worst, violated) {
			worst = err
		}
	}
	if err := keepIndex(realDisk, cmd.ErrOrStderr(), out, reports); err != nil {
		return err
	}
	return worst
}

// runOne runs the campaign of one subject, and reports it. The report is nil if there is
// none.
func (f *campaignFlags) runOne(ctx context.Context, cmd *cobra.Command, s *subject, config campaignConfig) (*campaignReport, error) {
	earlier, err := readBaseline(s.outDir(f.baseline), config)
	if err != nil {
		return nil, err
	}
	k := newKeeper(config, s.target)
	if f.out != "" {
		var err error
		if k, err = openKeeper(realDisk, f.out, config, s.target, f.resume); err != nil {
			return nil, err
		}
	}
	corpus, err := f.runCorpus(ctx, cmd.ErrOrStderr(), s)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	c := campaign.Campaign{Target: s.target, First: core.Seed(config.First), Seeds: f.seeds}
	var spent memory
	summary, err := f.runBlocks(ctx, cmd.ErrOrStderr(), s, c, k, &spent)
	if err != nil {
		return nil, harnessFailed(err)
	}
	summary.Duration = time.Since(start)
	report := &campaignReport{config: k.config, subject: s, summary: summary, seeds: c.SeedsOfShard(config.Shard, config.Shards), left: k.missingSeeds(c),
		planned: f.duration, dir: f.out, corpus: corpus, times: k.times, processors: runtime.NumCPU(), workers: f.workerCount(), spent: spent}
	report.verbose, report.baseline = f.verbose, earlier
	summary.PassOver(s.known())
	if !f.raw {
		if ctx.Err() != nil {
			ctx = context.Background() // the runs were interrupted, and what they found is reported all the same
		}
		began := time.Now()
		shrinkAll(ctx, cmd.ErrOrStderr(), summary)
		report.shrinking = time.Since(began)
		summary.PassOver(s.known())
	}
	report.finished = time.Now()
	report.compare(ctx, cmd.ErrOrStderr())
	if f.out != "" {
		if err := report.keep(realDisk, f.out); err != nil {
			return nil, harnessFailed(fmt.Errorf("--out: %w", err))
		}
	}
	return report, report.print(cmd.OutOrStdout(), f.common.json)
}

// shrinkAll makes the cases of a summary small.
func shrinkAll(ctx context.Context, log io.Writer, summary *campaign.Summary) {
	shown := newSteps(log, "violations shrunk")
	defer shown.finish()
	total := uint64(len(summary.Defects))
	shown.at(0, total)
	summary.Shrink(ctx, campaignShrinkBudget, func(done int) { shown.at(uint64(done), total) })
}

// runCorpus runs the target's cases of the corpus.
func (f *campaignFlags) runCorpus(ctx context.Context, progress io.Writer, s *subject) (*corpusJSON, error) {
	dir := f.corpus
	if s.test != nil && !f.corpusIsGiven {
		dir = s.corpusDir()
	}
	if dir == "" {
		return nil, nil // nobody wants it
	}
	if _, err := os.Stat(dir); err != nil && !f.corpusIsGiven {
		return nil, nil // nobody asked for it
	}
	if s.test != nil {
		report, err := runTestCorpus(ctx, progress, s, dir, false)
		return &report, err
	}
	report, err := runCorpus(ctx, progress, dir, s.name, false)
	return &report, err
}

func (f *campaignFlags) workerCount() int { return cmp.Or(f.workers, runtime.GOMAXPROCS(0)) }

// runBlocks runs what is not there yet, and adds up all of it.
func (f *campaignFlags) runBlocks(ctx context.Context, log io.Writer, s *subject, c campaign.Campaign, k *keeper, spent *memory) (*campaign.Summary, error) {
	order := worker.Campaign{Target: s.target.Name(), First: uint64(c.First), Seeds: c.Seeds, Profile: f.common.Profile, Law: core.Law(f.common.Law), HangAfter: f.hangAfter}
	done := waiting(log, "looking whether an fsync that does nothing is noticed")
	canary, err := s.canary(ctx, &order)
	done()
	if err != nil {
		return nil, err
	}
	all := uint64(math.MaxUint64)
	if c.Seeds > 0 {
		all = c.Blocks()
	}
	work := &session{campaign: c, keeper: k, progress: newProgress(log, k.missingSeeds(c), f.duration)}
	defer work.progress.finish()
	for range f.workerCount() {
		work.workers = append(work.workers, &supervisor{how: s.how, campaign: order, hangAfter: s.patience(f.hangAfter), warn: log})
	}
	defer work.stop()
	if f.vary {
		if err := work.pilot(ctx, min(all, campaign.PilotBlocks)); err != nil {
			return nil, err
		}
	}
	pending := k.pending(all)
	start := time.Now()
	timeIsUp := false
	err = work.run(ctx, func() (uint64, bool) {
		if timeIsUp = f.duration > 0 && time.Since(start) >= f.duration; timeIsUp {
			return 0, false
		}
		return pending()
	})
	work.progress.finish()
	for _, w := range work.workers {
		spent.add(w.spent.runs, w.spent.bytes)
	}
	if err != nil {
		return nil, err
	}
	summary := k.totals.Summary()
	summary.Canary = *canary
	summary.Interrupted = f.duration > 0 && !timeIsUp || k.missingSeeds(c) > 0
	return summary, nil
}
