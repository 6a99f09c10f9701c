package wire_test

import (
	"errors"
	"fmt"

	"powercut/journal/wire"
)

// A payload is one value: here the expression (set x (+ x 1)).
func Example() {
	payload := wire.Encode(wire.Values(
		wire.Name("set"), wire.Name("x"),
		wire.Values(wire.Name("+"), wire.Name("x"), wire.Int(1)),
	))
	v, err := wire.Decode(payload)
	fmt.Println(v, err, len(payload))
	// Output: (set x (+ x 1)) <nil> 48
}

func ExampleCheck() {
	payload := wire.Encode(wire.Ints(1, 2, 3))
	err := wire.Check(payload[:20])
	fmt.Println(err)
	fmt.Println(errors.Is(err, wire.ErrTruncated))
	// Output:
	// wire: offset 2: truncated: got 10, want 24
	// true
}

func ExampleCompress() {
	plain := wire.Encode(wire.Ints(make([]int64, 1000)...))
	compressed, ok := wire.Compress(nil, plain)
	fmt.Println(len(plain), len(compressed), ok)
	again, err := wire.Decompress(compressed)
	fmt.Println(string(again) == string(plain), err)
	// Output:
	// 8010 138 true
	// true <nil>
}

func ExampleSummary() {
	fmt.Println(wire.Summary(wire.Ints(make([]int64, 1000)...), 20))
	// Output: [0 0 0 0 0 0 0 0 0 0 ...]
}
