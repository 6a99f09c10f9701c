package faults

import (
	"math/bits"
	"time"

	"powercut/vfs"
)

// What a rule leaves open is drawn here, so that it's near what real faults do
// and so that 0, the simplest number of a property library, is the mildest.

// sectorBytes is the unit in which a device tears a write.
const sectorBytes = 512

// maxDrawnPage bounds which page of an fsync fails; few write more.
const maxDrawnPage = 16

// sectorsOf returns the number of sectors that a write touches, at most the 64
// that a vfs.Outcome can tell apart.
func sectorsOf(op *vfs.Op) int64 {
	return min(64, (max(op.Offset, 0)%sectorBytes+op.Len+sectorBytes-1)/sectorBytes)
}

// prefixOf returns how many bytes from the start of the request are written
// without a gap: what the caller is told.
func prefixOf(sectors uint64, op *vfs.Op) int64 {
	n := int64(bits.TrailingZeros64(^sectors))
	if n == 0 {
		return 0
	}
	return min(n*sectorBytes-max(op.Offset, 0)%sectorBytes, op.Len)
}

// drawPart draws how many bytes, fewer than size. Half of the draws are near
// one end, where a header, a marker or nothing at all is what is cut.
func (in *Injector) drawPart(size int64) int64 {
	const edge = 32
	switch in.src.Uint64n(4) {
	case 0:
		return int64(in.src.Uint64n(uint64(min(size, edge))))
	case 1:
		return size - 1 - int64(in.src.Uint64n(uint64(min(size, edge))))
	}
	return int64(in.src.Uint64n(uint64(size)))
}

// drawBit draws the bit to invert. A read asks for more than a small file has,
// so half of its bits come from the first 64 bytes.
func (in *Injector) drawBit(op *vfs.Op) int64 {
	size := min(op.Len, 1<<40)
	if op.Kind == vfs.OpRead && in.src.Uint64n(2) == 0 {
		size = min(size, 64)
	}
	return int64(in.src.Uint64n(uint64(size) * 8))
}

// drawDelay draws a latency from 1 µs to about a second, long ones seldom.
func drawDelay(src vfs.Source) time.Duration {
	magnitude := src.Uint64n(21)
	return time.Microsecond * time.Duration(uint64(1)<<magnitude+src.Uint64n(uint64(1)<<magnitude))
}
