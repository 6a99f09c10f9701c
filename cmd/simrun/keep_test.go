package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"powercut/properties"
	"powercut/sim/campaign"
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
