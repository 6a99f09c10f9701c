package wire

import "hash/crc32"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Checksum continues the CRC-32C crc over b.
func Checksum(crc uint32, b []byte) uint32 { return crc32.Update(crc, castagnoli, b) }

// A Shift is what many bytes do to a CRC-32C that they follow, whatever they are.
type Shift uint32

// ShiftOf returns that of n bytes.
func ShiftOf(n int64) Shift {
	s := uint32(1) << 31 // x to the power of 0: the highest bit is the lowest power
	for k := 3; n > 0; n, k = n>>1, k+1 {
		if n&1 != 0 {
			s = multiply(powers[k%32], s)
		}
	}
	return Shift(s)
}

// Join returns the CRC-32C of two pieces, one behind the other, from theirs. The
// shift is that of the second's length.
func (s Shift) Join(first, second uint32) uint32 { return multiply(uint32(s), first) ^ second }

// Zeros continues a CRC-32C over as many zeros as the shift is of.
func (s Shift) Zeros(crc uint32) uint32 { return ^multiply(uint32(s), ^crc) }

// powers are x to the powers of 1, 2, 4, 8 and so on, modulo the polynomial. Of 2 to
// the power of 32 it is that of 1 again.
var powers = func() (p [32]uint32) {
	p[0] = 1 << 30
	for i := 1; i < len(p); i++ {
		p[i] = multiply(p[i-1], p[i-1])
	}
	return p
}()

// multiply multiplies two polynomials modulo that of the CRC.
func multiply(a, b uint32) (product uint32) {
	for ; a != 0; a <<= 1 {
		product ^= b & -(a >> 31)
		b = b>>1 ^ crc32.Castagnoli&-(b&1)
	}
	return product
}

// noCRC stands for a marker's own CRC while that is computed.
var noCRC [4]byte

// markerCRC is the checksum of a marker's whole frame, its own CRC taken as zero.
func markerCRC(frame []byte) uint32 {
	if string(frame[:crcAt]) == commitHead {
		return Checksum(commitHeadCRC, frame[crcAt+4:])
	}
	return Checksum(headCRC(frame[:crcAt]), frame[crcAt+4:])
}

// headCRC is the checksum of a marker's frame up to behind its CRC.
func headCRC(head []byte) uint32 { return Checksum(Checksum(0, head), noCRC[:]) }

// All commits begin alike, which saves two of three calls for each.
var (
	commitHead    = string((&Marker{Kind: Commit}).appendHead(nil))
	commitHeadCRC = headCRC([]byte(commitHead))
)
