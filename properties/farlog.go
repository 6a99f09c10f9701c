package properties

import (
	"os"

	"github.com/spf13/afero"

	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/journal/wire"
	"powercut/vfs"
)

// makeFarLog makes a journal of which the log ends at an offset that is far in it: with
// entries that are holes but for their heads, all of which a snapshot covers. It returns
// the LSN of the last.
func makeFarLog(disk *vfs.Disk, end int64) (lsn uint64, err error) {
	snapshotMarker := wire.Marker{Kind: wire.SnapshotMarker}
	var sizes []int64 // of payloads
	for left := end - wire.GenesisSize - snapshotMarker.Size() - wire.CommitSize; left > 0; {
		size := min(left-wire.HeaderSize-wire.CommitSize, wire.MaxPayload-1<<12)
		sizes = append(sizes, size)
		left -= wire.HeaderSize + size + wire.CommitSize
	}
	lsn = uint64(len(sizes))
	genesis, snapshot, err := snapshotOf(lsn)
	if err != nil {
		return 0, err
	}
	if err := makeDir(disk); err != nil {
		return 0, err
	}
	if err := afero.WriteFile(disk, base+".qdb", snapshot, 0o644); err != nil {
		return 0, err
	}
	file, err := disk.OpenFile(base+".log", os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return 0, err
	}
	l := farLog{file: file}
	l.mark(wire.Marker{Kind: wire.Genesis, Log: genesis.Log, Generation: 1, Sealed: true})
	for i, size := range sizes {
		l.entry(uint64(i+1), size)
	}
	all := wire.Marker{LastLSN: lsn, DurableLSN: lsn}
	for _, m := range []wire.Marker{{Kind: wire.SnapshotMarker, Snapshot: genesis.Snapshot}, {Kind: wire.Commit}} {
		m.LastLSN, m.DurableLSN, m.DurableBytes, m.BatchCRC = all.LastLSN, all.DurableLSN, l.at, l.last.CRC
		l.mark(m)
	}
	if err := file.Close(); l.err == nil {
		l.err = err
	}
	return lsn, l.err
}

// snapshotOf has a journal make a snapshot that covers so many entries which change
// nothing. It returns the genesis of the log behind it, and the file.
func snapshotOf(entries uint64) (genesis wire.Marker, file []byte, err error) {
	disk := vfs.New(vfs.Options{})
	defer disk.Release()
	if err := makeDir(disk); err != nil {
		return genesis, nil, err
	}
	j, _, err := journal.Open(disk, base, newMachine(rayfall.New()).asJournal(), journal.Options{Entropy: sameBytes{}})
	if err != nil {
		return genesis, nil, err
	}
	for range entries {
		if _, err := j.Append(bg, journal.Entry(entryOf(stepOpaque, 0, probe))); err != nil {
			return genesis, nil, err
		}
	}
	if err := j.Snapshot(bg); err != nil {
		return genesis, nil, err
	}
	if err := j.Close(); err != nil {
		return genesis, nil, err
	}
	for f, err := range journal.Inspect(disk, base+".log") {
		if err != nil {
			return genesis, nil, err
		}
		genesis = *f.Marker
		break
	}
	file, err = afero.ReadFile(disk, base+".qdb")
	return genesis, file, err
}

// farLog is a log that is being made.
type farLog struct {
	file afero.File
	at   int64
	last wire.Marker
	err  error // of the first write that failed
}

// put writes at the end.
func (l *farLog) put(b []byte) {
	if _, err := l.file.WriteAt(b, l.at); l.err == nil {
		l.err = err
	}
	l.at += int64(len(b))
}

// mark writes a marker.
func (l *farLog) mark(m wire.Marker) {
	if m.Kind != wire.Genesis {
		m.Log, m.Generation = l.last.Log, l.last.Generation
	}
	m.Offset = l.at
	frame := wire.AppendMarker(nil, &m)
	l.put(frame)
	var err error
	if l.last, err = wire.ParseMarker(frame, m.Offset); l.err == nil {
		l.err = err
	}
}

// entry writes a batch of one entry, a vector of zeros, and leaves these out.
func (l *farLog) entry(lsn uint64, size int64) {
	began := l.at
	frame := wire.AppendHeader(nil, wire.Header{Type: wire.TypeEntry, Size: size})
	vector := wire.Encode(wire.Bytes(nil))
	zeros := size - int64(len(vector))
	for i := range 8 { // how many there are stands at its end
		vector[len(vector)-8+i] = byte(zeros >> (8 * i))
	}
	frame = append(frame, vector...)
	l.put(frame)
	l.at += zeros
	crc := wire.ShiftOf(zeros).Zeros(wire.Checksum(l.last.CRC, frame))
	l.mark(wire.Marker{Kind: wire.Commit, LastLSN: lsn, DurableLSN: lsn - 1, DurableBytes: began, BatchBytes: l.at - began, BatchCRC: crc, Entries: 1})
}
