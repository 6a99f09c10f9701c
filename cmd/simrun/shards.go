package main

import (
	"fmt"
	"os"
	"path/filepath"

	"powercut/sim/campaign"
)

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
			return nil, missingFile(fmt.Sprintf("%s is no campaign's output, and holds none: there is no %s", dir, configFile))
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
func readShards(dirs []string, s *subject) (*merger, error) {
	m := &merger{from: make(map[uint64]string), totals: campaign.NewTotals(s.target)}
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
