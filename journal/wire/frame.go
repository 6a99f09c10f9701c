package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// The header of a frame, 16 bytes, little-endian:
//
//	offset size
//	     0    4  prefix, 0xcefadefa
//	     4    1  version, 3
//	     5    1  flags: 1 compressed, 2 restricted
//	     6    1  byte order, 0 for little-endian
//	     7    1  message type: 1 in a log, 0 or 0x70 in a snapshot
//	     8    8  size of the payload in bytes, signed
const (
	HeaderSize   = 16
	FramePrefix  = 0xcefadefa
	FrameVersion = 3
)

// Flags of a frame.
const (
	FlagCompressed = 1 // the payload is compressed
	FlagRestricted = 2 // the entry is evaluated without the right to mutate
)

// Message types of a frame. The original doesn't look at them, and no more is read
// from them here than whose a snapshot is: beside one of this package's stands a log
// that tells which entries it covers, or stood.
const (
	TypeSnapshot    = 0
	TypeEntry       = 1
	TypeOwnSnapshot = 0x70
)

// MaxSnapshot is the largest snapshot file that the format allows, its header
// included, in bytes.
const MaxSnapshot = 1_000_000_000

// Header is the decoded header of a frame.
type Header struct {
	Flags uint8
	Type  uint8
	Size  int64 // of the payload, in bytes
}

// The reasons for which 16 bytes are not the header of a frame.
var (
	ErrPrefix     = errors.New("wire: not the prefix of a frame")
	ErrVersion    = errors.New("wire: unknown version of the frame format")
	ErrByteOrder  = errors.New("wire: not little-endian")
	ErrFrameSize  = errors.New("wire: size of a payload out of range")
	ErrShortFrame = errors.New("wire: frame cut short")
)

// AppendHeader appends the 16 bytes of a header.
func AppendHeader(dst []byte, h Header) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, FramePrefix)
	dst = append(dst, FrameVersion, h.Flags, 0, h.Type)
	return binary.LittleEndian.AppendUint64(dst, uint64(h.Size))
}

// ParseHeader decodes the header that b begins with. A payload may have from 1
// to maxSize bytes. The error wraps one of this file's reasons; unknown flags
// are kept and ignored, as the original does.
func ParseHeader(b []byte, maxSize int64) (Header, error) {
	if len(b) < HeaderSize {
		return Header{}, fmt.Errorf("%w: got %d bytes of a header, want %d", ErrShortFrame, len(b), HeaderSize)
	}
	if got := binary.LittleEndian.Uint32(b); got != FramePrefix {
		return Header{}, fmt.Errorf("%w: got %#08x, want %#08x", ErrPrefix, got, uint32(FramePrefix))
	}
	if b[4] != FrameVersion {
		return Header{}, fmt.Errorf("%w: got %d, want %d", ErrVersion, b[4], FrameVersion)
	}
	if b[6] != 0 {
		return Header{}, fmt.Errorf("%w: got byte order %d, want 0", ErrByteOrder, b[6])
	}
	h := Header{Flags: b[5], Type: b[7], Size: int64(binary.LittleEndian.Uint64(b[8:]))}
	if h.Size < 1 || h.Size > maxSize {
		return Header{}, fmt.Errorf("%w: got %d, want 1 to %d", ErrFrameSize, h.Size, maxSize)
	}
	return h, nil
}

// What the first 8 bytes of a header have in common, and where.
const (
	headBits = FramePrefix | FrameVersion<<32
	headMask = 0x00ff00ff_ffffffff
)

// magicBits are MarkerMagic.
var magicBits = binary.LittleEndian.Uint64([]byte(MarkerMagic))

// EntryFrames returns how many whole frames b begins with, none of them a
// marker's, and the bytes that they take. Of a frame that is not whole, or no
// frame, or so short that it might be a marker's, [ParseHeader] tells more.
func EntryFrames(b []byte) (n, size int) {
	for len(b)-size >= MarkerPrefixSize {
		f := (*[MarkerPrefixSize]byte)(b[size:])
		payload := binary.LittleEndian.Uint64(f[8:])
		if binary.LittleEndian.Uint64(f[:])&headMask != headBits || payload-1 >= MaxPayload || payload > uint64(len(b)-size-HeaderSize) {
			break
		}
		if binary.LittleEndian.Uint64(f[HeaderSize+vectorHead:]) == magicBits && IsMarkerFrame(f[:]) {
			break
		}
		size += HeaderSize + int(payload)
		n++
	}
	return n, size
}

// CutFrame takes the first frame off b, which is known to begin with a whole one.
func CutFrame(b []byte) (flags uint8, payload, rest []byte) {
	end := HeaderSize + int(binary.LittleEndian.Uint64(b[8:]))
	return b[5], b[HeaderSize:end], b[end:]
}
