package vfs

// Source is where every random choice of a simulation comes from. A seeded
// stream satisfies it, and so does an adapter around a property-testing
// library's generator: one generator, two drivers.
type Source interface {
	// Uint64n returns a number in [0, n). n is at least 1.
	Uint64n(n uint64) uint64
}
