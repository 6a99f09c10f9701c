package sqlite_test

import (
	"testing"

	"powercut/vfs/adapt/internal/trial"
)

// What the engine does where not the disk, but what is around it, gives way.
func TestEnvironment(t *testing.T) {
	trial.Environment(t, 3, store("PRAGMA journal_mode=DELETE; PRAGMA synchronous=EXTRA"), nil)
}
