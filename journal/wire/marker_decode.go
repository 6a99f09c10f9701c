package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// The reasons for which a frame that looks like a marker is not one.
var (
	ErrNotMarker     = errors.New("wire: not a marker")
	ErrMarkerCRC     = errors.New("wire: checksum of a marker does not match")
	ErrMarkerVersion = errors.New("wire: unknown version of the marker format")
	ErrMarkerKind    = errors.New("wire: unknown kind of marker")
)

// UnknownMarkerError says that a marker is of a version or of a kind that this
// package doesn't know. It wraps ErrMarkerVersion or ErrMarkerKind.
type UnknownMarkerError struct {
	Version uint8
	Kind    MarkerKind
	Log     LogID
	// Own: the marker names the offset at which it stands. Proven: so it does, and
	// its CRC is right. If neither, it may be damage to a marker that was known.
	Own, Proven bool
}

func (e *UnknownMarkerError) Error() string {
	if e.Version != MarkerVersion {
		return fmt.Sprintf("%v: got %d, want %d", ErrMarkerVersion, e.Version, MarkerVersion)
	}
	return fmt.Sprintf("%v: got %d, want %d to %d", ErrMarkerKind, uint8(e.Kind), Genesis, SnapshotMarker)
}

// Unwrap returns the reason.
func (e *UnknownMarkerError) Unwrap() error {
	if e.Version != MarkerVersion {
		return ErrMarkerVersion
	}
	return ErrMarkerKind
}

// unknownMarker judges a frame of b that begins like a marker and has a version
// or a kind that is not known. size is the frame's.
func unknownMarker(b []byte, size, offset int64) error {
	e := &UnknownMarkerError{Kind: MarkerKind(b[MarkerPrefixSize]), Version: b[MarkerPrefixSize+1]}
	if len(b) < CommonSize || size < CommonSize {
		return e
	}
	body := b[HeaderSize+vectorHead:]
	copy(e.Log[:], body[16:])
	e.Own = int64(binary.LittleEndian.Uint64(body[40:])) == offset
	if e.Own && size <= MaxLaterSize && size <= int64(len(b)) {
		e.Proven = markerCRC(b[:size]) == binary.LittleEndian.Uint32(b[crcAt:])
	}
	return e
}

// ParseMarker decodes the marker whose frame b begins with and that stands at
// offset in its file. A marker proves itself: by its CRC, and by naming the
// offset at which it stands. Its error wraps one of this file's reasons, and is an
// *UnknownMarkerError for a frame that begins like a marker of another version or
// kind: to prove that, all of it must be in b, up to MaxLaterSize bytes.
func ParseMarker(b []byte, offset int64) (Marker, error) {
	var m Marker
	if err := m.Parse(b, offset); err != nil {
		return Marker{}, err
	}
	return m, nil
}

// Parse is ParseMarker into a marker that is zero. What it leaves there if there
// is an error means nothing.
func (m *Marker) Parse(b []byte, offset int64) error {
	h, err := ParseHeader(b, MaxPayload)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNotMarker, err)
	}
	if !IsMarkerFrame(b) {
		return ErrNotMarker
	}
	if len(b) < MarkerPrefixSize+2 {
		return fmt.Errorf("%w: got %d bytes", ErrNotMarker, len(b))
	}
	m.Kind = MarkerKind(b[MarkerPrefixSize])
	if b[MarkerPrefixSize+1] != MarkerVersion || m.Kind < Genesis || m.Kind > SnapshotMarker {
		return unknownMarker(b, HeaderSize+h.Size, offset)
	}
	if want := m.Size(); HeaderSize+h.Size != want || int64(len(b)) < want {
		return fmt.Errorf("%w: got %d of %d bytes, want %d", ErrNotMarker, len(b), HeaderSize+h.Size, want)
	}
	b = b[:m.Size()]
	le := binary.LittleEndian
	m.CRC = le.Uint32(b[crcAt:])
	if got := markerCRC(b); got != m.CRC {
		return fmt.Errorf("%w: got %#08x, want %#08x", ErrMarkerCRC, got, m.CRC)
	}
	body := b[HeaderSize+vectorHead:]
	m.parseCommon((*[commitBody]byte)(body))
	if m.Offset != offset {
		return fmt.Errorf("%w: stands at offset %d, names %d", ErrNotMarker, offset, m.Offset)
	}
	if m.Kind != Commit {
		m.Snapshot.LSN = le.Uint64(body[88:])
		m.Snapshot.SizeBytes = int64(le.Uint64(body[96:]))
		copy(m.Snapshot.Digest[:], body[104:])
	}
	if m.Kind == Genesis {
		p := &m.Previous
		copy(p.ID[:], body[136:])
		p.LastLSN = le.Uint64(body[152:])
		p.LengthBytes = int64(le.Uint64(body[160:]))
		p.Entries = le.Uint64(body[168:])
		p.CRC = le.Uint32(body[176:])
		p.Kind = PreviousKind(body[180])
		n := min(int(body[181]), MaxArchive)
		p.Archive = string(bytes.Clone(body[archiveAt : archiveAt+n]))
	}
	return nil
}

// parseCommon decodes what a marker of each kind has.
func (m *Marker) parseCommon(body *[commitBody]byte) {
	le := binary.LittleEndian
	m.Log = LogID(body[16:])
	m.Generation = le.Uint64(body[32:])
	m.Offset = int64(le.Uint64(body[40:]))
	m.LastLSN = le.Uint64(body[48:])
	m.DurableLSN = le.Uint64(body[56:])
	m.DurableBytes = int64(le.Uint64(body[64:]))
	m.BatchBytes = int64(le.Uint64(body[72:]))
	m.BatchCRC = le.Uint32(body[80:])
	m.Entries = le.Uint32(body[84:])
	m.Sealed = body[flagsAt]&flagSealed != 0
}

// ParseCommit is Parse for the most frequent marker, a commit that is not sealed,
// and quick. It says whether b begins with a whole one that proves itself: of all
// else, Parse tells what it is. m must be zero, or from ParseCommit.
func (m *Marker) ParseCommit(b []byte, offset int64) bool {
	if len(b) < CommitSize || string(b[:crcAt]) != commitHead {
		return false
	}
	crc := binary.LittleEndian.Uint32(b[crcAt:])
	if Checksum(commitHeadCRC, b[crcAt+4:CommitSize]) != crc {
		return false
	}
	m.Kind, m.CRC = Commit, crc
	m.parseCommon((*[commitBody]byte)(b[HeaderSize+vectorHead:]))
	return m.Offset == offset
}
