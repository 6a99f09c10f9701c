package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"powercut/properties"
	"powercut/sim"
)

func newMergeCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "merge DIR...",
		Short: "join what the shards of a campaign found into one report",
		Long: `merge reads the output directories of all shards of a campaign, and reports as the
campaign would have done on one machine, with the same digest. It refuses to join
campaigns of different versions or configurations, and names shards that are
missing or not finished.

It exits 0 if every law held, 1 if one was violated, and 3 if something is missing.`,
		Example: `  simrun campaign --seeds 100000 --shard 1/4 --out shard1   # on the first of four machines
  simrun merge shard1 shard2 shard3 shard4`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			configs, blocks, err := readShards(args)
			if err != nil {
				return err
			}
			target := properties.FindTarget(configs[0].Target)
			if target == nil {
				return fmt.Errorf("%s: there is no target %q in this version", args[0], configs[0].Target)
			}
			summary, err := sim.SumBlocks(target, blocks)
			if err != nil {
				return harnessFailed(err)
			}
			summary.Shrink(campaignShrinkBudget)
			seeds := configs[0].Seeds
			if seeds == 0 {
				seeds = summary.Runs
			}
			gaps := missing(configs, blocks)
			summary.Interrupted = gaps != ""
			err = reportCampaign(cmd.OutOrStdout(), target, summary, seeds, asJSON)
			if gaps != "" {
				return harnessFailed(fmt.Errorf("not all of the campaign is here: %s", gaps))
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// readShards reads the configurations and the blocks of several directories.
func readShards(dirs []string) (configs []campaignConfig, blocks []sim.Block, err error) {
	seen := make(map[uint64]string)
	for _, dir := range dirs {
		config, err := readConfig(dir)
		if err != nil {
			return nil, nil, fmt.Errorf("%s is no campaign's output: %w", dir, err)
		}
		if len(configs) > 0 {
			same := config
			same.Shard = configs[0].Shard
			if same != configs[0] {
				return nil, nil, fmt.Errorf("%s and %s are of different campaigns: %s", dirs[0], dir, differences(configs[0], same))
			}
		}
		configs = append(configs, config)
		f, err := os.Open(filepath.Join(dir, resultsFile))
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", dir, err)
		}
		own, _, err := readBlocks(f)
		_ = f.Close() // it was only read
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", filepath.Join(dir, resultsFile), err)
		}
		for i := range own {
			if other, twice := seen[own[i].Index]; twice {
				return nil, nil, fmt.Errorf("%s and %s both hold block %d: name each shard once", other, dir, own[i].Index)
			}
			seen[own[i].Index] = dir
		}
		blocks = append(blocks, own...)
	}
	return configs, blocks, nil
}
