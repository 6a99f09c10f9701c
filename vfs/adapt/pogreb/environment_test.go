package pogreb_test

import (
	"testing"

	"powercut/vfs"
	"powercut/vfs/adapt/internal/trial"
)

// What the engine does where not the disk, but what is around it, gives way. (The
// test does not close it, so that its files are left open.)
func TestEnvironment(t *testing.T) {
	trial.Environment(t, 3, shape{before: true}.store, map[string]string{"left-open": "left open at the end: /db/00000-1.psg, /db/lock"}, vfs.Ext4)
}
