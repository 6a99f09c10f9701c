package wire

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// MinCompress is the length in bytes up to which a payload is never
// compressed.
const MinCompress = 2000

// MaxPayload is the largest payload of a frame, compressed or not, in bytes.
const MaxPayload = 256 << 20

const (
	maxRun     = 127 // longest run of equal differences
	maxLiteral = 128 // longest stretch of differing ones
	// lengthSize is the size of the u32 that a compressed payload begins with.
	lengthSize = 4
)

// Compress appends the compressed form of src to dst: its length as a u32, and
// then its differences, each byte less the byte before it modulo 256, as runs
// (a count from 2 to 127, the difference) and literals (a negated count from 1
// to 128, as many differences). It is what the original writes, byte for byte.
//
// It returns dst unchanged and false if src is not longer than MinCompress or
// if the result would not be smaller.
func Compress(dst, src []byte) ([]byte, bool) {
	if len(src) <= MinCompress || len(src) > MaxPayload || !mayGain(src) {
		return dst, false
	}
	out := appendRuns(dst, src, len(src)-1)
	if len(out) >= len(dst)+len(src) {
		return dst, false
	}
	return out, true
}

// CompressFast is Compress for a writer in a hurry: a payload that looks like
// noise wherever a sample is taken is left alone. It misses what gains little, or
// in few places.
func CompressFast(dst, src []byte) ([]byte, bool) {
	if len(src) <= MinCompress || noiseInSample(src) {
		return dst, false
	}
	return Compress(dst, src)
}

// A sample is taken at the end of every sampleStride, or at sampleCount places if
// the payload is shorter than that asks for: a stretch of 1100 bytes that gains is
// never missed. The beginning is none: every vector has zeros in its count.
const (
	sampleSize   = 65 // 8 words, and the byte that follows each
	sampleStride = 1024
	sampleCount  = 16
)

// noiseInSample says whether no sample has a run that gains.
func noiseInSample(src []byte) bool {
	stride := min(sampleStride, len(src)/sampleCount)
	for end := stride; end <= len(src); end += stride {
		if _, after := countRuns(src[end-sampleSize : end]); after > 0 {
			return false
		}
	}
	return true
}

// mayGain is false if the compressed form of src is certainly not smaller, as of
// noise. To find that out by compressing took ten times as long as to write it.
//
// A run of n differences saves n-2 bytes, and has n-1 differences that equal the
// one before, n-2 of which follow another such: so all runs together save at
// most as many bytes as there are of the latter. What is not in runs costs one
// byte in 128. Bytes at the end that don't fill a word are taken to be in runs.
func mayGain(src []byte) bool {
	equal, after := countRuns(src)
	rest := (len(src)-1)%8 + 1
	equal, after = equal+rest, after+rest
	return after > lengthSize+(len(src)-after-2*equal)/maxLiteral
}

// countRuns counts the differences that equal the one before, and those of them
// that follow another, in src up to its last whole word and the byte behind it.
func countRuns(src []byte) (equal, after int) {
	var mask uint64
	before := uint64(src[0])
	for rest := src; len(rest) > 8; rest = rest[8:] {
		word := binary.LittleEndian.Uint64(rest[1:9])
		d := subBytes(word, binary.LittleEndian.Uint64(rest[:8]))
		m := zeroBytes(d ^ (d<<8 | before))
		before = d >> 56
		if m|mask == 0 {
			continue
		}
		equal += bits.OnesCount64(m)
		after += bits.OnesCount64(m & (m<<8 | mask>>56))
		mask = m
	}
	return equal, after
}

// subBytes subtracts each byte of b from that of a, modulo 256.
func subBytes(a, b uint64) uint64 {
	const high = 0x8080808080808080
	return ((a | high) - (b &^ high)) ^ ((a ^ ^b) & high)
}

// zeroBytes has the highest bit of each byte that is zero in v.
func zeroBytes(v uint64) uint64 {
	const low = 0x7f7f7f7f7f7f7f7f
	return ^((v&low + low) | v | low)
}

// appendRuns appends the compressed form of src, which is not empty, and stops
// as soon as it is longer than limit bytes: what is to be thrown away need not
// be finished.
func appendRuns(dst, src []byte, limit int) []byte {
	limit += len(dst)
	out := binary.LittleEndian.AppendUint32(dst, uint32(len(src)))
	delta := func(i int) byte {
		if i == 0 {
			return src[0]
		}
		return src[i] - src[i-1]
	}
	for i := 0; i < len(src) && len(out) <= limit; {
		d := delta(i)
		if i+1 < len(src) && delta(i+1) == d {
			run := 2
			for run < maxRun && i+run < len(src) && delta(i+run) == d {
				run++
			}
			out = append(out, byte(run), d)
			i += run
			continue
		}
		head := len(out)
		out = append(out, 0)
		for i < len(src) && len(out) <= head+maxLiteral {
			d := delta(i)
			if i+1 < len(src) && delta(i+1) == d {
				break
			}
			out = append(out, d)
			i++
		}
		out[head] = byte(head + 1 - len(out)) // minus the number of differences
	}
	return out
}

// Decompress returns the payload that src is the compressed form of, or a
// *[FormatError]. It allocates nothing until it has followed the whole stream
// and found it to yield exactly the length that it declares: so a declared
// length costs memory only if the bytes present bear it out, at most 127 bytes
// for each two. Like the original, it does not look at bytes beyond the one
// that completes the payload.
func Decompress(src []byte) ([]byte, error) { return AppendDecompressed(nil, src) }

// AppendDecompressed is Decompress that appends the payload to dst. If there is
// an error it returns dst unchanged.
func AppendDecompressed(dst, src []byte) ([]byte, error) {
	size, err := DecompressedSize(src)
	if err != nil {
		return dst, err
	}
	dst = slices.Grow(dst, size)
	out := dst[len(dst) : len(dst)+size]
	var last byte // the byte before
	for b := src[lengthSize:]; len(out) > 0; {
		count := int(int8(b[0]))
		if count > 0 {
			d := b[1]
			run := out[:count]
			for i := range run {
				last += d
				run[i] = last
			}
			b, out = b[2:], out[count:]
			continue
		}
		literal := b[1 : 1-count]
		run := out[:len(literal)]
		for i, d := range literal {
			last += d
			run[i] = last
		}
		b, out = b[1-count:], out[len(run):]
	}
	return dst[:len(dst)+size], nil
}

// DecompressedSize returns the length in bytes of what [Decompress] would
// return, or the error that it would, without allocating anything for it.
func DecompressedSize(src []byte) (int, error) {
	if len(src) < lengthSize {
		return 0, &FormatError{Reason: ErrTruncated, Got: int64(len(src)), Want: lengthSize}
	}
	size := int64(binary.LittleEndian.Uint32(src))
	if size > MaxPayload {
		return 0, &FormatError{Reason: ErrTooLarge, Got: size, Want: MaxPayload}
	}
	if size == 0 {
		return 0, &FormatError{Reason: ErrCount, Want: 1}
	}
	var made int64
	at := lengthSize
	for made < size && at < len(src) {
		start := at
		count := int(int8(src[at]))
		at++
		if count > 0 {
			at++
		} else {
			count = -count
			at += count
		}
		if at > len(src) {
			return 0, &FormatError{Offset: start, Reason: ErrTruncated, Got: int64(len(src) - start), Want: int64(at - start)}
		}
		if made += int64(count); made > size {
			return 0, &FormatError{Offset: start, Reason: ErrWrongLength, Got: made, Want: size}
		}
	}
	if made != size {
		return 0, &FormatError{Offset: len(src), Reason: ErrWrongLength, Got: made, Want: size}
	}
	return int(size), nil
}
