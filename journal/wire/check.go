package wire

import (
	"bytes"
	"encoding/binary"
)

// MaxDepth is how deep values may be nested: a payload's own value is at
// depth 1. It is the original's limit.
const MaxDepth = 512

// maxCount is the largest count of elements that the format allows.
const maxCount = 1_000_000_000

// Check reports whether payload begins with one complete value, as [Decode]
// would, without allocating. Its error is a *[FormatError].
func Check(payload []byte) error {
	if isBytes(payload) {
		return nil
	}
	_, err := Size(payload)
	return err
}

// isBytes says whether payload begins with a whole byte vector, as most opaque
// entries do: that much is told without walking.
func isBytes(payload []byte) bool {
	if len(payload) < vectorHead || payload[0] != byte(KindU8) {
		return false
	}
	n := binary.LittleEndian.Uint64(payload[2:])
	return n <= uint64(len(payload)-vectorHead) && n <= maxCount
}

// Size returns the length in bytes of the value that payload begins with, or
// a *[FormatError]. Bytes that follow the value are the caller's business:
// [Check] and [Decode] ignore them, as the original does.
func Size(payload []byte) (int, error) {
	c := checker{b: payload}
	if !c.value(1) {
		err := c.err // a copy, so that c itself stays on the stack
		return 0, &err
	}
	return c.at, nil
}

// checker walks over a value. Its methods return false, with err set, at the
// first byte that does not fit. Every entry that is appended or replayed goes through
// it, so that it allocates nothing, and believes no count that the bytes present can't
// bear out.
type checker struct {
	b   []byte
	at  int // offset of the next byte
	err FormatError
}

// fail notes what is wrong, and returns false for its caller to return.
func (c *checker) fail(offset int, reason error, got, want int64) bool {
	c.err = FormatError{Offset: offset, Reason: reason, Got: got, Want: want}
	return false
}

// skip passes over n bytes.
func (c *checker) skip(n int) bool {
	if left := len(c.b) - c.at; left < n {
		return c.fail(c.at, ErrTruncated, int64(left), int64(n))
	}
	c.at += n
	return true
}

// name passes over a zero-terminated name.
func (c *checker) name() bool {
	n := bytes.IndexByte(c.b[c.at:], 0)
	if n < 0 {
		return c.fail(c.at, ErrUnterminated, 0, 0)
	}
	c.at += n + 1
	return true
}

// i64 reads 8 bytes.
func (c *checker) i64() (int64, bool) {
	if !c.skip(8) {
		return 0, false
	}
	return int64(binary.LittleEndian.Uint64(c.b[c.at-8:])), true
}

// count reads the attributes and the count that a vector begins with, and
// compares the count with the bytes that are there: an element takes at least
// min bytes.
func (c *checker) count(min int) (int, bool) {
	if !c.skip(1) {
		return 0, false
	}
	n, ok := c.i64()
	if !ok {
		return 0, false
	}
	if n < 0 || n > maxCount {
		return 0, c.fail(c.at-8, ErrCount, n, maxCount)
	}
	if left := len(c.b) - c.at; n*int64(min) > int64(left) {
		return 0, c.fail(c.at-8, ErrTruncated, int64(left), n*int64(min))
	}
	return int(n), true
}

// values passes over n values.
func (c *checker) values(n, depth int) bool {
	for range n {
		if !c.value(depth) {
			return false
		}
	}
	return true
}

// value passes over one value, which is nested that deep.
func (c *checker) value(depth int) bool {
	if depth > MaxDepth {
		return c.fail(c.at, ErrTooDeep, int64(depth), MaxDepth)
	}
	if !c.skip(1) {
		return false
	}
	start := c.at - 1
	k := Kind(c.b[start])
	if k < 0 {
		return c.atom(k)
	}
	switch k {
	case KindNull:
		return true
	case KindSymbol:
		n, ok := c.count(1)
		for ; ok && n > 0; n-- {
			ok = c.name()
		}
		return ok
	case KindString:
		n, ok := c.count(8)
		for ; ok && n > 0; n-- {
			ok = c.text()
		}
		return ok
	case KindList:
		n, ok := c.count(1)
		return ok && c.values(n, depth+1)
	case KindDict:
		return c.skip(1) && c.values(2, depth+1)
	case KindTable:
		return c.table(depth)
	case KindLambda:
		return c.lambda(depth)
	case KindUnary, KindBinary, KindVariadic:
		return c.name()
	}
	width := k.width()
	if width == 0 {
		return c.fail(start, ErrUnknownType, int64(k), 0)
	}
	n, ok := c.count(width)
	return ok && c.skip(n*width)
}

func (c *checker) atom(k Kind) bool {
	start := c.at - 1
	k = -k // of -128 this is -128 again, which is no kind
	width := k.width()
	if width == 0 && k != KindSymbol && k != KindString {
		return c.fail(start, ErrUnknownType, int64(Kind(c.b[start])), 0)
	}
	if !c.skip(1) { // flags
		return false
	}
	switch k {
	case KindSymbol:
		return c.name()
	case KindString:
		return c.text()
	}
	return c.skip(width)
}

// text passes over a length and as many bytes.
func (c *checker) text() bool {
	n, ok := c.i64()
	if !ok {
		return false
	}
	if n < 0 {
		return c.fail(c.at-8, ErrCount, n, 0)
	}
	if left := int64(len(c.b) - c.at); n > left {
		return c.fail(c.at, ErrTruncated, left, n)
	}
	return c.skip(int(n))
}

// table passes over a table's names and columns: as many of the one as of the
// other.
func (c *checker) table(depth int) bool {
	if !c.skip(1) {
		return false
	}
	names := c.at
	if !c.value(depth + 1) {
		return false
	}
	columns := c.at
	if !c.value(depth + 1) {
		return false
	}
	if k := Kind(c.b[names]); k != KindSymbol && k != KindI64 {
		return c.fail(names, ErrShape, int64(k), int64(KindSymbol))
	}
	if k := Kind(c.b[columns]); k != KindList {
		return c.fail(columns, ErrShape, int64(k), int64(KindList))
	}
	n := int64(binary.LittleEndian.Uint64(c.b[names+2:]))
	m := int64(binary.LittleEndian.Uint64(c.b[columns+2:]))
	if n != m {
		return c.fail(columns+2, ErrShape, m, n)
	}
	return true
}

// lambda passes over a function's parameters, its body and, if the attributes
// say so, the dictionary that it closes over.
func (c *checker) lambda(depth int) bool {
	if !c.skip(1) {
		return false
	}
	attrs := c.b[c.at-1]
	if !c.values(2, depth+1) {
		return false
	}
	if attrs&AttrClosure == 0 {
		return true
	}
	closure := c.at
	if !c.value(depth + 1) {
		return false
	}
	if k := Kind(c.b[closure]); k != KindDict {
		return c.fail(closure, ErrShape, int64(k), int64(KindDict))
	}
	return true
}
