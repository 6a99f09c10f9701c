package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"powercut/faults"
	"powercut/sim"
)

// defaultSeeds is what campaign runs when it is not told: well under a minute
// on two cores.
const defaultSeeds = 1000

// campaignShrinkBudget is how many runs a campaign spends on each defect that
// it found; simrun shrink goes further.
const campaignShrinkBudget = 250

// campaignJSON is what campaign --json prints. Its keys don't change.
type campaignJSON struct {
	Runs       uint64               `json:"runs"`
	Images     uint64               `json:"images"`
	Seconds    float64              `json:"seconds"`
	Digest     string               `json:"digest"`
	Operations uint64               `json:"operations"`
	Repeats    uint64               `json:"repeats"`
	Recoveries uint64               `json:"recoveries"`
	Repeated   uint64               `json:"repeated"`
	Abandoned  uint64               `json:"abandoned"`
	Faults     map[string]faultJSON `json:"faults"`
	Profiles   map[string]uint64    `json:"profiles"` // runs on each
	Violations []violationJSON      `json:"violations"`
	Coverage   []sim.CellCount      `json:"coverage"`
	Never      []sim.Cell           `json:"never"` // combinations of operations that were reached with faults or crashes that were not
	Canary     canaryJSON           `json:"canary"`
	Complete   bool                 `json:"complete"` // false: interrupted before the last seed
}

// canaryJSON says how the campaign noticed an fsync that does nothing.
type canaryJSON struct {
	Path string  `json:"path"`
	Law  sim.Law `json:"law"`
	Runs int     `json:"runs"`
}

type faultJSON struct {
	Scheduled uint64 `json:"scheduled"`
	Fired     uint64 `json:"fired"`
}

type campaignFlags struct {
	seeds         uint64
	first         string
	workers       int
	raw           bool
	duration      time.Duration
	out, shard    string
	resume        bool
	common        commonFlags
	seedsAreGiven bool
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

With --out everything that was finished is kept, in blocks of 64 seeds, and a
campaign that was killed goes on with --resume. With --shard I/N one of N machines
runs its share; 'simrun merge' joins what they found.`,
		Example: `  simrun campaign
  simrun campaign --seeds 20000 --json > night.json
  simrun campaign --for 8h --out night
  simrun campaign --seeds 1000000 --shard auto/16 --out /results/$JOB_COMPLETION_INDEX`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			flags.seedsAreGiven = cmd.Flags().Changed("seeds")
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
	first, err := sim.ParseSeed(f.first)
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
	ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	progress, finish := newProgress(cmd.ErrOrStderr(), f.seeds)
	campaign := sim.Campaign{Target: target, First: first, Seeds: f.seeds, Workers: f.workers, Adjust: adjust, Progress: progress}
	k := &keeper{config: campaignConfig{Version: version(), Target: target.Name(), First: uint64(first), Seeds: f.seeds,
		Profile: f.common.profile, Law: sim.Law(f.common.law), Shard: shard, Shards: shards}}
	if f.out != "" {
		if k, err = openKeeper(f.out, k.config, f.resume); err != nil {
			return err
		}
	}
	summary, err := f.runBlocks(ctx, campaign, k)
	finish()
	if err != nil {
		return harnessFailed(err)
	}
	if !f.raw {
		summary.Shrink(campaignShrinkBudget)
	}
	if f.out != "" {
		if err := k.finish(summary, campaignToJSON(summary)); err != nil {
			return harnessFailed(fmt.Errorf("--out: %w", err))
		}
	}
	seeds := summary.Runs
	if f.seeds > 0 && shards == 1 {
		seeds = f.seeds
	}
	return reportCampaign(cmd.OutOrStdout(), target, summary, seeds, f.common.json)
}

// runBlocks runs what is not there yet, and adds up all of it.
func (f *campaignFlags) runBlocks(ctx context.Context, campaign sim.Campaign, k *keeper) (*sim.Summary, error) {
	start := time.Now()
	all := uint64(0)
	if campaign.Seeds > 0 {
		all = campaign.Blocks()
	}
	pending := k.pending(all)
	next := func() (uint64, bool) {
		if f.duration > 0 && time.Since(start) >= f.duration {
			return 0, false
		}
		return pending()
	}
	canary, err := campaign.RunBlocks(ctx, next, k.keep)
	if err != nil {
		return nil, err
	}
	summary, err := sim.SumBlocks(campaign.Target, k.have)
	if err != nil {
		return nil, err
	}
	summary.Canary, summary.Duration = canary, time.Since(start)
	if all > 0 {
		want := (all - k.config.Shard + k.config.Shards) / k.config.Shards
		summary.Interrupted = uint64(len(k.have)) < want
	} else {
		summary.Interrupted = ctx.Err() != nil
	}
	return summary, nil
}

// newProgress shows progress on a terminal as a bar, elsewhere as a line a
// minute.
func newProgress(w io.Writer, seeds uint64) (report func(sim.Tally), finish func()) {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		all := int64(seeds)
		if seeds == 0 {
			all = -1 // nobody knows
		}
		bar := progressbar.NewOptions64(all, progressbar.OptionSetWriter(w), progressbar.OptionShowIts(),
			progressbar.OptionSetItsString("runs"), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(),
			progressbar.OptionThrottle(200*time.Millisecond))
		return func(p sim.Tally) {
			bar.Describe(fmt.Sprintf("%d images, %d violations", p.Images, p.Violations))
			_ = bar.Set64(int64(p.Runs)) // a bar that can't be drawn is no reason to stop
		}, func() { _ = bar.Finish() }
	}
	of := ""
	if seeds > 0 {
		of = fmt.Sprintf(" of %d", seeds)
	}
	start, next := time.Now(), time.Now().Add(time.Minute)
	return func(p sim.Tally) {
		if now := time.Now(); now.After(next) {
			next = now.Add(time.Minute)
			fmt.Fprintf(w, "simrun: %s: %d%s runs, %d images, %d violations\n", now.Sub(start).Round(time.Second), p.Runs, of, p.Images, p.Violations)
		}
	}, func() {}
}

func reportCampaign(out io.Writer, target sim.Target, s *sim.Summary, seeds uint64, asJSON bool) error {
	if asJSON {
		if err := printJSON(out, campaignToJSON(s)); err != nil {
			return err
		}
	} else {
		printCampaign(out, target, s, seeds)
	}
	if len(s.Defects) > 0 {
		return violated
	}
	return nil
}

func campaignToJSON(s *sim.Summary) campaignJSON {
	report := campaignJSON{Runs: s.Runs, Images: s.Images, Seconds: s.Duration.Seconds(), Digest: s.Digest.String(),
		Operations: s.Operations, Repeats: s.Repeats, Recoveries: s.Recoveries, Repeated: s.Repeated, Abandoned: s.Abandoned,
		Faults: make(map[string]faultJSON), Profiles: make(map[string]uint64), Violations: []violationJSON{}, Coverage: s.Coverage.Rows(), Never: s.Coverage.Never(),
		Canary: canaryJSON{s.Canary.Path, s.Canary.Law, s.Canary.Runs}, Complete: !s.Interrupted}
	for profile, n := range s.Profiles {
		report.Profiles[profile.String()] = n
	}
	for kind, n := range s.Faults {
		report.Faults[kind.String()] = faultJSON{n.Scheduled, n.Fired}
	}
	for _, d := range s.Defects {
		report.Violations = append(report.Violations, violationOf(d.First, d.Count))
	}
	return report
}

func printCampaign(out io.Writer, target sim.Target, s *sim.Summary, seeds uint64) {
	fmt.Fprintf(out, "target %s: %d runs of %d, in %s\n", target.Name(), s.Runs, seeds, s.Duration.Round(time.Second/10))
	fmt.Fprintf(out, "  %d operations on simulated disks\n", s.Operations)
	fmt.Fprintf(out, "  %d crash images recovered and judged (%d more were repeats); in %d of those recoveries the power went again\n", s.Images, s.Repeats, s.Recoveries)
	fmt.Fprintf(out, "  %d runs repeated, each with the same digest\n", s.Repeated)
	if c := s.Canary; c.Path != "" {
		fmt.Fprintf(out, "  self-check: with every fsync of %s a no-op, %s is violated within %d runs\n", c.Path, c.Law, c.Runs)
	}
	printFaults(out, s.Faults)
	printCoverage(out, s.Coverage)
	fmt.Fprintf(out, "  digest %s: the same seeds give the same digest, on any machine\n", s.Digest)
	if s.Interrupted {
		fmt.Fprintf(out, "interrupted: %d seeds did not run\n", seeds-s.Runs)
	}
	if len(s.Defects) == 0 {
		fmt.Fprintln(out, "every law held")
		return
	}
	fmt.Fprintf(out, "%d defects:\n", len(s.Defects))
	for _, d := range s.Defects {
		printViolation(out, d.First, d.Count, "")
		fmt.Fprintf(out, "  shrunk, it is this case (save it to a file for simrun repro):\n%s", indented(d.First.Case.String()))
	}
}

// maxNever is how many of the combinations never reached the summary names.
const maxNever = 12

func printCoverage(out io.Writer, c sim.Coverage) {
	never := c.Never()
	fmt.Fprintf(out, "  %d combinations of protocol step, operation, fault and crash reached, %d not\n", len(c), len(never))
	var crashes, strikes []string
	for _, cell := range never {
		at := cell.Step + " " + cell.Op
		if cell.Crash != "" {
			crashes = append(crashes, cell.Crash+" before "+at)
		} else {
			strikes = append(strikes, cell.Fault+" on "+at)
		}
	}
	printNever(out, "never crashed", crashes)
	printNever(out, "never struck", strikes)
}

func printNever(out io.Writer, what string, cells []string) {
	if len(cells) == 0 {
		return
	}
	more := ""
	if n := len(cells) - maxNever; n > 0 {
		cells, more = cells[:maxNever], fmt.Sprintf(", and %d more (all with --json)", n)
	}
	fmt.Fprintf(out, "  %s: %s%s\n", what, strings.Join(cells, ", "), more)
}

func printFaults(out io.Writer, counts map[faults.Kind]faults.Count) {
	var fired, silent []string
	var total uint64
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		n := counts[kind]
		if n.Fired == 0 {
			silent = append(silent, kind.String())
			continue
		}
		total += n.Fired
		fired = append(fired, fmt.Sprintf("%s %d/%d", kind, n.Fired, n.Scheduled))
	}
	fmt.Fprintf(out, "  %d faults fired (of those scheduled): %s\n", total, strings.Join(fired, ", "))
	if len(silent) > 0 {
		fmt.Fprintf(out, "  scheduled, but never fired: %s\n", strings.Join(silent, ", "))
	}
}
