package core_test

import (
	"testing"

	"powercut/sim/core"
	"powercut/sim/internal/toys"
)

// A run has the same digest whether somebody reads its trace or not.
func TestTraceDoesNotChangeTheDigest(t *testing.T) {
	for seed := range core.Seed(20) {
		scenario := toys.Words{}.Draw(seed.Streams())
		plain := core.Execute(seed, scenario, false)
		traced := core.Execute(seed, toys.Words{}.Draw(seed.Streams()), true)
		if plain.Digest != traced.Digest || len(traced.Events) == 0 {
			t.Fatalf("seed %s: digest %s, with a trace of %d events %s", seed, plain.Digest, len(traced.Events), traced.Digest)
		}
		for _, e := range traced.Events {
			if e.Kind == core.EventOp && len(e.Stack) == 0 {
				t.Fatalf("seed %s: nobody knows where operation %d (%s %s) came from", seed, e.Step, e.Op, e.Path)
			}
		}
	}
}
