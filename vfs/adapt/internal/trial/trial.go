// Package trial is for the tests of the adapters: an engine in which a sim.Test must
// find something, and one in which it must not.
package trial

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"powercut/sim"
)

// Silent runs a test of so many runs, or of POWERCUT_RUNS, that must hold, and says
// how fast they were.
func Silent(t *testing.T, runs int, test func(t sim.TB)) {
	t.Helper()
	if n, err := strconv.Atoi(os.Getenv("POWERCUT_RUNS")); err == nil {
		runs = n // as sim.Test does
	}
	begin := time.Now()
	test(t)
	took := time.Since(begin).Seconds()
	t.Logf("silent in %d runs, %.1f runs/s", runs, float64(runs)/took)
}

// Finds runs a test that must fail, and say all that is wanted.
func Finds(t *testing.T, test func(t sim.TB), wants ...string) {
	t.Helper()
	begin := time.Now()
	found := attempt(t, test)
	took := time.Since(begin).Seconds()
	if found == "" {
		t.Fatal("nothing was found")
	}
	for _, want := range wants {
		if !strings.Contains(found, want) {
			t.Errorf("what was found doesn't say %q", want)
		}
	}
	t.Logf("found after %.1fs:\n%s", took, found)
}

// attempt runs a test, and returns what it fails with, "" if it holds.
func attempt(t *testing.T, test func(t sim.TB)) string {
	t.Helper()
	f := &failure{name: t.Name()}
	func() {
		defer func() {
			if p := recover(); p != nil && p != any(f) {
				panic(p)
			}
		}()
		test(f)
	}()
	return f.message
}
