//go:build powercut

package unmodified

import (
	"fmt"
	"testing"

	"powercut/properties/bench/simulator"
)

// TestEngine is what BenchmarkEngine of package simulator runs, and says of how many seeds.
func TestEngine(t *testing.T) {
	for _, points := range simulator.EnginePoints {
		t.Run(fmt.Sprintf("%d-points", points), func(t *testing.T) { simulator.ExploreEngineIn(t, points) })
	}
}
