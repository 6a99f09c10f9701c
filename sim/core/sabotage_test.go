package core_test

import (
	"fmt"
	"path"
	"strings"
	"testing"

	"powercut/sim/core"
	"powercut/sim/internal/toys"
	"powercut/sim/internal/toys/slots"
)

// sitesOf counts the barriers that the seeds of the sound engine reach.
func sitesOf(seeds core.Seed) core.SiteCounts {
	sites := make(core.SiteCounts)
	for seed := range seeds {
		s := toys.Slots{Defect: slots.None}.Draw(seed.Streams())
		s.Settings.Sites = sites
		core.Execute(seed, s, false)
	}
	return sites
}

// Each barrier of the engine is found by the place in its code, and that of the
// harness is none.
func TestSites(t *testing.T) {
	ops := make(map[string]int)
	sites := sitesOf(40)
	for _, site := range sites.Sorted() {
		ops[site.Op]++
		inner, _, _ := strings.Cut(site.Chain, "<")
		if file, _, _ := strings.Cut(inner, ":"); file != "sim/internal/toys/slots/slots.go" || sites[site] == 0 {
			t.Errorf("%s at %s, %d times", site.Op, site.Chain, sites[site])
		}
	}
	// A file is synced in Put and in the rewriting of none; the directory in Put
	// and in Recover.
	if got := fmt.Sprint(ops); got != "map[rename:1 sync:1 syncdir:2]" {
		t.Errorf("sites: %s", got)
	}
}

// Whoever leaves a barrier out is found out by some seed. One that comes behind the
// next operation is missed only where that is the last before Put returns.
func TestSabotage(t *testing.T) {
	for _, site := range sitesOf(10).Sorted() {
		if v := sabotaged(t, &core.Sabotage{Site: site}); v == nil {
			t.Errorf("nobody misses the %s at %s", site.Op, site.Chain)
		}
	}
	var late []string
	for _, site := range sitesOf(10).Sorted() {
		if v := sabotaged(t, &core.Sabotage{Site: site, Late: true}); v != nil {
			late = append(late, site.Op)
		}
	}
	if got := strings.Join(late, " "); got != "syncdir" {
		t.Errorf("missed if they come late: %q", got)
	}
}

// sabotaged is what a seed finds of a sabotage of the sound engine. Its case holds
// by itself, and does not with the sabotage.
func sabotaged(t *testing.T, sabotage *core.Sabotage) *core.Violation {
	t.Helper()
	for seed := range core.Seed(50) {
		s := toys.Slots{Defect: slots.None}.Draw(seed.Streams())
		s.Settings.Sabotage = sabotage
		v := core.Execute(seed, s, false).Violation
		if v == nil {
			continue
		}
		if !v.Case.Holds() || v.Case.Sabotaged(sabotage) == nil {
			t.Errorf("%+v: the case holds by itself: %v", sabotage, v.Case.Holds())
		}
		return v
	}
	return nil
}

// An fsync that does nothing, of the files that somebody names, is missed.
func TestIgnoredSyncs(t *testing.T) {
	violated := func(ignores func(string) bool) bool {
		for seed := range core.Seed(40) {
			s := toys.Slots{Defect: slots.None}.Draw(seed.Streams())
			s.Settings.IgnoresSync = ignores
			if core.Execute(seed, s, false).Violation != nil {
				return true
			}
		}
		return false
	}
	if !violated(func(name string) bool { return path.Ext(name) == ".new" }) {
		t.Error("nobody misses the sync of a new file")
	}
	if violated(func(name string) bool { return path.Ext(name) == ".old" }) {
		t.Error("somebody misses the sync of a file that there is not")
	}
}
