package wire

import (
	"bytes"
	"encoding/binary"
	"os"
	"testing"
)

// compressedFrames returns the payloads of the compressed frames in a log that
// the real program wrote.
func compressedFrames(t *testing.T, path string) [][]byte {
	t.Helper()
	log, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var found [][]byte
	for len(log) >= 16 {
		size := binary.LittleEndian.Uint64(log[8:])
		payload := log[16 : 16+size]
		if log[5]&1 != 0 {
			found = append(found, payload)
		}
		log = log[16+size:]
	}
	return found
}

// What the real program compressed decompresses, and compressing it again
// gives back its bytes.
func TestCompressLikeTheOriginal(t *testing.T) {
	frames := compressedFrames(t, "../testdata/rayforce/compressed/j.log")
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
