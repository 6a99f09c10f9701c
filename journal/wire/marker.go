package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math/bits"
)

// A marker is a frame whose payload is a byte vector that begins with
// MarkerMagic. To a reader that knows nothing of markers it is a value that
// evaluates to itself. The vector, little-endian, offsets within it:
//
//	offset size
//	     0    8  magic
//	     8    1  kind: 1 genesis, 2 commit, 3 snapshot
//	     9    1  version of the marker format, 1
//	    10    1  flags: 1 sealed
//	    11    1  zero
//	    12    4  CRC-32C of the whole frame, these four bytes taken as zero
//	    16   16  id of the log
//	    32    8  generation of the log
//	    40    8  offset of the frame in its file
//	    48    8  LSN of the last entry before the marker
//	    56    8  LSN known durable before the marker was written
//	    64    8  bytes of the file known durable before the marker was written
//	    72    8  bytes between the marker before this one and this one
//	    80    4  CRC-32C of those bytes, begun with the CRC of the marker before
//	    84    4  number of entries in those bytes
//	    88       end of a commit
//
// A snapshot marker and a genesis go on with
//
//	 88    8  LSN that the snapshot covers
//	 96    8  size of the snapshot file in bytes, 0 for no snapshot
//	104   32  SHA-256 of the snapshot file
//	136       end of a snapshot marker
//
// and a genesis then with the log before it:
//
//	136   16  its id, zero for a log without markers
//	152    8  its last LSN
//	160    8  its length in bytes
//	168    8  its number of entries
//	176    4  CRC of its last marker; of a log without markers, CRC-32C of it all
//	180    1  0 no log before, 1 one with markers, 2 one without
//	181    1  length of the name that follows
//	182   66  what stands between "<base>." and ".log" in its archive's name
//	248       end of a genesis
//
// Each CRC covers the one before it, from the genesis on: a marker, or a
// batch, of another history does not fit, even where it stands at the right
// offset.
//
// Behind a sealed marker, which is a genesis or that of a Close, whoever knows of
// markers writes a marker first. So a bare frame there is another program's.
//
// A marker of any version, and of any kind, begins with the first 48 bytes of
// this, and its frame has at most MaxLaterSize bytes: so one that proves itself is
// known for a marker, whatever the rest of it means, and tells that its log is for
// a later version of this package.
const (
	MarkerMagic   = "\x8fpwrcut\n"
	MarkerVersion = 1

	vectorHead    = 10 // type, attributes, i64 count
	commitBody    = 88
	snapshotBody  = 136
	genesisBody   = 248
	flagSealed    = 1 // of a marker
	flagsAt       = 10
	crcAt         = HeaderSize + vectorHead + 12
	archiveAt     = 182
	MaxArchive    = genesisBody - archiveAt
	CommitSize    = HeaderSize + vectorHead + commitBody  // of the frame, in bytes
	GenesisSize   = HeaderSize + vectorHead + genesisBody // of the frame, in bytes
	MaxMarkerSize = GenesisSize                           // of a marker's frame, in bytes
	// CommonSize is how much of a marker's frame means the same in every version,
	// and MaxLaterSize the largest that any version may write, in bytes.
	CommonSize   = HeaderSize + vectorHead + 48
	MaxLaterSize = 4096
	// MarkerPrefixSize is how many bytes from its beginning tell a marker's
	// frame from any other's.
	MarkerPrefixSize = HeaderSize + vectorHead + len(MarkerMagic)
)

// MarkerKind says what a marker is for.
type MarkerKind uint8

// The kinds of marker.
const (
	Genesis        MarkerKind = 1 // the first frame of a log
	Commit         MarkerKind = 2 // after each batch
	SnapshotMarker MarkerKind = 3 // before a snapshot is renamed in
)

func (k MarkerKind) String() string {
	switch k {
	case Genesis:
		return "genesis"
	case Commit:
		return "commit"
	case SnapshotMarker:
		return "snapshot"
	}
	return fmt.Sprintf("MarkerKind(%d)", uint8(k))
}

// LogID tells one log from every other.
type LogID [16]byte

func (id LogID) String() string { return fmt.Sprintf("%x", id[:]) }

// SnapshotRef identifies a snapshot file. The zero value means none.
type SnapshotRef struct {
	LSN       uint64 // that it covers
	SizeBytes int64
	Digest    [32]byte // SHA-256
}

// PreviousKind says what log a genesis continues.
type PreviousKind uint8

// The kinds of log before a genesis.
const (
	NoPrevious  PreviousKind = 0
	PreviousLog PreviousKind = 1 // with markers
	PreviousOld PreviousKind = 2 // without: written by the original
)

// Previous identifies the log that a genesis continues.
type Previous struct {
	Kind        PreviousKind
	ID          LogID
	LastLSN     uint64
	LengthBytes int64
	Entries     uint64
	CRC         uint32
	Archive     string // part of its archive's name, at most MaxArchive bytes
}

// Marker is the decoded form of a marker frame.
type Marker struct {
	Kind         MarkerKind
	Log          LogID
	Generation   uint64
	Offset       int64 // of the frame in its file
	LastLSN      uint64
	DurableLSN   uint64
	DurableBytes int64
	BatchBytes   int64
	BatchCRC     uint32
	Entries      uint32
	Sealed       bool        // another marker follows, or what follows is not ours
	Snapshot     SnapshotRef // of a genesis and a snapshot marker
	Previous     Previous    // of a genesis
	// CRC is the marker's own checksum: what the next one's begins with.
	// AppendMarker computes it.
	CRC uint32
}

// Size is the length of the marker's frame in bytes.
func (m *Marker) Size() int64 {
	switch m.Kind {
	case Genesis:
		return GenesisSize
	case SnapshotMarker:
		return HeaderSize + vectorHead + snapshotBody
	}
	return CommitSize
}

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

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Checksum continues the CRC-32C crc over b.
func Checksum(crc uint32, b []byte) uint32 { return crc32.Update(crc, castagnoli, b) }

// AppendMarker appends the marker's frame to dst and sets m.CRC.
func AppendMarker(dst []byte, m *Marker) []byte {
	start := len(dst)
	dst = append(m.appendHead(dst), 0, 0, 0, 0)
	le := binary.LittleEndian
	dst = append(dst, m.Log[:]...)
	dst = le.AppendUint64(dst, m.Generation)
	dst = le.AppendUint64(dst, uint64(m.Offset))
	dst = le.AppendUint64(dst, m.LastLSN)
	dst = le.AppendUint64(dst, m.DurableLSN)
	dst = le.AppendUint64(dst, uint64(m.DurableBytes))
	dst = le.AppendUint64(dst, uint64(m.BatchBytes))
	dst = le.AppendUint32(dst, m.BatchCRC)
	dst = le.AppendUint32(dst, m.Entries)
	if m.Kind != Commit {
		dst = le.AppendUint64(dst, m.Snapshot.LSN)
		dst = le.AppendUint64(dst, uint64(m.Snapshot.SizeBytes))
		dst = append(dst, m.Snapshot.Digest[:]...)
	}
	if m.Kind == Genesis {
		p := &m.Previous
		dst = append(dst, p.ID[:]...)
		dst = le.AppendUint64(dst, p.LastLSN)
		dst = le.AppendUint64(dst, uint64(p.LengthBytes))
		dst = le.AppendUint64(dst, p.Entries)
		dst = le.AppendUint32(dst, p.CRC)
		name := p.Archive[:min(len(p.Archive), MaxArchive)]
		dst = append(dst, byte(p.Kind), byte(len(name)))
		dst = append(dst, name...)
		dst = append(dst, make([]byte, MaxArchive-len(name))...)
	}
	m.CRC = markerCRC(dst[start:])
	le.PutUint32(dst[start+crcAt:], m.CRC)
	return dst
}

// appendHead appends what is before the marker's CRC.
func (m *Marker) appendHead(dst []byte) []byte {
	body := m.Size() - HeaderSize - vectorHead
	dst = AppendHeader(dst, Header{Type: TypeEntry, Size: vectorHead + body})
	dst = append(dst, byte(KindU8), 0)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(body))
	dst = append(dst, MarkerMagic...)
	var flags byte
	if m.Sealed {
		flags |= flagSealed
	}
	return append(dst, byte(m.Kind), MarkerVersion, flags, 0)
}

// noCRC stands for a marker's own CRC while that is computed.
var noCRC [4]byte

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
	copy(m.Log[:], body[16:])
	m.Generation = le.Uint64(body[32:])
	m.Offset = int64(le.Uint64(body[40:]))
	m.LastLSN = le.Uint64(body[48:])
	m.DurableLSN = le.Uint64(body[56:])
	m.DurableBytes = int64(le.Uint64(body[64:]))
	m.BatchBytes = int64(le.Uint64(body[72:]))
	m.BatchCRC = le.Uint32(body[80:])
	m.Entries = le.Uint32(body[84:])
	m.Sealed = body[flagsAt]&flagSealed != 0
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
