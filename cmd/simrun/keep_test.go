package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/spf13/afero"

	"powercut/properties"
	"powercut/sim/campaign"
	"powercut/sim/core"
)

// A directory without room ends the campaign with an error that names it, and
// what was written before is there.
func TestNoSpaceForResults(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("this system has no device that is always full: %v", err)
	}
	defer full.Close() // nothing can be written to it
	dir := filepath.Join(t.TempDir(), "night")
	config := campaignConfig{Target: "journal", Seeds: 200, Shard: 1, Shards: 1}
	k, err := openKeeper(realDisk, dir, config, properties.Journal, false)
	if err != nil {
		t.Fatal(err)
	}
	block := func(index uint64) campaign.Block {
		b, err := campaign.Campaign{Target: properties.Journal, Seeds: 3}.RunBlock(t.Context(), 0, campaign.BlockOptions{})
		if err != nil {
			t.Fatal(err)
		}
		b.Index = index
		return b
	}
	if err := k.keep(block(0)); err != nil {
		t.Fatal(err)
	}
	room := k.results
	k.results = full
	err = k.keep(block(1))
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "--resume") {
		t.Errorf("got %v, want an error that says that %s has no room, and what to do", err, dir)
	}
	if err := room.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := openKeeper(realDisk, dir, config, properties.Journal, true)
	if err != nil {
		t.Fatal(err)
	}
	if !again.done[0] || again.done[1] {
		t.Errorf("kept: %v, want block 0", again.done)
	}
	if want := uint64(200 - 64); again.missingSeeds(campaign.Campaign{Seeds: 200}) != want {
		t.Errorf("%d seeds are missing, want %d", again.missingSeeds(campaign.Campaign{Seeds: 200}), want)
	}
}

// The file of a case is called by its law, however the page groups the defects.
func TestCasesAreCalledByTheirLaw(t *testing.T) {
	r, fsys := failedReport(), afero.NewMemMapFs()
	w, err := properties.Journal.ParseWorkload("epoch\n")
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.summary.Defects {
		v := r.summary.Defects[i].First
		v.Case = &core.Case{Target: "original", Law: v.Law, Profile: v.Profile, Workload: w}
	}
	r.subject = &subject{}
	if err := r.keep(fsys, "/night"); err != nil {
		t.Fatal(err)
	}
	for i, d := range r.summary.Defects {
		name := "/night/cases/" + caseName(i, &d) + ".case"
		text, err := afero.ReadFile(fsys, name)
		if err != nil || !strings.Contains(string(text), "\nlaw "+string(d.First.Law)+"\n") {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
}
