package journal

import (
	"fmt"
	"testing"
)

// BenchmarkAppend appends with the promise that the process may die: a write
// for each entry, no fsync. raft-wal has no such promise; pebble only buffers.
func BenchmarkAppend(b *testing.B) { lone(b, appenders, process) }

// BenchmarkSync1 is one writer that waits for an fsync after each entry.
func BenchmarkSync1(b *testing.B) { lone(b, syncers, power) }

func lone(b *testing.B, contestants []contestant, p promise) {
	onPlaces(b, func(b *testing.B, at place) {
		for _, size := range entrySizes {
			for _, c := range contestants {
				b.Run(fmt.Sprintf("entry=%d/of=%s", size, c.name), func(b *testing.B) {
					newSubject(b, c, p, at, size, false).loop(b)
				})
			}
		}
	})
}
