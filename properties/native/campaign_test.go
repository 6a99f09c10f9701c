package native

import (
	"testing"

	"powercut/faults"
	"powercut/properties/unmodified"
	"powercut/sim"
	"powercut/vfs"
)

// TestCampaign has a part for each engine that is looked through for what nobody knows
// yet, first where nothing is known of it. make campaigns runs them for longer.
func TestCampaign(t *testing.T) {
	for _, c := range []struct {
		name    string
		engine  unmodified.Engine
		profile vfs.Profile
		quiet   bool // it ends its process where the disk fails, as pebble does, so that nothing is left to judge
	}{
		{"bbolt", bboltEngine, vfs.Ext4, false},
		{"pebble", pebbleEngine, vfs.Ext4, true},
		{"goleveldb", levelEngine, vfs.Ext4, false},
		{"etcd-wal", etcdEngine, vfs.Ext4, false},
		{"prometheus-wlog", prometheusEngine, vfs.Ext4, false},
		{"sqlite-delete", sqliteEngine, vfs.Ext4, false},
		{"sqlite-wal", sqliteWALEngine, vfs.Ext4, false},
		{"jetstream", natsEngine, vfs.Ext4, false},
		{"tidwall-wal", walEngine, vfs.XFS, false},
		{"buntdb", buntEngine, vfs.XFS, false},
	} {
		if c.engine.Points > 0 && testing.Short() {
			continue // each image takes a process, and the engine's own test has some
		}
		cfg := sim.Config{Runs: 1, Profiles: []vfs.Profile{c.profile}, Points: c.engine.Points, Images: c.engine.Images}
		t.Run(c.name+"/quiet", func(t *testing.T) { c.engine.Campaign(t, cfg) })
		if !c.quiet {
			cfg.Faults = &faults.Mix{QuietOneIn: 1 << 40}
			t.Run(c.name+"/faults", func(t *testing.T) { c.engine.Campaign(t, cfg) })
		}
	}
}
