package wire

import (
	"bytes"
	"math/bits"
)

// IsMarkerPayload says whether a payload is a byte vector that begins with the
// magic, whatever follows: such a payload is kept for markers.
func IsMarkerPayload(payload []byte) bool {
	return len(payload) >= vectorHead+len(MarkerMagic) && payload[0] == byte(KindU8) &&
		string(payload[vectorHead:vectorHead+len(MarkerMagic)]) == MarkerMagic
}

// IsMarkerFrame is IsMarkerPayload for a whole frame, or its beginning of at
// least MarkerPrefixSize bytes.
func IsMarkerFrame(frame []byte) bool {
	return len(frame) >= MarkerPrefixSize && IsMarkerPayload(frame[HeaderSize:])
}

// NearlyGenesis says whether b begins with a frame of the size and form of a
// genesis whose magic has a bit or two wrong: rot, since nobody appends that.
func NearlyGenesis(b []byte) bool {
	h, err := ParseHeader(b, MaxPayload)
	if err != nil || HeaderSize+h.Size != GenesisSize || len(b) < MarkerPrefixSize || b[HeaderSize] != byte(KindU8) {
		return false
	}
	wrong := 0
	for i := range len(MarkerMagic) {
		wrong += bits.OnesCount8(b[HeaderSize+vectorHead+i] ^ MarkerMagic[i])
	}
	return wrong <= 2
}

// MayBeTornMarker says whether b, which stands at an offset and begins with a
// whole frame, may be what a power cut left of a marker that was to stand there:
// the first sector of it was written, and ends before it tells that it is one.
func MayBeTornMarker(b []byte, offset, sectorBytes int64) bool {
	written := min(int(sectorBytes-offset%sectorBytes), MarkerPrefixSize, len(b))
	if written == MarkerPrefixSize {
		return IsMarkerFrame(b)
	}
	h, err := ParseHeader(b, MaxPayload)
	if err != nil {
		return false
	}
	for _, kind := range []MarkerKind{Commit, SnapshotMarker} {
		m := Marker{Kind: kind}
		if HeaderSize+h.Size == m.Size() && bytes.Equal(b[:written], m.appendHead(nil)[:written]) {
			return true
		}
	}
	return false
}
