package wire

import "encoding/binary"

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
