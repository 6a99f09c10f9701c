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

// part decides which part of a read or write takes place.
func (in *Injector) part(s *ruleState, op *vfs.Op, out *vfs.Outcome, r *Rule) bool {
	out.Effect = vfs.EffectPartial
	if s.Kind == TornWrite && s.Bytes == 0 {
		sectors := s.Sectors
		n := sectorsOf(op)
		all := ^uint64(0) >> (64 - uint(n))
		if sectors == 0 && n > 1 {
			// Neither none, which would be an error without effect, nor all.
			sectors = 1 + in.src.Uint64n(all-1)
		}
		if sectors &= all; sectors != 0 {
			r.Sectors = sectors
			out.Torn, out.N = sectors, prefixOf(sectors, op)
			return true
		}
	}
	n, ok := s.Bytes.Value()
	if !ok {
		n = in.drawPart(op.Len)
		switch {
		case s.Kind == ShortWrite && in.src.Uint64n(8) == 7:
			n = op.Len // all of it, and yet an error, as a synchronous write has it
		case s.Kind != ShortRead:
		case s.Errno == EOF:
			// A sequential reader takes only 0 bytes for the end.
			n *= int64(in.src.Uint64n(2))
		case n == 0:
			n = min(1, op.Len-1) // 0 bytes and no error would be no read at all
		}
	}
	out.N = min(n, op.Len)
	r.Bytes = Fix(out.N)
	return true
}

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

// redirect decides where a misdirected write lands: on a sector of its own file
// or of another one that was written to.
func (in *Injector) redirect(s *ruleState, op *vfs.Op, out *vfs.Outcome, r *Rule) {
	to := vfs.Redirect{Path: s.Into}
	if at, ok := s.At.Value(); ok {
		to.Offset = at
	} else {
		if in.src.Uint64n(4) == 3 {
			if p := in.recent[in.src.Uint64n(uint64(len(in.recent)))]; p != op.Path {
				to.Path = p
			}
		}
		end := uint64(max(op.Offset, 0))/sectorBytes + 2
		sector := in.src.Uint64n(end)
		if to.Path == "" && int64(sector*sectorBytes) == op.Offset {
			sector++ // it must not land where it belongs
		}
		to.Offset = int64(sector * sectorBytes)
	}
	r.Into, r.At = to.Path, Fix(to.Offset)
	out.Redirect = &to
}

// drawDelay draws a latency from 1 µs to about a second, long ones seldom.
func drawDelay(src vfs.Source) time.Duration {
	magnitude := src.Uint64n(21)
	return time.Microsecond * time.Duration(uint64(1)<<magnitude+src.Uint64n(uint64(1)<<magnitude))
}
