package wire

import "hash/crc32"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Checksum continues the CRC-32C crc over b.
func Checksum(crc uint32, b []byte) uint32 { return crc32.Update(crc, castagnoli, b) }

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
