package wire_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"powercut/journal/wire"
)

// everyKind holds, for each kind of value, its bytes, its value, and how it is
// shown. The bytes in the upper part were written by the real program.
var everyKind = []struct {
	hex   string
	value wire.Value
	shown string
}{
	{"7e", wire.Null{}, "null"},
	{"fb000c00000000000000", wire.Int(12), "12"},
	{"f9000000000000003940", wire.Float(25), "25.0"},
	{"ff0001", wire.Bool(true), "true"},
	{"f300060000000000000068c3a96c6c6f", wire.String("héllo"), `"héllo"`},
	{"f42061626300", wire.Quoted("abc"), "'abc"},
	{"f4007800", wire.Name("x"), "x"},
	{"0500020000000000000001000000000000000900000000000000", wire.Ints(1, 9), "[1 9]"},
	{"07000200000000000000000000000000f83f0000000000000440", wire.Floats(1.5, 2.5), "[1.5 2.5]"},
	{"0200050000000000000068656c6c6f", wire.Bytes([]byte("hello")), "[0x68 0x65 0x6c 0x6c 0x6f]"},
	{"0c00020000000000000070007100", wire.Symbols{Names: []string{"p", "q"}}, "[p q]"},
	{"00000300000000000000fb000100000000000000f300010000000000000061f4206200",
		wire.Values(wire.Int(1), wire.String("a"), wire.Quoted("b")), `(1 "a" 'b)`},
	{"63000c0002000000000000006100620000000200000000000000fb000100000000000000fb000200000000000000",
		wire.NewDict([]string{"a", "b"}, []wire.Value{wire.Int(1), wire.Int(2)}), "{a: 1 b: 2}"},

	{"fe000a", wire.Scalar{Of: wire.KindU8, Bits: 10}, "0x0a"},
	{"fd00feff", wire.Scalar{Of: wire.KindI16, Bits: 0xfffe}, "-2h"},
	{"fc00feffffff", wire.Scalar{Of: wire.KindI32, Bits: 0xfffffffe}, "-2i"},
	{"fa000000c03f", wire.Scalar{Of: wire.KindF32, Bits: 0x3fc00000}, "1.5"},
	{"f80041260000", wire.Scalar{Of: wire.KindDate, Bits: 9793}, "2026.10.24"},
	{"f70001000000", wire.Scalar{Of: wire.KindTime, Bits: 1}, "00:00:00.001"},
	{"f60001000000000000 00", wire.Scalar{Of: wire.KindTimestamp, Bits: 1}, "2000.01.01D00:00:00.000000001"},
	{"f500000102030405060708090a0b0c0d0e0f",
		wire.GUID{Bytes: [16]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}}, "00010203-0405-0607-0809-0a0b0c0d0e0f"},
	{"fb010000000000000080", wire.NullOf(wire.KindI64), "0Nl"},
	{"f901000000000000f87f", wire.NullOf(wire.KindF64), "0Nf"},
	{"0d00020000000000000001000000000000006100000000 00000000", wire.Texts{Texts: []string{"a", ""}}, `["a" ""]`},
	{"05400100000000000000 0000000000000080", wire.Vector{Of: wire.KindI64, Attrs: wire.AttrNulls, Data: []byte{0, 0, 0, 0, 0, 0, 0, 0x80}}, "[0Nl]"},
	{"0b00" + "0000000000000000", wire.Vector{Of: wire.KindGUID, Data: []byte{}}, "[]"},
	{"6200" + "0c0001000000000000006100" + "0000010000000000000001000100000000000000 01",
		wire.Table{Names: wire.Symbols{Names: []string{"a"}}, Values: wire.Values(wire.Vector{Of: wire.KindBool, Data: []byte{1}})}, "(table [a] ([true]))"},
	{"6400" + "0c0001000000000000006100" + "00000000000000000000",
		wire.Lambda{Params: wire.Symbols{Names: []string{"a"}}, Body: wire.List{Items: []wire.Value{}}}, "(lambda [a] ())"},
	{"6401" + "7e" + "7e" + "63007e7e",
		wire.Lambda{Attrs: wire.AttrClosure, Params: wire.Null{}, Body: wire.Null{}, Closure: wire.Dict{Keys: wire.Null{}, Vals: wire.Null{}}}, "(lambda null null {null: null})"},
	{"662b00", wire.Builtin{Of: wire.KindBinary, Name: "+"}, "<builtin +>"},
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryKindBothWays(t *testing.T) {
	for _, test := range everyKind {
		t.Run(test.shown, func(t *testing.T) {
			raw := unhex(t, test.hex)
			got, err := wire.Decode(raw)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.value, got); diff != "" {
				t.Errorf("decoded (-want +got):\n%s", diff)
			}
			if got := wire.Encode(test.value); !bytes.Equal(got, raw) {
				t.Errorf("encoded: got %x, want %x", got, raw)
			}
			if got.String() != test.shown {
				t.Errorf("shown: got %s, want %s", got, test.shown)
			}
			if !wire.Equal(got, test.value) {
				t.Error("Equal: got false, want true")
			}
		})
	}
}

// Cut anywhere, no value is one; with anything after it, every value is.
func TestCutAndContinued(t *testing.T) {
	for _, test := range everyKind {
		raw := unhex(t, test.hex)
		for n := range raw {
			v, err := wire.Decode(raw[:n])
			var format *wire.FormatError
			if !errors.As(err, &format) {
				t.Fatalf("%s: cut to %d bytes: got %v, %v, want a *FormatError", test.shown, n, v, err)
			}
			if format.Offset > n {
				t.Errorf("%s: cut to %d bytes: got offset %d", test.shown, n, format.Offset)
			}
		}
		n, err := wire.Size(append(raw[:len(raw):len(raw)], 0x55, 0xff))
		if err != nil || n != len(raw) {
			t.Errorf("%s: with more after it: got %d, %v, want %d", test.shown, n, err, len(raw))
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	nested := func(depth int) string { return strings.Repeat("00000100000000000000", depth-1) + "7e" }
	if _, err := wire.Decode(unhex(t, nested(wire.MaxDepth))); err != nil {
		t.Errorf("nested %d deep: %v", wire.MaxDepth, err)
	}
	for _, test := range []struct {
		name, hex string
		reason    error
		offset    int
	}{
		{"nothing", "", wire.ErrTruncated, 0},
		{"a type that does not exist", "55010203", wire.ErrUnknownType, 0},
		{"an atom that does not exist", "80000000", wire.ErrUnknownType, 0},
		{"an error object", "7f0000000000000000", wire.ErrUnknownType, 0},
		{"a count below 0", "0500ffffffffffffffff", wire.ErrCount, 2},
		{"a count of 10^9 and 1", "000001ca9a3b00000000", wire.ErrCount, 2},
		{"more elements than bytes", "0500ffff000000000000aabb", wire.ErrTruncated, 2},
		{"a string below 0", "f300ffffffffffffffff", wire.ErrCount, 2},
		{"a name without end", "f400616263", wire.ErrUnterminated, 2},
		{"one level too deep", nested(wire.MaxDepth + 1), wire.ErrTooDeep, 10 * wire.MaxDepth},
		{"a table with names but no columns", "62000c00010000000000000061000000000000000000 0000", wire.ErrShape, 16},
		{"a table named by a number", "6200fb000100000000000000" + "00000000000000000000", wire.ErrShape, 2},
		{"a table of a number", "62000c000000000000000000" + "fb000100000000000000", wire.ErrShape, 12},
		{"a lambda that closes over a number", "64017e7efb000100000000000000", wire.ErrShape, 4},
		{"an unknown type in a list", "000002000000000000007e55", wire.ErrUnknownType, 11},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := wire.Decode(unhex(t, test.hex))
			var format *wire.FormatError
			if !errors.As(err, &format) || !errors.Is(err, test.reason) || format.Offset != test.offset {
				t.Errorf("got %v, want %v at offset %d", err, test.reason, test.offset)
			}
		})
	}
}

// A few bytes must not cost more than a few bytes of memory, however often they
// claim a large count.
func TestCheckAllocatesNothing(t *testing.T) {
	for _, test := range everyKind {
		raw := unhex(t, test.hex)
		if n := testing.AllocsPerRun(10, func() {
			if err := wire.Check(raw); err != nil {
				t.Error(err)
			}
		}); n != 0 {
			t.Errorf("%s: got %v allocations, want 0", test.shown, n)
		}
	}
}

func TestNamesEndAtAZeroByte(t *testing.T) {
	for _, v := range []wire.Value{
		wire.Name("a\x00b"), wire.Quoted("a\x00b"),
		wire.NewDict([]string{"a\x00b"}, []wire.Value{wire.Null{}}),
	} {
		got, err := wire.Decode(wire.Encode(v))
		if err != nil {
			t.Fatal(err)
		}
		if !wire.Equal(got, v) {
			t.Errorf("got %v, want %v", got, v)
		}
	}
}

func TestEqual(t *testing.T) {
	for i, a := range everyKind {
		for j, b := range everyKind {
			if got := wire.Equal(a.value, b.value); got != (i == j) {
				t.Errorf("%s and %s: got %v", a.shown, b.shown, got)
			}
		}
	}
	if nan := wire.Float(math.NaN()); !wire.Equal(nan, nan) {
		t.Error("a NaN does not equal itself")
	}
	if wire.Equal(wire.Null{}, nil) {
		t.Error("null equals no value")
	}
}

func TestSummaryKeepsToItsLimit(t *testing.T) {
	long := wire.Values(wire.Ints(make([]int64, 1000)...), wire.String(strings.Repeat("x", 1000)))
	for _, v := range []wire.Value{long, wire.String(strings.Repeat("\x00", 1000)), wire.NewDict([]string{"a"}, []wire.Value{long})} {
		got := wire.Summary(v, 40)
		if len(got) > 200 || !strings.Contains(got, "...") {
			t.Errorf("got %d bytes: %s", len(got), got)
		}
	}
	if got := wire.Summary(wire.Ints(1, 2), 40); got != "[1 2]" {
		t.Errorf("got %s, want [1 2]", got)
	}
}

func TestSourceText(t *testing.T) {
	for _, test := range []struct {
		hex, want string
		ok        bool
	}{
		{"f30001000000000000007a", "z", true},
		{"f30001000000000000007a7a", "z", true},
		{"f30101000000000000007a", "", true},
		{"f30002000000000000007a", "", false},
		{"f300ffffffffffffffff7a", "", false},
		{"f300", "", false},
		{"f4007a00", "", false},
	} {
		got, ok := wire.SourceText(unhex(t, test.hex))
		if string(got) != test.want || ok != test.ok {
			t.Errorf("%s: got %q, %v, want %q, %v", test.hex, got, ok, test.want, test.ok)
		}
	}
}

// FuzzDecode: Check and Decode agree, and what was decoded encodes to the bytes
// that it was decoded from.
func FuzzDecode(f *testing.F) {
	for _, test := range everyKind {
		f.Add(unhex(f, test.hex))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		v, err := wire.Decode(payload)
		if checked := wire.Check(payload); (checked == nil) != (err == nil) {
			t.Fatalf("Check: %v, Decode: %v", checked, err)
		}
		if err != nil {
			var format *wire.FormatError
			if !errors.As(err, &format) {
				t.Fatalf("got %T, want *FormatError", err)
			}
			return
		}
		n, err := wire.Size(payload)
		if err != nil {
			t.Fatal(err)
		}
		if got := wire.Encode(v); !bytes.Equal(got, payload[:n]) {
			t.Fatalf("encoded again: got %x, want %x", got, payload[:n])
		}
		if shown := wire.Summary(v, 64); len(shown) > 64+1024 {
			t.Fatalf("a summary of %d bytes", len(shown))
		}
	})
}
