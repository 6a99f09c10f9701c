package wire

import (
	"fmt"
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
// Behind a sealed marker, which is a genesis or that of a Close, a program that knows
// of markers writes another marker first. So a bare frame there is another program's.
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
