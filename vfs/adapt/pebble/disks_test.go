package pebble_test

import (
	"testing"

	"powercut/faults"
	"powercut/sim"
	"powercut/vfs"
	"powercut/vfs/adapt/internal/trial"
)

// onTwoDisks runs pebble with its log on a disk of its own, on filesystems on which it
// is sound.
func onTwoDisks(t *testing.T, s shape, log sim.DiskConfig, kinds ...faults.Kind) {
	t.Helper()
	log.Name, s.walDir = "log", "/log"
	cfg := sim.Config{Runs: trial.Fewer(t, 5), Disks: []sim.DiskConfig{log}, Profiles: []vfs.Profile{vfs.Ext4, vfs.XFS, vfs.Btrfs}, Corpus: "none"}
	if len(kinds) > 0 {
		cfg.Faults = &faults.Mix{Kinds: kinds, QuietOneIn: 1 << 40}
	}
	trial.Silent(t, cfg.Runs, func(t sim.TB) { sim.Test(t, cfg, func(r *sim.Run) { storeWith(r, s) }) })
}

func TestLogOnAnotherDisk(t *testing.T) { onTwoDisks(t, shape{flushOneIn: 4}, sim.DiskConfig{}) }

// One of the two disks loses its power, and the other goes on.
func TestOneDiskLosesItsPower(t *testing.T) {
	onTwoDisks(t, shape{flushOneIn: 4}, sim.DiskConfig{}, faults.Offline)
}

// A log disk that holds two blocks. Without flushes: one that finds no room for the next
// log panics while it holds the lock that it then gives back twice, which no test survives.
func TestLogDiskIsFull(t *testing.T) {
	onTwoDisks(t, shape{valueBytes: 2000}, sim.DiskConfig{CapacityBytes: 8 << 10})
}
