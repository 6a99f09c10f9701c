package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"powercut/properties"
	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/sim/shrink"
	"powercut/vfs"
)

// exploreJSON is what explore --json prints. Its keys don't change.
type exploreJSON struct {
	Target    string         `json:"target"`
	Profile   string         `json:"profile"`
	Ops       int            `json:"ops"`
	Faults    int            `json:"faults"`
	Depth     int            `json:"depth"`
	Workloads uint64         `json:"workloads"`
	Runs      uint64         `json:"runs"`
	Struck    uint64         `json:"struck"` // runs in which the fault struck
	Images    uint64         `json:"images"`
	Distinct  uint64         `json:"distinct"` // pairs of an image and what had been promised
	Capped    uint64         `json:"capped"`   // crash points with more images than --max-images
	MaxImages int            `json:"max_images"`
	Digest    string         `json:"digest"` // of the whole enumeration
	Complete  bool           `json:"complete"`
	Seconds   float64        `json:"seconds"`
	Violation *violationJSON `json:"violation"`
	interruption
}

type exploreFlags struct {
	ops, faults, depth, maxImages int
	common                        commonFlags
}

func newExploreCommand() *cobra.Command {
	var flags exploreFlags
	cmd := &cobra.Command{
		Use:   "explore",
		Short: "try everything there is, up to a bound",
		Long: `explore runs every workload of up to --ops steps (append, sync, snapshot, roll,
reopen; in sync and in async mode), crashes it before each of its file operations
and at its end, and recovers and judges every image that the crash may leave, and
what a process crash leaves. With --faults 1 each workload also runs with each
single fault of a fixed list, at each of its operations. With --depth 1 each
recovery is crashed in turn at each of its own operations, with 2 the recovery
from that as well.

The digest certifies the enumeration: it is the same each time, on any machine.`,
		Example: `  simrun explore --ops 2
  simrun explore --ops 3 --faults 1
  simrun explore --ops 4 --depth 1 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case flags.ops < 0 || flags.ops > 6:
				return errors.New("--ops: want 0 to 6 steps")
			case flags.faults < 0 || flags.faults > 1:
				return errors.New("--faults: want 0 or 1")
			case flags.depth < 0 || flags.depth > 2:
				return errors.New("--depth: want 0, 1 or 2")
			}
			ctx, stop := interruptible(cmd)
			defer stop()
			return runExplore(ctx, cmd, flags)
		},
	}
	cmd.Flags().IntVar(&flags.ops, "ops", 2, "steps of a workload, at most")
	cmd.Flags().IntVar(&flags.faults, "faults", 0, "faults in a run, at most: 0 or 1")
	cmd.Flags().IntVar(&flags.depth, "depth", 0, "recoveries that are crashed in turn")
	cmd.Flags().IntVar(&flags.maxImages, "max-images", 0, "leave out more images than this of one crash point (default: no bound)")
	flags.common.addTarget(cmd, vfs.POSIX.String())
	return cmd
}

func runExplore(ctx context.Context, cmd *cobra.Command, flags exploreFlags) error {
	target := properties.FindTarget(flags.common.Target)
	exhaustible, ok := target.(properties.Target)
	if !ok {
		return fmt.Errorf("--target: there is no target %q; there are: %s", flags.common.Target, strings.Join(properties.TargetNames(), ", "))
	}
	profile := vfs.POSIX
	if flags.common.Profile != "" {
		var err error
		if profile, err = vfs.ParseProfile(flags.common.Profile); err != nil {
			return fmt.Errorf("--profile: %w", err)
		}
	}
	shown := newSteps(cmd.ErrOrStderr(), "runs")
	e := campaign.Exploration{Target: target.Name(), Workloads: exhaustible.AllWorkloads(flags.ops), Profile: profile, Depth: flags.depth,
		MaxImages: flags.maxImages, Progress: func(x campaign.Explored) { shown.at(x.Runs, x.Total) }}
	if flags.faults > 0 {
		e.Faults = properties.SingleFaults
	}
	start := time.Now()
	found := e.Run(ctx)
	shown.finish()
	took := time.Since(start)
	ended := interruption{Interrupted: ctx.Err() != nil && !found.Complete && found.Violation == nil}
	if ended.Interrupted {
		ended.Left = found.Total - found.Runs
	}
	report := exploreJSON{Target: target.Name(), Profile: profile.String(), Ops: flags.ops, Faults: flags.faults, Depth: flags.depth,
		Workloads: found.Workloads, Runs: found.Runs, Struck: found.Struck, Images: found.Images, Distinct: found.Distinct,
		Capped: found.Capped, MaxImages: flags.maxImages, Digest: found.Digest.String(), Complete: found.Complete, Seconds: took.Seconds(), interruption: ended}
	if v := found.Violation; v != nil {
		shrink.Blame(v)
		one := violationOf(v, 1)
		one.Command = "" // no seed repeats it: its case does
		report.Violation = &one
	}
	out := cmd.OutOrStdout()
	if flags.common.json {
		if err := printJSON(out, report); err != nil {
			return err
		}
	} else {
		printExplored(out, &report, found.Violation, took)
	}
	return outcome(found.Violation != nil, ended)
}

func printExplored(out io.Writer, r *exploreJSON, v *core.Violation, took time.Duration) {
	fmt.Fprintf(out, "target %s on %s: every workload of up to %d steps over %s, in both modes\n", r.Target, r.Profile, r.Ops,
		strings.Join(properties.Alphabet(), ", "))
	if r.Faults > 0 {
		fmt.Fprintf(out, "  with none, and with each of these at each operation: %s\n", strings.Join(properties.SingleFaultNames(), ", "))
	}
	fmt.Fprintf(out, "  %d workloads, %d runs (a fault struck in %d), in %s\n", r.Workloads, r.Runs, r.Struck, took.Round(time.Second/10))
	fmt.Fprintf(out, "  %d images of crashes before every operation, recoveries crashed to depth %d; %d distinct, each recovered and judged once\n",
		r.Images, r.Depth, r.Distinct)
	if r.Capped > 0 {
		fmt.Fprintf(out, "  %d crash points have more than %d images: the rest of them was left out\n", r.Capped, r.MaxImages)
	}
	fmt.Fprintf(out, "  digest %s\n", r.Digest)
	switch {
	case v != nil:
		fmt.Fprintf(out, "VIOLATION of %s\n  %s\n", v.Law, v.What)
		if law := v.Law.Sentence(); law != "" {
			fmt.Fprintf(out, "  the law: %s\n", law)
		}
		fmt.Fprintf(out, "  its case (save it to a file for simrun explain):\n%s", indented(v.Case.String()))
	case r.Complete:
		fmt.Fprintln(out, "complete: every law held in all of it")
	case r.Interrupted:
		fmt.Fprintf(out, "interrupted: %d of %d runs were not made; every law held in what was tried\n", r.Left, r.Runs+r.Left)
	default:
		fmt.Fprintln(out, "not complete: every law held in what was tried")
	}
}
