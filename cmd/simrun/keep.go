package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/afero"

	"powercut/sim/campaign"
	"powercut/sim/core"
)

// The files of a campaign that is kept.
const (
	configFile  = "config.json"
	resultsFile = "results.jsonl" // one block a line
	timesFile   = "times.jsonl"   // when each was finished: all that differs from machine to machine
	reportFile  = "report.json"
	pageFile    = "report.html"
	casesDir    = "cases"
)

// campaignConfig is what the blocks of one campaign have in common. Two
// directories belong together if nothing but the shard differs.
type campaignConfig struct {
	Version string   `json:"version"` // of the program
	Target  string   `json:"target"`
	First   uint64   `json:"first"`
	Seeds   uint64   `json:"seeds"` // 0: as many as there is time for
	Profile string   `json:"profile"`
	Law     core.Law `json:"law"`
	Vary    bool     `json:"vary"`
	Shard   uint64   `json:"shard"`  // from 1
	Shards  uint64   `json:"shards"` // 1: all of it is here
}

// version names the build: what does not differ in it gives the same blocks.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return versionOf(info)
}

// versionOf is the version of the module, if it has one, and the commit.
func versionOf(info *debug.BuildInfo) string {
	text := info.Main.Version
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			text += " " + s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			text += " modified"
		}
	}
	return text
}

// shardVariables are where the engines that run many machines put the index of
// one, with the number that it counts from.
var shardVariables = []struct {
	name, engine string
	from         uint64
}{
	{"JOB_COMPLETION_INDEX", "Kubernetes Indexed Job", 0},
	{"SLURM_ARRAY_TASK_ID", "Slurm array", 0},
	{"AWS_BATCH_JOB_ARRAY_INDEX", "AWS Batch array", 0},
	{"POWERCUT_SHARD_INDEX", "anything else, a GitHub Actions matrix for one", 0},
}

// parseShard reads "I/N", or "auto/N" with I from the environment.
func parseShard(text string, getenv func(string) string) (shard, shards uint64, err error) {
	if text == "" {
		return 1, 1, nil
	}
	index, count, ok := strings.Cut(text, "/")
	if ok {
		shards, err = strconv.ParseUint(count, 10, 32)
	}
	if !ok || err != nil || shards == 0 {
		return 0, 0, fmt.Errorf("--shard %q: want I/N, with I from 1 to N, or auto/N", text)
	}
	if index == "auto" {
		shard, err = shardFromEnvironment(getenv)
		if err != nil {
			return 0, 0, err
		}
	} else if shard, err = strconv.ParseUint(index, 10, 32); err != nil {
		return 0, 0, fmt.Errorf("--shard %q: want I/N, with I from 1 to N, or auto/N", text)
	}
	if shard < 1 || shard > shards {
		return 0, 0, fmt.Errorf("--shard %q: shard %d is not one of 1 to %d", text, shard, shards)
	}
	return shard, shards, nil
}

func shardFromEnvironment(getenv func(string) string) (uint64, error) {
	var names []string
	for _, v := range shardVariables {
		names = append(names, v.name)
		text := getenv(v.name)
		if text == "" {
			continue
		}
		index, err := strconv.ParseUint(text, 10, 32)
		if err != nil || index < v.from {
			return 0, fmt.Errorf("--shard auto: %s is %q, want a number from %d", v.name, text, v.from)
		}
		return index - v.from + 1, nil
	}
	return 0, fmt.Errorf("--shard auto: none of %s is set", strings.Join(names, ", "))
}

// keeper writes the blocks of a campaign to a directory, so that nothing that
// was finished is lost.
type keeper struct {
	fs      afero.Fs
	dir     string
	config  campaignConfig
	results afero.File
	done    map[uint64]bool  // blocks that are there
	pilot   []campaign.Block // those of them that are the pilot's
	totals  *campaign.Totals
	times   []blockTime
	began   time.Time // this session
	now     func() time.Time
}

// blockTime says when a block was finished.
type blockTime struct {
	Session    time.Time `json:"session"` // when it began
	Seconds    float64   `json:"seconds"` // into the session
	Block      uint64    `json:"block"`
	Runs       uint64    `json:"runs"`
	Images     uint64    `json:"images"`
	Operations uint64    `json:"operations"`
}

// newKeeper keeps the blocks in memory alone.
func newKeeper(config campaignConfig, target core.Target) *keeper {
	return &keeper{config: config, done: make(map[uint64]bool), totals: campaign.NewTotals(target), began: time.Now(), now: time.Now}
}

// openKeeper makes the directory, or goes on with what is there if resume is
// set.
func openKeeper(fsys afero.Fs, dir string, config campaignConfig, target core.Target, resume bool) (*keeper, error) {
	k := newKeeper(config, target)
	k.fs, k.dir = fsys, dir
	have, err := readConfig(fsys, dir)
	switch {
	case err == nil && !resume:
		return nil, fmt.Errorf("--out: %s holds a campaign already: go on with --resume, or name a new directory", dir)
	case err == nil && have != config:
		return nil, fmt.Errorf("--resume: the campaign in %s is another one: %s", dir, differences(have, config))
	case errors.Is(err, fs.ErrNotExist):
		if err := k.begin(); err != nil {
			return nil, harnessFailed(err)
		}
	case err != nil:
		return nil, fmt.Errorf("--out: %w", err)
	}
	if err := k.readOwn(); err != nil {
		return nil, harnessFailed(err)
	}
	return k, nil
}

func (k *keeper) begin() error {
	if err := makeDir(k.fs, k.dir); err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	text, err := json.MarshalIndent(k.config, "", "  ")
	if err != nil {
		return err
	}
	return writeWhole(k.fs, filepath.Join(k.dir, configFile), append(text, '\n'))
}

// readOwn reads the blocks that are there, and cuts off a line that a kill or a
// power cut left unfinished. What a killed process had written and not synced
// counts from now on: so it is made durable, with the names.
func (k *keeper) readOwn() error {
	name := filepath.Join(k.dir, resultsFile)
	f, err := k.fs.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("--out: %w", err)
	}
	good, err := readBlocks(f, k.add)
	if err == nil {
		err = f.Truncate(good)
	}
	if err == nil {
		_, err = f.Seek(good, io.SeekStart)
	}
	if err == nil {
		err = errors.Join(f.Sync(), syncDir(k.fs, k.dir), syncDir(k.fs, filepath.Dir(k.dir)))
	}
	if err != nil {
		_ = f.Close() // nothing was written
		return fmt.Errorf("%s: %w", name, err)
	}
	k.results = f
	k.times, err = readTimes(k.fs, k.dir)
	return err
}

// readBlocks reads whole lines, and says where the last good one ends. The last
// line may be anything: a power cut can leave its end and not its beginning.
func readBlocks(r io.Reader, each func(campaign.Block) error) (good int64, err error) {
	in := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return good, nil // what is left, if anything, is half a line
		}
		if err != nil {
			return good, err
		}
		var b campaign.Block
		if err = json.Unmarshal(line, &b); err == nil {
			err = each(b)
		} else if _, more := in.Peek(1); errors.Is(more, io.EOF) {
			return good, nil
		}
		if err != nil {
			return good, fmt.Errorf("line %d: %w", n, err)
		}
		good += int64(len(line))
	}
}

// add counts a block.
func (k *keeper) add(b campaign.Block) error {
	if k.done[b.Index] {
		return fmt.Errorf("block %d is there twice", b.Index)
	}
	k.done[b.Index] = true
	if b.Index < campaign.PilotBlocks {
		k.pilot = append(k.pilot, b)
	}
	return k.totals.Add(&b)
}

// keep adds a block, durably.
func (k *keeper) keep(b campaign.Block) error {
	if k.results == nil { // nobody asked for it
		return k.add(b)
	}
	line, err := json.Marshal(b)
	if err == nil {
		_, err = k.results.Write(append(line, '\n'))
	}
	if err == nil {
		err = k.results.Sync()
	}
	if err != nil {
		return fmt.Errorf("writing to %s: %w; what was written before is kept: --resume goes on from there", k.dir, err)
	}
	if err := k.add(b); err != nil {
		return err
	}
	return k.keepTime(b)
}

// keepTime notes when a block was finished. Nothing depends on it: it need not
// be durable.
func (k *keeper) keepTime(b campaign.Block) error {
	t := blockTime{k.began, k.now().Sub(k.began).Seconds(), b.Index, b.Runs, b.Images, b.Operations}
	k.times = append(k.times, t)
	line, err := json.Marshal(t)
	if err != nil {
		return err
	}
	f, err := k.fs.OpenFile(filepath.Join(k.dir, timesFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = f.Write(append(line, '\n'))
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return fmt.Errorf("writing to %s: %w", k.dir, err)
	}
	return nil
}

// readTimes reads the times that are there; what a kill left half is skipped.
func readTimes(fsys afero.Fs, dir string) ([]blockTime, error) {
	raw, err := afero.ReadFile(fsys, filepath.Join(dir, timesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []blockTime
	for line := range strings.Lines(string(raw)) {
		var t blockTime
		if json.Unmarshal([]byte(line), &t) == nil {
			all = append(all, t)
		}
	}
	return all, nil
}

// pending gives the blocks of the shard that are not there yet, in order.
// Blocks is how many there are in all.
func (k *keeper) pending(blocks uint64) func() (uint64, bool) {
	at := k.config.Shard - 1
	return func() (uint64, bool) {
		for ; at < blocks; at += k.config.Shards {
			if !k.done[at] {
				at += k.config.Shards
				return at - k.config.Shards, true
			}
		}
		return 0, false
	}
}

// missingSeeds is how many of the shard's seeds were not run yet, 0 for a
// campaign without end.
func (k *keeper) missingSeeds(c campaign.Campaign) uint64 {
	if c.Seeds == 0 {
		return 0
	}
	missing := uint64(0)
	for next := k.pending(c.Blocks()); ; {
		index, ok := next()
		if !ok {
			return missing
		}
		missing += c.SeedsOf(index)
	}
}

func readConfig(fsys afero.Fs, dir string) (campaignConfig, error) {
	var c campaignConfig
	text, err := afero.ReadFile(fsys, filepath.Join(dir, configFile))
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return c, fmt.Errorf("%s: %w", filepath.Join(dir, configFile), err)
	}
	return c, nil
}

// differences names what differs between two configurations, by the keys that they
// are kept under.
func differences(a, b campaignConfig) string {
	var all []string
	of := reflect.TypeFor[campaignConfig]()
	for i := range of.NumField() {
		there, here := reflect.ValueOf(a).Field(i).Interface(), reflect.ValueOf(b).Field(i).Interface()
		if there != here {
			all = append(all, fmt.Sprintf("%s is %v there, and %v here", of.Field(i).Tag.Get("json"), there, here))
		}
	}
	return strings.Join(all, "; ")
}

// missingShards names the shards that are not among the directories.
func missingShards(configs []campaignConfig) string {
	var gaps []string
	for shard := uint64(1); shard <= configs[0].Shards; shard++ {
		if !slices.ContainsFunc(configs, func(c campaignConfig) bool { return c.Shard == shard }) {
			gaps = append(gaps, fmt.Sprintf("shard %d of %d is missing", shard, configs[0].Shards))
		}
	}
	return strings.Join(gaps, "; ")
}
