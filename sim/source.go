package sim

import "powercut/sim/core"

// Source is where random choices come from. A *Run is one.
type Source interface {
	Uint64n(n uint64) uint64
}

// Pick returns one of the values, the first of which is the plainest.
func Pick[T any](src Source, values ...T) T { return core.Pick(src, values) }

// Between returns a number in [lo, hi]; lo is the plainest.
func Between(src Source, lo, hi int) int { return core.Between(src, lo, hi) }

// OneIn is true once in n times.
func OneIn(src Source, n int) bool { return n > 0 && src.Uint64n(uint64(n)) == uint64(n)-1 }
