package sim

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"powercut/sim/explain"
	"powercut/vfs"
)

// options are what the flags of a test binary say. Each has a twin in the
// environment, for a command that runs packages of which some have no such flags:
// POWERCUT_RUNS for -powercut.runs.
type options struct {
	runs    int
	length  time.Duration
	seed    uint64
	seedSet bool
	profile string
	cases   string
	before  string
	out     string
	workers int

	askedRuns int // by the Config
	// of tests that use r.WorkloadDir
	requireNative bool
	digests       bool
	brief         bool
}

var flags struct{ runs, length, seed, profile, cases, before, out, workers, requireNative, digests, brief string }

func init() {
	if !testing.Testing() {
		return // a program that only borrows a type
	}
	for _, f := range []struct {
		value       *string
		name, usage string
	}{
		{&flags.runs, "runs", "powercut: run so many seeds"},
		{&flags.length, "for", "powercut: run seeds for so long instead: 30m"},
		{&flags.seed, "seed", "powercut: begin with this seed, and run it alone unless -powercut.runs or -powercut.for says more"},
		{&flags.profile, "profile", "powercut: only this filesystem's crash images: " + profileNames()},
		{&flags.cases, "case", "powercut: run only the case in this file, and tell all about it"},
		{&flags.before, "before", "powercut: stop -powercut.case before this operation of it, and tell the state there: 12 of the workload, 1:12 of the recovery"},
		{&flags.workers, "workers", "powercut: so many runs go on at once, each in goroutines of its own (default: one per processor)"},
		{&flags.out, "out", "powercut: keep the cases of failures in this directory"},
	} {
		flag.StringVar(f.value, "powercut."+f.name, "", f.usage)
	}
	flag.BoolFunc("powercut.require-native", "powercut: a test that uses r.WorkloadDir fails, and is not skipped, where simrun test does not run it", set(&flags.requireNative))
	flag.BoolFunc("powercut.digests", "powercut: of a test that uses r.WorkloadDir, log the digests of each seed (with -v)", set(&flags.digests))
	flag.BoolFunc("powercut.brief", "powercut: of a test that uses r.WorkloadDir, say what a seed fails with and no more: nothing is made small, kept or explained", set(&flags.brief))
}

// set keeps what a flag without a value was given.
func set(value *string) func(string) error {
	return func(s string) error { *value = s; return nil }
}

func profileNames() string {
	var all []string
	for _, p := range vfs.Profiles() {
		all = append(all, p.String())
	}
	return strings.Join(all, ", ")
}

// readOptions reads the flags, and the environment where there is no flag.
func readOptions(env func(string) string) (o options, err error) {
	read := func(value, name string, parse func(string) error) {
		text := cmp.Or(value, env("POWERCUT_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))))
		if text == "" || err != nil {
			return
		}
		if wrong := parse(text); wrong != nil {
			err = fmt.Errorf("-powercut.%s (or POWERCUT_%s): %q: %w", name, strings.ToUpper(strings.ReplaceAll(name, "-", "_")), text, wrong)
		}
	}
	read(flags.runs, "runs", func(s string) (err error) {
		if o.runs, err = strconv.Atoi(s); err != nil || o.runs < 1 {
			return fmt.Errorf("want a number of seeds, from 1")
		}
		return nil
	})
	read(flags.length, "for", func(s string) (err error) {
		if o.length, err = time.ParseDuration(s); err != nil || o.length <= 0 {
			return fmt.Errorf("want a time: 8h, 30m")
		}
		return nil
	})
	read(flags.seed, "seed", func(s string) (err error) {
		if o.seed, err = strconv.ParseUint(s, 0, 64); err != nil {
			return fmt.Errorf("want a number from 0 to 2^64-1")
		}
		o.seedSet = true
		return nil
	})
	read(flags.profile, "profile", func(s string) error {
		o.profile = s
		_, err := vfs.ParseProfile(s)
		return err
	})
	read(flags.cases, "case", func(s string) error { o.cases = s; return nil })
	read(flags.before, "before", func(s string) error {
		o.before = s
		_, err := explain.ParseOperationNumber(s)
		return err
	})
	read(flags.workers, "workers", func(s string) (err error) {
		if o.workers, err = strconv.Atoi(s); err != nil || o.workers < 1 {
			return fmt.Errorf("want a number of runs at once, from 1")
		}
		return nil
	})
	read(flags.out, "out", func(s string) error { o.out = s; return nil })
	read(flags.requireNative, "require-native", func(s string) (err error) { o.requireNative, err = strconv.ParseBool(s); return err })
	read(flags.digests, "digests", func(s string) (err error) { o.digests, err = strconv.ParseBool(s); return err })
	read(flags.brief, "brief", func(s string) (err error) { o.brief, err = strconv.ParseBool(s); return err })
	if err == nil && o.before != "" && o.cases == "" {
		err = fmt.Errorf("-powercut.before: of which case? -powercut.case names it")
	}
	if err == nil && o.runs > 0 && o.length > 0 {
		err = fmt.Errorf("-powercut.runs and -powercut.for: want one of them")
	}
	return o, err
}

// processOptions are those of this process.
func processOptions() (options, error) { return readOptions(os.Getenv) }

// apply changes a configuration as the flags say.
func (o options) apply(c *Config) {
	if o.seedSet {
		c.Seed, c.Runs = Seed(o.seed), 1
	}
	if o.runs > 0 {
		c.Runs = o.runs
	}
	if o.workers > 0 {
		c.Workers = o.workers
	}
	if o.profile != "" {
		p, _ := vfs.ParseProfile(o.profile) // readOptions has looked at it
		c.Profiles = []vfs.Profile{p}
	}
	if o.out != "" {
		c.Corpus = o.out
	}
}
