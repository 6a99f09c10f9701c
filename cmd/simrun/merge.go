package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"powercut/sim/core"
)

func newMergeCommand() *cobra.Command {
	var asJSON, verbose bool
	var out, baseline string
	var pkg packageFlags
	cmd := &cobra.Command{
		Use:   "merge DIR... [-- FLAGS OF GO TEST]",
		Short: "join what the shards of a campaign found into one report",
		Long: `merge reads the output directories of all shards of a campaign, and reports as the
campaign would have done on one machine, with the same digest. It refuses to join
campaigns of different versions or configurations, and names shards that are
missing or not finished. A DIR that holds no campaign stands for those in it.

Campaigns of several targets, or of several tests of a Go package, are reported one
after the other, and with --out in one page besides, DIR/report.html. To shrink what they found, the package's test binary is built, or named with --binary;
if it is not the one that found it, its cases are left as they are.

It exits 0 if every law held, 1 if one was violated, 3 if a shard is missing, and
4 if every law held in what the shards have run, but one was interrupted.`,
		Example: `  simrun campaign --seeds 100000 --shard 1/4 --out shard1   # on the first of four machines
  simrun merge shard1 shard2 shard3 shard4 --out night`,
		Args: inFront(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			dirs, err := shardDirs(pkg.take(cmd, args))
			if err != nil {
				return err
			}
			groups, err := groupShards(dirs)
			if err != nil {
				return err
			}
			m := mergeFlags{out: out, baseline: baseline, json: asJSON, verbose: verbose, pkg: pkg}
			m.several = len(groups) > 1
			var worst error
			var reports []*campaignReport
			for _, group := range groups {
				report, err := m.merge(cmd, group)
				if report != nil {
					reports = append(reports, report)
				}
				exit, ok := errors.AsType[*exitError](err)
				if err != nil && (!ok || exit.err != nil) {
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
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "write report.html, report.json and the cases to this `DIR`; of several targets, to one for each in it")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object, for each test of a package")
	pkg.add(cmd)
	addBaseline(cmd, &baseline)
	addVerbose(cmd, &verbose)
	return cmd
}

type mergeFlags struct {
	out, baseline string
	json, verbose bool
	several       bool // campaigns of several targets are reported
	pkg           packageFlags
}

// dirOf is where the report of a subject is, of all that are in a directory.
func (f *mergeFlags) dirOf(s *subject, dir string) string {
	if f.several && s.test == nil && dir != "" {
		return filepath.Join(dir, s.name)
	}
	return s.outDir(dir)
}

// merge joins the shards of one campaign, and reports it. The report is nil if there is
// none.
func (f *mergeFlags) merge(cmd *cobra.Command, dirs []string) (*campaignReport, error) {
	config, err := readConfig(realDisk, dirs[0])
	if err != nil {
		return nil, fmt.Errorf("%s is no campaign's output: %w", dirs[0], err)
	}
	s, done, err := f.subject(cmd, dirs[0], config)
	if err != nil {
		return nil, err
	}
	defer done()
	earlier, err := readBaseline(f.dirOf(s, f.baseline), config)
	if err != nil {
		return nil, err
	}
	m, err := readShards(dirs, s)
	if err != nil {
		return nil, err
	}
	summary := m.totals.Summary()
	config = m.configs[0]
	config.Shard, config.Shards = 1, 1
	report := &campaignReport{config: config, subject: s, summary: summary, seeds: config.Seeds, left: m.left(), times: m.times, merged: true, verbose: f.verbose, baseline: earlier}
	absent := missingShards(m.configs)
	summary.Interrupted = absent != "" || report.left > 0
	ctx, stop := interruptible(cmd)
	defer stop()
	summary.PassOver(s.known())
	shrinkAll(ctx, cmd.ErrOrStderr(), summary)
	summary.PassOver(s.known())
	unfinished := ctx.Err() != nil && len(summary.Defects) > 0
	report.finished = time.Now()
	report.compare(context.WithoutCancel(ctx), cmd.ErrOrStderr())
	if f.out != "" {
		out := f.dirOf(s, f.out)
		report.dir = out
		if err := makeDir(realDisk, out); err != nil {
			return nil, fmt.Errorf("--out: %w", err)
		}
		if err := report.keep(realDisk, out); err != nil {
			return nil, harnessFailed(fmt.Errorf("--out: %w", err))
		}
	}
	if unfinished {
		fmt.Fprintln(cmd.ErrOrStderr(), "simrun: not every case was shrunk: simrun shrink does that for one")
	}
	err = report.print(cmd.OutOrStdout(), f.json)
	if absent != "" {
		return report, harnessFailed(fmt.Errorf("not all of the campaign is here: %s", absent))
	}
	return report, err
}

// subject is what the shards are of. A test whose binary is not at hand, or is another
// one, is there as a name.
func (f *mergeFlags) subject(cmd *cobra.Command, dir string, config campaignConfig) (*subject, func(), error) {
	if target := findTarget(config.Target); target != nil {
		return namedSubject(target), func() {}, nil
	}
	pkg, test, isTest := strings.Cut(config.Target, " ")
	if !isTest {
		return nil, nil, fmt.Errorf("%s: there is no target %q in this version", dir, config.Target)
	}
	name := core.TestName{Package: pkg, Test: test}
	why := ""
	b, tests, err := f.pkg.openFor(cmd.Context(), pkg, core.RunPattern(test), io.Discard)
	if err == nil {
		if s := testSubject(b, tests[0]); s.version == config.Version {
			return s, func() { s.close(); b.remove() }, nil
		}
		b.remove()
		why = "the test binary is another one than theirs"
	} else {
		why = err.Error()
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "simrun: what the shards of %s found is left as they found it, since %s\n", config.Target, why)
	return absentSubject(name), func() {}, nil
}

// groupShards puts together the directories of one target each, in the order in which
// they come.
func groupShards(dirs []string) ([][]string, error) {
	var groups [][]string
	at := make(map[string]int)
	for _, dir := range dirs {
		config, err := readConfig(realDisk, dir)
		if err != nil {
			return nil, fmt.Errorf("%s is no campaign's output: %w", dir, err)
		}
		i, seen := at[config.Target]
		if !seen {
			i = len(groups)
			at[config.Target] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], dir)
	}
	return groups, nil
}
