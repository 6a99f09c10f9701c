package wire

import (
	"bytes"
	"errors"
	"testing"
)

func markers() []Marker {
	common := Marker{Log: LogID{1, 2, 3}, Generation: 7, Offset: 1234, LastLSN: 9, DurableLSN: 8, DurableBytes: 1000, BatchBytes: 30, BatchCRC: 0xdeadbeef, Entries: 2}
	commit, snapshot, genesis := common, common, common
	commit.Kind, snapshot.Kind, genesis.Kind = Commit, SnapshotMarker, Genesis
	snapshot.Snapshot = SnapshotRef{LSN: 5, SizeBytes: 100, Digest: [32]byte{31: 1}}
	genesis.Snapshot = snapshot.Snapshot
	genesis.Previous = Previous{Kind: PreviousLog, ID: LogID{9}, LastLSN: 4, LengthBytes: 500, Entries: 4, CRC: 77, Archive: "2026.11.23T02.49.57Z-00000006-09000000"}
	return []Marker{commit, snapshot, genesis}
}

func TestMarkerRoundTrip(t *testing.T) {
	for _, m := range markers() {
		b := AppendMarker([]byte("before"), &m)[len("before"):]
		if int64(len(b)) != m.Size() {
			t.Errorf("%v: got %d bytes, want %d", m.Kind, len(b), m.Size())
		}
		got, err := ParseMarker(append(bytes.Clone(b), "behind"...), m.Offset)
		if err != nil || got != m {
			t.Errorf("%v: got %+v, %v\nwant %+v", m.Kind, got, err, m)
		}
		// To a reader that knows nothing of markers it is a byte vector.
		h, err := ParseHeader(b, MaxPayload)
		if err != nil || HeaderSize+h.Size != m.Size() {
			t.Errorf("%v: got header %+v, %v", m.Kind, h, err)
		}
		v, err := Decode(b[HeaderSize:])
		if vec, ok := v.(Vector); err != nil || !ok || vec.Of != KindU8 || !bytes.HasPrefix(vec.Data, []byte(MarkerMagic)) {
			t.Errorf("%v: decodes as %v, %v", m.Kind, v, err)
		}
	}
}

// No flipped bit, no missing byte and no other offset passes.
func TestMarkerProvesItself(t *testing.T) {
	for _, m := range markers() {
		b := AppendMarker(nil, &m)
		for bit := range 8 * len(b) {
			bad := bytes.Clone(b)
			bad[bit/8] ^= 1 << (bit % 8)
			if got, err := ParseMarker(bad, m.Offset); err == nil {
				t.Errorf("%v, bit %d flipped: got %+v", m.Kind, bit, got)
			}
		}
		for n := range b {
			if _, err := ParseMarker(b[:n], m.Offset); err == nil {
				t.Errorf("%v: %d of %d bytes pass", m.Kind, n, len(b))
			}
		}
		if _, err := ParseMarker(b, m.Offset+1); !errors.Is(err, ErrNotMarker) {
			t.Errorf("%v at another offset: got %v", m.Kind, err)
		}
		bad := bytes.Clone(b)
		bad[MarkerPrefixSize+1]++
		if _, err := ParseMarker(bad, m.Offset); !errors.Is(err, ErrMarkerVersion) {
			t.Errorf("%v of another version: got %v", m.Kind, err)
		}
	}
}

// A commit that is read quickly is the one that Parse reads; all else is left to it.
func TestParseCommit(t *testing.T) {
	all := markers()
	sealed := all[0]
	sealed.Sealed = true
	for _, m := range append(all, sealed) {
		b := append(AppendMarker(nil, &m), "behind"...)
		var got Marker
		ok := got.ParseCommit(b, m.Offset)
		if want := m.Kind == Commit && !m.Sealed; ok != want || ok && got != m {
			t.Errorf("%v, sealed %v: got %v, %+v\nwant %v, %+v", m.Kind, m.Sealed, ok, got, want, m)
		}
		if got.ParseCommit(b, m.Offset+1) {
			t.Errorf("%v: passes at another offset", m.Kind)
		}
		for n := range m.Size() {
			if got.ParseCommit(b[:n], m.Offset) {
				t.Errorf("%v: %d of %d bytes pass", m.Kind, n, m.Size())
			}
		}
		for bit := range 8 * m.Size() {
			b[bit/8] ^= 1 << (bit % 8)
			if got.ParseCommit(b, m.Offset) {
				t.Errorf("%v: passes with bit %d flipped", m.Kind, bit)
			}
			b[bit/8] ^= 1 << (bit % 8)
		}
	}
}

func TestParseHeader(t *testing.T) {
	good := Header{Flags: FlagCompressed | FlagRestricted, Type: TypeEntry, Size: 300}
	b := AppendHeader(nil, good)
	if got, err := ParseHeader(b, MaxPayload); err != nil || got != good {
		t.Errorf("got %+v, %v, want %+v", got, err, good)
	}
	for _, tc := range []struct {
		at   int
		to   byte
		want error
	}{{0, 0, ErrPrefix}, {4, 2, ErrVersion}, {6, 1, ErrByteOrder}, {15, 0x80, ErrFrameSize}, {12, 1, ErrFrameSize}} {
		bad := bytes.Clone(b)
		bad[tc.at] = tc.to
		if _, err := ParseHeader(bad, MaxPayload); !errors.Is(err, tc.want) {
			t.Errorf("byte %d set to %d: got %v, want %v", tc.at, tc.to, err, tc.want)
		}
	}
	if _, err := ParseHeader(b[:15], MaxPayload); !errors.Is(err, ErrShortFrame) {
		t.Errorf("15 bytes: got %v", err)
	}
	if _, err := ParseHeader(AppendHeader(nil, Header{}), MaxPayload); !errors.Is(err, ErrFrameSize) {
		t.Errorf("no payload: got %v", err)
	}
}

func FuzzParseMarker(f *testing.F) {
	for _, m := range markers() {
		f.Add(AppendMarker(nil, &m), m.Offset)
	}
	f.Fuzz(func(t *testing.T, b []byte, offset int64) {
		m, err := ParseMarker(b, offset)
		if err != nil {
			return
		}
		again := m
		if got := AppendMarker(nil, &again); again != m || int64(len(got)) != m.Size() {
			t.Errorf("got %+v, want %+v", again, m)
		}
	})
}
