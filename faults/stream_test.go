package faults_test

import (
	"powercut/vfs"
)

// stream is a small generator of its own, so that examples and goldens keep
// their output when the simulator's changes.
type stream struct{ state uint64 }

func (s stream) source() vfs.Source { return &s }

func (s *stream) Uint64n(n uint64) uint64 {
	s.state += 0x9e3779b97f4a7c15
	z := s.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return (z ^ z>>31) % n
}
