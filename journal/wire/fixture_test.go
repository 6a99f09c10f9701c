package wire

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// framePayloads returns the payloads of the whole frames in a file that the
// real program wrote: those that are compressed, or those that are not.
func framePayloads(t testing.TB, path string, compressed bool) [][]byte {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var found [][]byte
	for len(file) > 16 && binary.LittleEndian.Uint32(file) == 0xcefadefa {
		size := binary.LittleEndian.Uint64(file[8:])
		if size > uint64(len(file)-16) {
			break
		}
		if file[5]&1 != 0 == compressed {
			found = append(found, file[16:16+size])
		}
		file = file[16+size:]
	}
	return found
}

// Every value that the real program wrote decodes, and encodes to its bytes.
func TestFixtureValuesBothWays(t *testing.T) {
	files, err := filepath.Glob("../testdata/rayforce/*/j*")
	if err != nil {
		t.Fatal(err)
	}
	values := 0
	for _, file := range files {
		for i, payload := range framePayloads(t, file, false) {
			if payload[0] == 0x55 { // of a type that does not exist, on purpose
				continue
			}
			v, err := Decode(payload)
			if err != nil {
				t.Errorf("%s: frame %d: %v", file, i, err)
				continue
			}
			if got := Encode(v); !bytes.Equal(got, payload) {
				t.Errorf("%s: frame %d: got %x, want %x", file, i, got, payload)
			}
			values++
		}
	}
	if values < 100 {
		t.Errorf("got %d values, want more than 100", values)
	}
}

// What the real program compressed decompresses, and compressing it again
// gives back its bytes.
func TestCompressLikeTheOriginal(t *testing.T) {
	frames := framePayloads(t, "../testdata/rayforce/compressed/j.log", true)
	if len(frames) != 2 {
		t.Fatalf("got %d compressed frames, want 2", len(frames))
	}
	for i, frame := range frames {
		plain, err := Decompress(frame)
		if err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
		if err := Check(plain); err != nil {
			t.Errorf("frame %d: %v", i, err)
		}
		// The client that sent the second of them did not ask whether it had
		// become smaller, so compare the streams first.
		if got := appendRuns(nil, plain, len(frame)); !bytes.Equal(got, frame) {
			t.Errorf("frame %d: compressed again\ngot  %x\nwant %x", i, got, frame)
		}
		smaller := len(frame) < len(plain)
		got, ok := Compress([]byte("kept"), plain)
		if ok != smaller {
			t.Errorf("frame %d: Compress: got %v, want %v", i, ok, smaller)
		}
		if want := append([]byte("kept"), frame...); ok && !bytes.Equal(got, want) {
			t.Errorf("frame %d: Compress\ngot  %x\nwant %x", i, got, want)
		}
	}
}
