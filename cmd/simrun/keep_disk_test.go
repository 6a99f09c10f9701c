package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"
	"time"

	"github.com/spf13/afero"

	"powercut/properties"
	"powercut/sim"
	"powercut/sim/campaign"
	"powercut/vfs"
)

// The output directory of a campaign on a disk that loses power at every
// operation, twice in a row: what the campaign went on from is there, --resume
// works, and nothing that it took for kept is lost.
func TestOutputSurvivesPowerCuts(t *testing.T) {
	block, err := campaign.Campaign{Target: properties.Journal, Seeds: 1}.RunBlock(t.Context(), 0, campaign.BlockOptions{})
	if err != nil {
		t.Fatal(err)
	}
	const dir, blocks = "/runs/night", 3
	config := campaignConfig{Target: "journal", Seeds: blocks * campaign.BlockSeeds, Shard: 1, Shards: 1}
	open := func(fsys afero.Fs) (*keeper, error) {
		_, err := readConfig(fsys, dir)
		k, err := openKeeper(fsys, dir, config, properties.Journal, !errors.Is(err, fs.ErrNotExist))
		if k != nil {
			k.began, k.now = time.Time{}, func() time.Time { return time.Time{} } // the disk must not see a clock
		}
		return k, err
	}
	runs := 2
	if os.Getenv("POWERCUT_SOAK") != "" {
		runs = 30
	}
	for _, profile := range vfs.Profiles() {
		t.Run(profile.String(), func(t *testing.T) {
			sim.Test(t, sim.Config{Runs: runs, Profiles: []vfs.Profile{profile}, Epochs: 2, Points: 200}, func(r *sim.Run) {
				kept, reported := make(map[uint64]bool), false
				r.Workload(func(fsys afero.Fs) error {
					k, err := open(fsys)
					if err != nil {
						return err
					}
					for index := range k.done {
						kept[index] = true // it goes on from there
					}
					for next := k.pending(blocks); ; {
						index, more := next()
						if !more {
							break
						}
						b := block
						b.Index = index
						if err := k.keep(b); err != nil {
							return err
						}
						kept[index] = true
					}
					report := &campaignReport{config: config, summary: k.totals.Summary(), seeds: config.Seeds, times: k.times}
					if err := report.keep(fsys, dir); err != nil {
						return err
					}
					reported = true
					return k.results.Close()
				})
				r.Recover(func(fsys afero.Fs) error {
					k, err := open(fsys)
					if err != nil {
						return err
					}
					for index := range kept {
						if !k.done[index] {
							return fmt.Errorf("block %d was kept and is lost", index)
						}
					}
					if reported {
						for _, name := range []string{reportFile, pageFile} {
							if text, err := afero.ReadFile(fsys, dir+"/"+name); err != nil || len(text) == 0 || text[len(text)-1] != '\n' {
								return fmt.Errorf("%s was written and is not whole: %w", name, cmpErr(err))
							}
						}
					}
					return k.results.Close()
				})
			})
		})
	}
}

// cmpErr says something where a file is there and short.
func cmpErr(err error) error {
	if err == nil {
		return errors.New("its end is missing")
	}
	return err
}
