package oslike_test

import (
	"testing"

	"powercut/vfs/adapt/internal/trial"
)

// What the engine does where not the disk, but what is around it, gives way. Its
// Close leaves the manifest open.
func TestEnvironment(t *testing.T) {
	trial.Environment(t, 3, on(mended).store, map[string]string{"left-open": "left open at the end: /db/MANIFEST-000004"})
}
