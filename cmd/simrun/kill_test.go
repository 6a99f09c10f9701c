package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"powercut/sim/campaign"
	"powercut/sim/core"
)

// A campaign that is killed at random moments, again and again, ends with the
// digest of one that was not, and with each block once.
func TestKillAndResume(t *testing.T) {
	kills := 2
	if os.Getenv("POWERCUT_SOAK") != "" {
		kills = 10
	}
	start := func(dir string, more ...string) *exec.Cmd {
		args := append([]string{"campaign", "--target", "pessimal", "--seeds", "200", "--json", "--out", dir}, more...)
		return exec.CommandContext(t.Context(), "simrun", args...)
	}
	whole, err := start(filepath.Join(t.TempDir(), "whole")).Output()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "killed")
	results := filepath.Join(dir, resultsFile)
	var more []string
	for range kills {
		cmd := start(dir, more...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		// Bytes, not time, say when: a moment in the middle of the work.
		limit := size(results) + int64(rand.IntN(1500))
		alive := true
		for alive && size(results) <= limit {
			select {
			case <-ended:
				alive = false // it was faster
			default:
			}
		}
		if alive {
			_ = cmd.Process.Kill() // it may have ended just now
			<-ended
		}
		if _, err := os.Stat(filepath.Join(dir, configFile)); err == nil {
			more = []string{"--resume"}
		} else if !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	resumed, err := start(dir, more...).Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, resumed)
	}
	if got, want := digestOf(t, resumed), digestOf(t, whole); got != want {
		t.Errorf("after %d kills the digest is %s, want %s", kills, got, want)
	}
	raw, err := os.ReadFile(results)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[uint64]bool)
	good, err := readBlocks(bytes.NewReader(raw), func(b campaign.Block) error {
		if seen[b.Index] {
			t.Errorf("block %d is there twice", b.Index)
		}
		seen[b.Index] = true
		return nil
	})
	if err != nil || good != int64(len(raw)) || len(seen) != 4 {
		t.Errorf("%d blocks in %d of %d bytes (%v), want 4", len(seen), good, len(raw), err)
	}
}

func size(name string) int64 {
	info, err := os.Stat(name)
	if err != nil {
		return 0
	}
	return info.Size()
}

func digestOf(t *testing.T, report []byte) core.Digest {
	t.Helper()
	var r campaignJSON
	if err := json.Unmarshal(report, &r); err != nil {
		t.Fatal(err)
	}
	return r.Digest
}
