package core

import (
	"fmt"
	"math/bits"
	"strconv"

	"powercut/sim/internal/hash"
	"powercut/vfs"
)

// Source is where every random choice comes from: a seeded Stream in a
// campaign, an adapter around a property library's generator in its tests.
type Source = vfs.Source

// Seed decides a run. It splits into named streams, so that drawing more from
// one does not shift what another gives.
type Seed uint64

// ParseSeed reads a seed as String prints it, or in any form that Go's number
// syntax allows.
func ParseSeed(s string) (Seed, error) {
	n, err := strconv.ParseUint(s, 0, 64)
	if err != nil {
		return 0, fmt.Errorf("sim: seed %q is not a number from 0 to 2^64-1", s)
	}
	return Seed(n), nil
}

func (s Seed) String() string { return strconv.FormatUint(uint64(s), 10) }

// Stream returns the stream of that name, from its start.
func (s Seed) Stream(name string) *Stream {
	return &Stream{state: hash.Mix64(uint64(s)) ^ hash.Mix64(hash.Add(hash.Offset, name))}
}

// Sub returns the seed of part i of whatever s decides: of an epoch of a run,
// of a run of a campaign.
func (s Seed) Sub(i uint64) Seed {
	return Seed(hash.Mix64(uint64(s) + (i+1)*hash.Golden))
}

// Stream is a splitmix64 generator. Its output is part of what a seed means:
// it never changes.
type Stream struct{ state uint64 }

// Uint64 returns the next 64 bits.
func (s *Stream) Uint64() uint64 {
	s.state += hash.Golden
	return hash.Mix64(s.state)
}

// Uint64n returns a number in [0, n); n must be at least 1. The bias of the
// multiplication is below 2^-32 for every n that a simulation asks for.
func (s *Stream) Uint64n(n uint64) uint64 {
	if n == 0 {
		panic("sim: Uint64n(0)")
	}
	hi, _ := bits.Mul64(s.Uint64(), n)
	return hi
}

// Read fills p, so that a stream can be the entropy of the code under test.
// It never fails.
func (s *Stream) Read(p []byte) (int, error) {
	for i := 0; i < len(p); i += 8 {
		v := s.Uint64()
		for j := i; j < len(p) && j < i+8; j++ {
			p[j] = byte(v)
			v >>= 8
		}
	}
	return len(p), nil
}

// Intn returns a number in [0, n) from src.
func Intn(src Source, n int) int { return int(src.Uint64n(uint64(n))) }

// Between returns a number in [lo, hi] from src.
func Between(src Source, lo, hi int) int { return lo + Intn(src, hi-lo+1) }

// OneIn is true once in n times.
func OneIn(src Source, n int) bool { return src.Uint64n(uint64(n)) == 0 }

// Pick returns one of the values.
func Pick[T any](src Source, values []T) T { return values[Intn(src, len(values))] }
