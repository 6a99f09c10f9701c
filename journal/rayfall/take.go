package rayfall

import (
	"math"

	"powercut/journal/wire"
)

// take returns count elements from the front of a collection, or from its end if
// count is negative. Where the collection has fewer, it begins again. If count is
// two numbers, the first says where to begin and the second how many elements to
// take, and take stops at the end of the collection.
func (m *Machine) take(x, count wire.Value) (wire.Value, error) {
	if v, ok := count.(wire.Vector); ok && v.Of == wire.KindI64 && v.Len() == 2 {
		return m.takeRange(x, v.At(0), v.At(1))
	}
	n, err := wholeNumber("take", count)
	if err != nil {
		return nil, err
	}
	switch x := x.(type) {
	case wire.Scalar, wire.Symbol:
		return m.takeAtom(x, n)
	case wire.Vector, wire.Symbols, wire.Texts, wire.List:
		return m.takeRows(x, n)
	case wire.Text:
		return takeText(x, n)
	case wire.Dict:
		return m.takeDict(x, n)
	case wire.Table:
		return m.takeTable(x, n)
	}
	return nil, unsupported("take", "of a %v", x.Kind())
}

// takeAtom returns a vector of n times an atom.
func (m *Machine) takeAtom(x wire.Value, n int64) (wire.Value, error) {
	if n < 0 {
		return nil, unsupported("take", "of an atom from the end")
	}
	one, ok := pack([]wire.Value{x})
	if !ok || x.Kind() == wire.KindF32 {
		return nil, unsupported("take", "of a %v", x.Kind())
	}
	return m.takeRows(one, n)
}

func takeText(x wire.Text, n int64) (wire.Value, error) {
	size := int64(len(x.Text))
	switch {
	case n < -size || n > size:
		return nil, unsupported("take", "of more bytes than a string has")
	case n < 0:
		return wire.Text{Text: x.Text[size+n:]}, nil
	}
	return wire.Text{Text: x.Text[:n]}, nil
}

func (m *Machine) takeDict(x wire.Dict, n int64) (wire.Value, error) {
	if n < 0 || n > int64(length(x.Keys)) || length(x.Keys) != length(x.Vals) {
		return nil, unsupported("take", "of a dictionary")
	}
	keys, err := m.takeRows(x.Keys, n)
	if err != nil {
		return nil, err
	}
	vals, err := m.takeRows(x.Vals, n)
	if err != nil {
		return nil, err
	}
	return wire.Dict{Keys: keys, Vals: vals}, nil
}

func (m *Machine) takeTable(x wire.Table, n int64) (wire.Value, error) {
	f, err := frameOf(x)
	if err != nil {
		return nil, err
	}
	if n < -int64(f.rows()) || n > int64(f.rows()) {
		return nil, unsupported("take", "of more rows than a table has")
	}
	return m.pickRows(f, cycle(f.rows(), n))
}

// takeRows returns n elements of a collection, over and over: from its front, or
// from its end if n is negative.
func (m *Machine) takeRows(x wire.Value, n int64) (wire.Value, error) {
	if n == 0 {
		return m.emptyOf(x), nil
	}
	if length(x) == 0 {
		return nil, unsupported("take", "of what is empty")
	}
	if n < -MaxEntryBytes || n > MaxEntryBytes {
		if n == math.MaxInt64 || n == math.MinInt64 {
			return nil, fail(ErrLimit, "take of %d elements", n)
		}
		return nil, limited("take", "of %d elements", n)
	}
	size := n
	if n < 0 {
		size = -n
	}
	if err := m.spend(int(size), valueSize); err != nil {
		return nil, err
	}
	return m.pick(x, cycle(length(x), n))
}

// cycle returns the first n numbers below size, over and over, or the last -n.
func cycle(size int, n int64) []int {
	if size == 0 {
		return nil
	}
	start := 0
	if n < 0 {
		n = -n
		start = (size - int(n%int64(size))) % size
	}
	rows := make([]int, n)
	for i := range rows {
		rows[i] = (start + i) % size
	}
	return rows
}

// emptyOf returns a collection's like without elements.
func (m *Machine) emptyOf(x wire.Value) wire.Value {
	v, _ := m.pick(x, nil)
	return v
}

// takeRange returns up to count elements from an index on. A negative index counts
// from the end.
func (m *Machine) takeRange(x wire.Value, from, count wire.Scalar) (wire.Value, error) {
	start, n := from.Int(), count.Int()
	if from.IsNull() || count.IsNull() {
		if n < 0 {
			return nil, fail(ErrLength, "take: got a stretch of %v", count)
		}
		return nil, unsupported("take", "from a null on")
	}
	if n < 0 {
		return nil, fail(ErrLength, "take: got a stretch of %d", n)
	}
	size := int64(0)
	switch v := x.(type) {
	case wire.Text:
		size = int64(len(v.Text))
	case wire.Vector, wire.Symbols:
		size = int64(length(x))
	default:
		return nil, unsupported("take", "of a stretch of a %v", x.Kind())
	}
	if start < 0 {
		start = max(size+start, 0)
	}
	start = min(start, size)
	end := start + min(n, size-start)
	if v, ok := x.(wire.Text); ok {
		return wire.Text{Text: v.Text[start:end]}, nil
	}
	rows := make([]int, end-start)
	for i := range rows {
		rows[i] = int(start) + i
	}
	return m.pick(x, rows)
}

// wholeNumber reads a count.
func wholeNumber(name string, v wire.Value) (int64, error) {
	s, ok := v.(wire.Scalar)
	switch {
	case ok && isInteger(s.Of) && !s.IsNull():
		return s.Int(), nil
	case ok && !isInteger(s.Of):
		return 0, fail(ErrType, "%s: got a count of kind %v, want an integer", name, v.Kind())
	case ok || isFunction(v):
		return 0, unsupported(name, "of %v", v.Kind())
	}
	return 0, fail(ErrType, "%s: got a count of kind %v, want an integer", name, v.Kind())
}

// drop returns a vector without its first count elements, or without its last if
// count is negative.
func (m *Machine) drop(x, count wire.Value) (wire.Value, error) {
	n, err := wholeNumber("drop", count)
	if err != nil {
		return nil, err
	}
	switch x.(type) {
	case wire.Vector, wire.Symbols:
	default:
		return nil, unsupported("drop", "from a %v", x.Kind())
	}
	size := int64(length(x))
	from, to := min(max(n, 0), size), size
	if n < 0 {
		to = max(size+n, 0)
	}
	rows := make([]int, to-from)
	for i := range rows {
		rows[i] = int(from) + i
	}
	return m.pick(x, rows)
}
