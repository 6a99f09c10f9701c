package wire_test

import (
	"bytes"
	"errors"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"powercut/journal/wire"
)

func TestCompressOnlyWhatGainsByIt(t *testing.T) {
	ramp := make([]byte, wire.MinCompress+1)
	for i := range ramp {
		ramp[i] = byte(i)
	}
	noise := make([]byte, wire.MinCompress+1)
	x := uint32(1)
	for i := range noise {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	for _, test := range []struct {
		name string
		src  []byte
		want bool
	}{
		{"nothing", nil, false},
		{"at the limit", ramp[:wire.MinCompress], false},
		{"beyond the limit", ramp, true},
		{"noise", noise, false},
	} {
		dst, ok := wire.Compress([]byte("kept"), test.src)
		if ok != test.want || !bytes.HasPrefix(dst, []byte("kept")) || !ok && len(dst) != 4 {
			t.Errorf("%s: got %v with %d bytes, want %v", test.name, ok, len(dst), test.want)
		}
	}
}

// What is not even tried would indeed have gained nothing.
func TestCompressTriesWhatGains(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var src []byte
		share := rapid.IntRange(0, 40).Draw(t, "share of runs")
		for len(src) <= wire.MinCompress {
			if rapid.IntRange(0, 40).Draw(t, "kind") < share {
				n := rapid.IntRange(1, 6).Draw(t, "n")
				src = append(src, bytes.Repeat([]byte{rapid.Byte().Draw(t, "value")}, n)...)
			} else {
				n := rapid.IntRange(1, 60).Draw(t, "n")
				src = append(src, rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "literal")...)
			}
		}
		_, tried := wire.Compress(nil, src)
		if gains := wire.CompressedSize(src) < len(src); tried != gains {
			t.Fatalf("compressed to %d of %d bytes, but Compress says %v", wire.CompressedSize(src), len(src), tried)
		}
	})
}

// A payload that gains anywhere but in a few bytes is compressed by a writer in
// a hurry too, to the same bytes; noise is not, and never does it become larger.
func TestCompressFast(t *testing.T) {
	noise := func(t *rapid.T, n int) []byte {
		b := make([]byte, n)
		x := rapid.Uint32().Draw(t, "noise")
		for i := range b {
			x = x*1664525 + 1013904223
			b[i] = byte(x >> 24)
		}
		return b
	}
	rapid.Check(t, func(t *rapid.T) {
		src := noise(t, rapid.IntRange(0, 20000).Draw(t, "bytes"))
		if got, ok := wire.CompressFast([]byte("kept"), src); ok || string(got) != "kept" {
			t.Fatalf("%d bytes of noise became %d", len(src), len(got))
		}
		run := bytes.Repeat([]byte{rapid.Byte().Draw(t, "value")}, 1100)
		src = slices.Concat(src, run, noise(t, wire.MinCompress))
		want, gains := wire.Compress([]byte("kept"), src)
		if got, ok := wire.CompressFast([]byte("kept"), src); ok != gains || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes became %d (%v), want %d (%v)", len(src), len(got), ok, len(want), gains)
		}
	})
}

// Made of runs and literals of every length, a payload comes back.
func TestCompressBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var src []byte
		for len(src) <= wire.MinCompress {
			n := rapid.IntRange(1, 300).Draw(t, "n")
			if rapid.Bool().Draw(t, "run") {
				src = append(src, bytes.Repeat([]byte{rapid.Byte().Draw(t, "value")}, n)...)
			} else {
				src = append(src, rapid.SliceOfN(rapid.Byte(), n, n).Draw(t, "literal")...)
			}
		}
		compressed, ok := wire.Compress(nil, src)
		if !ok {
			return
		}
		if len(compressed) >= len(src) {
			t.Fatalf("got %d bytes of %d", len(compressed), len(src))
		}
		got, err := wire.Decompress(compressed)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, src) {
			t.Fatalf("got %x, want %x", got, src)
		}
	})
}

func TestDecompress(t *testing.T) {
	for _, test := range []struct {
		name, hex, want string
		reason          error
	}{
		{"a run", "03000000 0301", "010203", nil},
		{"a literal", "03000000 fd010101", "010203", nil},
		{"a literal of nothing", "03000000 00 0301", "010203", nil},
		{"the longest literal", "80000000 80" + repeat("00", 128), repeat("00", 128), nil},
		{"bytes beyond the last", "03000000 0301 55", "010203", nil},
		{"no length", "030000", "", wire.ErrTruncated},
		{"a length of 0", "00000000 0101", "", wire.ErrCount},
		{"a length beyond 256 MiB", "01000010 7f00", "", wire.ErrTooLarge},
		{"a run without its value", "03000000 03", "", wire.ErrTruncated},
		{"a literal cut short", "03000000 fd0101", "", wire.ErrTruncated},
		{"fewer bytes than declared", "04000000 0301", "", wire.ErrWrongLength},
		{"more bytes than declared", "02000000 0301", "", wire.ErrWrongLength},
		{"256 MiB out of two bytes", "00000010 7f00", "", wire.ErrWrongLength},
	} {
		t.Run(test.name, func(t *testing.T) {
			src := unhex(t, test.hex)
			got, err := wire.Decompress(src)
			if !errors.Is(err, test.reason) || !bytes.Equal(got, unhex(t, test.want)) {
				t.Errorf("got %x, %v, want %s, %v", got, err, test.want, test.reason)
			}
			var format *wire.FormatError
			if err != nil && !errors.As(err, &format) {
				t.Errorf("got %T, want *FormatError", err)
			}
		})
	}
}

// What the stream does not bear out is not allocated.
func TestDecompressAllocatesNoBomb(t *testing.T) {
	bomb := unhex(t, "00000010 7f00 7f00")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	const runs = 100
	for range runs {
		if _, err := wire.Decompress(bomb); err == nil {
			t.Fatal("got no error")
		}
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) / runs; got > 1<<10 {
		t.Errorf("got %d bytes allocated for each, want at most 1 KiB", got)
	}
}

func repeat(s string, n int) string { return string(bytes.Repeat([]byte(s), n)) }

// FuzzDecompress: whatever decompresses is of the declared length, and what
// Compress makes of it decompresses to the same.
func FuzzDecompress(f *testing.F) {
	f.Add([]byte{3, 0, 0, 0, 3, 1})
	f.Add([]byte{3, 0, 0, 0, 0xfd, 1, 1, 1})
	f.Fuzz(func(t *testing.T, src []byte) {
		got, err := wire.Decompress(src)
		size, sizeErr := wire.DecompressedSize(src)
		if (err == nil) != (sizeErr == nil) || len(got) != size {
			t.Fatalf("Decompress: %d bytes, %v; DecompressedSize: %d, %v", len(got), err, size, sizeErr)
		}
		if err != nil {
			return
		}
		if len(got) > 127*len(src)/2 {
			t.Fatalf("%d bytes out of %d", len(got), len(src))
		}
		if compressed, ok := wire.Compress(nil, got); ok {
			again, err := wire.Decompress(compressed)
			if err != nil || !bytes.Equal(again, got) {
				t.Fatalf("compressed again: %v, %d bytes, want %d", err, len(again), len(got))
			}
		}
	})
}
