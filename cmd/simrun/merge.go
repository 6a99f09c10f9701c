package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"powercut/sim/campaign"
)

func newMergeCommand() *cobra.Command {
	var asJSON, verbose bool
	var out string
	cmd := &cobra.Command{
		Use:   "merge DIR...",
		Short: "join what the shards of a campaign found into one report",
		Long: `merge reads the output directories of all shards of a campaign, and reports as the
campaign would have done on one machine, with the same digest. It refuses to join
campaigns of different versions or configurations, and names shards that are
missing or not finished. A DIR that holds no campaign stands for those in it.

It exits 0 if every law held, 1 if one was violated, 3 if a shard is missing, and
4 if every law held in what the shards have run, but one was interrupted.`,
		Example: `  simrun campaign --seeds 100000 --shard 1/4 --out shard1   # on the first of four machines
  simrun merge shard1 shard2 shard3 shard4 --out night`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			dirs, err := shardDirs(args)
			if err != nil {
				return err
			}
			m, err := readShards(dirs)
			if err != nil {
				return err
			}
			summary := m.totals.Summary()
			config := m.configs[0]
			config.Shard, config.Shards = 1, 1
			report := &campaignReport{config: config, summary: summary, seeds: config.Seeds, left: m.left(), times: m.times, merged: true, verbose: verbose}
			absent := missingShards(m.configs)
			summary.Interrupted = absent != "" || report.left > 0
			ctx, stop := interruptible(cmd)
			defer stop()
			summary.Shrink(ctx, campaignShrinkBudget)
			unfinished := ctx.Err() != nil && len(summary.Defects) > 0
			if out != "" {
				if err := makeDir(realDisk, out); err != nil {
					return fmt.Errorf("--out: %w", err)
				}
				if err := report.keep(realDisk, out); err != nil {
					return harnessFailed(fmt.Errorf("--out: %w", err))
				}
			}
			if unfinished {
				fmt.Fprintln(cmd.ErrOrStderr(), "simrun: not every case was shrunk: simrun shrink does that for one")
			}
			err = report.print(cmd.OutOrStdout(), asJSON)
			if absent != "" {
				return harnessFailed(fmt.Errorf("not all of the campaign is here: %s", absent))
			}
			return err
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "write report.html, report.json and the cases to this `DIR`")
	addVerbose(cmd, &verbose)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// shardDirs puts the campaigns in a directory in its place, where it is none
// itself.
func shardDirs(args []string) ([]string, error) {
	var dirs []string
	for _, dir := range args {
		if _, err := os.Stat(filepath.Join(dir, configFile)); err == nil {
			dirs = append(dirs, dir)
			continue
		}
		inside, err := filepath.Glob(filepath.Join(dir, "*", configFile))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
		if len(inside) == 0 {
			return nil, fmt.Errorf("%s is no campaign's output, and holds none: there is no %s", dir, configFile)
		}
		for _, file := range inside {
			dirs = append(dirs, filepath.Dir(file))
		}
	}
	return dirs, nil
}

// merger adds up the shards of a campaign.
type merger struct {
	configs []campaignConfig
	totals  *campaign.Totals
	from    map[uint64]string // the directory of each block
	times   []blockTime
}

// left is how many seeds of the campaign are in no directory, 0 for one without
// end.
func (m *merger) left() uint64 {
	c := campaign.Campaign{Seeds: m.configs[0].Seeds}
	left := uint64(0)
	for index := range c.Blocks() {
		if _, have := m.from[index]; !have {
			left += c.SeedsOf(index)
		}
	}
	return left
}

// readShards reads the configurations and the blocks of several directories.
func readShards(dirs []string) (*merger, error) {
	m := &merger{from: make(map[uint64]string)}
	for _, dir := range dirs {
		if err := m.read(dir, dirs[0]); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *merger) read(dir, first string) error {
	config, err := readConfig(realDisk, dir)
	if err != nil {
		return fmt.Errorf("%s is no campaign's output: %w", dir, err)
	}
	if len(m.configs) == 0 {
		target := findTarget(config.Target)
		if target == nil {
			return fmt.Errorf("%s: there is no target %q in this version", dir, config.Target)
		}
		m.totals = campaign.NewTotals(target)
		m.configs = append(m.configs, config)
	} else {
		same := config
		same.Shard = m.configs[0].Shard
		if same != m.configs[0] {
			return fmt.Errorf("%s and %s are of different campaigns: %s", first, dir, differences(m.configs[0], same))
		}
		m.configs = append(m.configs, config)
	}
	f, err := os.Open(filepath.Join(dir, resultsFile))
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	defer f.Close() // it is only read
	var twice error
	_, err = readBlocks(f, func(b campaign.Block) error {
		if other, seen := m.from[b.Index]; seen {
			twice = fmt.Errorf("%s and %s both hold block %d: name each shard once", other, dir, b.Index)
			return twice
		}
		m.from[b.Index] = dir
		return m.totals.Add(&b)
	})
	if twice != nil {
		return twice
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, resultsFile), err)
	}
	when, err := readTimes(realDisk, dir)
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	m.times = append(m.times, when...)
	return nil
}
