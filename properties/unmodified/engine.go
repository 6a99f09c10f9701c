// Package unmodified tests engines of other people as they are: a store is opened in a
// directory of the simulated disk, clients put, and whatever a power cut leaves, what
// was acknowledged must come back. For each engine and each profile of the disk it is
// written down whether something is found.
//
// It is for tests that simrun test runs; docs/engines.md is made of what they log.
package unmodified

import (
	"maps"
	"os"
	"testing"

	"powercut/sim"
	"powercut/vfs"
)

// Engine is one, and what is known of it.
type Engine struct {
	Name     string
	Module   string // its path
	Promises string // what is said of a power cut, by its documentation, with the options of the test
	Open     Open
	Plan     Plan
	// Points and Images are Config's, for an engine each of whose images takes a process:
	// with -test.short such a one is run on ext4 alone.
	Points, Images int
	// Finds has the profiles under which something is found. Under all others nothing
	// may be.
	Finds map[vfs.Profile]Finding
}

// Finding is a defect that is known.
type Finding struct {
	Says string // part of the message
	Why  string // in a few words
}

// Unnamed is found of an engine that syncs its files, and not the directory that has
// their names: on real filesystems the one brings the other along, by POSIX it need not.
var Unnamed = map[vfs.Profile]Finding{vfs.POSIX: {Says: "acknowledged-durable", Why: "the name of a new file is not made durable"}}

// With are these findings and another one, under all of the profiles that are given.
func With(before map[vfs.Profile]Finding, f Finding, profiles ...vfs.Profile) map[vfs.Profile]Finding {
	after := maps.Clone(before)
	for _, p := range profiles {
		if after == nil {
			after = make(map[vfs.Profile]Finding)
		}
		after[p] = f
	}
	return after
}

// Result is what a test logs, in JSON behind ResultMark.
type Result struct {
	Engine, Module, Promises string
	Profile                  string
	Runs, Images             int
	Law, Why                 string // of what was found, or empty
	Message                  string // all that was said of it
	Faults                   string // that strike in the test, in the language of package faults
}

// ResultMark stands before a Result.
const ResultMark = "engine: "

// Few are the runs, or the points, of a test in which nothing may be found: with
// -test.short a third.
func Few(n int) int {
	if testing.Short() {
		return (n + 2) / 3
	}
	return n
}

// Test runs the engine under each profile, a few seeds unless flags say how many.
func (e Engine) Test(t *testing.T) {
	for _, profile := range vfs.Profiles() {
		t.Run(profile.String(), func(t *testing.T) {
			if e.Points > 0 && profile != vfs.Ext4 && testing.Short() {
				t.Skip("-test.short: each image takes a process, so that ext4 stands for the others")
			}
			cfg := sim.Config{Runs: Few(3), Corpus: "none", Profiles: []vfs.Profile{profile}, Points: Few(e.Points), Images: e.Images}
			known, found := e.Finds[profile]
			if !found {
				e.Silent(t, cfg)
				return
			}
			cfg.Runs = 100 // until one finds it
			watched := &finding{T: t}
			watched.find(cfg, e.Plan.Run(e.Open), known.Says)
			r := e.result(profile)
			r.Why = known.Why
			watched.log(r)
		})
	}
}

// Silent runs the engine under a profile in which nothing may be found.
func (e Engine) Silent(t *testing.T, cfg sim.Config) {
	t.Helper()
	cfg.Corpus = "none"
	watched := &finding{T: t}
	sim.Test(watched, cfg, e.Plan.Run(e.Open))
	watched.log(e.result(cfg.Profiles[0]))
}

// Campaign runs the engine for whatever there may be. What it finds it fails with, but
// for the record: there it is logged.
func (e Engine) Campaign(t *testing.T, cfg sim.Config) {
	t.Helper()
	if os.Getenv(ForTheRecord) == "" {
		e.Silent(t, cfg)
		return
	}
	watched := &finding{T: t}
	cfg.Corpus, cfg.KeepGoing = "none", true // what is known by now is not to hide the rest
	watched.find(cfg, e.Plan.Run(e.Open), "")
	watched.log(e.result(cfg.Profiles[0]))
}

func (e Engine) result(profile vfs.Profile) Result {
	return Result{Engine: e.Name, Module: e.Module, Promises: e.Promises, Profile: profile.String()}
}

// ProfileNames are those that Test has a part for each of.
func ProfileNames() (names []string) {
	for _, profile := range vfs.Profiles() {
		names = append(names, profile.String())
	}
	return names
}

// Finds runs a test that is to find a defect, and whose message is to tell of it.
func Finds(t *testing.T, cfg sim.Config, body func(r *sim.Run), want string) {
	t.Helper()
	cfg.Corpus = "none"
	f := &finding{T: t}
	f.find(cfg, body, want)
	f.log(Result{Faults: cfg.Plan.String()})
}
