package pebble_test

import (
	"testing"

	"powercut/vfs"
	"powercut/vfs/adapt/internal/trial"
)

// What the engine does where not the disk, but what is around it, gives way.
func TestEnvironment(t *testing.T) {
	trial.Environment(t, 3, store, nil, vfs.Ext4)
}
