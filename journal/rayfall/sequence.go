package rayfall

import (
	"math"
	"slices"

	"powercut/journal/wire"
)

// take returns so many elements from the front of a collection, or from its end
// if the number is negative, and begins again where there are fewer. With two
// numbers it returns a stretch: where it begins and how long it is.
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
		if n < 0 {
			return nil, unsupported("take", "of an atom from the end")
		}
		one, ok := pack([]wire.Value{x})
		if !ok || x.Kind() == wire.KindF32 {
			return nil, unsupported("take", "of a %v", x.Kind())
		}
		return m.takeRows("take", one, n)
	case wire.Vector, wire.Symbols, wire.Texts, wire.List:
		return m.takeRows("take", x, n)
	case wire.Text:
		size := int64(len(x.Text))
		switch {
		case n < -size || n > size:
			return nil, unsupported("take", "of more bytes than a string has")
		case n < 0:
			return wire.Text{Text: x.Text[size+n:]}, nil
		}
		return wire.Text{Text: x.Text[:n]}, nil
	case wire.Dict:
		if n < 0 || n > int64(length(x.Keys)) || length(x.Keys) != length(x.Vals) {
			return nil, unsupported("take", "of a dictionary")
		}
		keys, err := m.takeRows("take", x.Keys, n)
		if err != nil {
			return nil, err
		}
		vals, err := m.takeRows("take", x.Vals, n)
		if err != nil {
			return nil, err
		}
		return wire.Dict{Keys: keys, Vals: vals}, nil
	case wire.Table:
		f, err := frameOf(x)
		if err != nil {
			return nil, err
		}
		if n < -int64(f.rows()) || n > int64(f.rows()) {
			return nil, unsupported("take", "of more rows than a table has")
		}
		return m.pickRows(f, cycle(f.rows(), n))
	}
	return nil, unsupported("take", "of a %v", x.Kind())
}

// takeRows returns so many elements from one end, over and over.
func (m *Machine) takeRows(name string, x wire.Value, n int64) (wire.Value, error) {
	if n == 0 {
		return m.emptyOf(x), nil
	}
	if length(x) == 0 {
		return nil, unsupported(name, "of what is empty")
	}
	if n < -MaxEntryBytes || n > MaxEntryBytes {
		if n == math.MaxInt64 || n == math.MinInt64 {
			return nil, fail(ErrLimit, "%s of %d elements", name, n)
		}
		return nil, limited(name, "of %d elements", n)
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

// takeRange returns length elements from start on, as far as there are any.
func (m *Machine) takeRange(x wire.Value, from, length_ wire.Scalar) (wire.Value, error) {
	start, n := from.Int(), length_.Int()
	if from.IsNull() || length_.IsNull() {
		if n < 0 {
			return nil, fail(ErrLength, "take: got a stretch of %v", length_)
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

// drop returns a vector without so many elements at its front, or at its end if
// the number is negative.
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

// where returns the indices at which a vector of booleans holds.
func (m *Machine) where(x wire.Value) (wire.Value, error) {
	flags, ok := booleans(x)
	if !ok {
		if x.Kind() == wire.KindTable {
			return nil, unsupported("where", "of a table")
		}
		return nil, fail(ErrType, "where: got %v, want booleans", x.Kind())
	}
	if err := m.spend(len(flags), 16); err != nil {
		return nil, err
	}
	return indices(trueRows(flags)), nil
}

// trueRows returns the numbers of the bytes that are not zero.
func trueRows(flags []byte) []int {
	var rows []int
	for i, b := range flags {
		if b != 0 {
			rows = append(rows, i)
		}
	}
	return rows
}

// raze makes one vector or list of the elements of a list's elements. Anything
// else it returns as it is.
func (m *Machine) raze(x wire.Value) (wire.Value, error) {
	l, ok := x.(wire.List)
	if !ok {
		if x.Kind() == wire.KindDict {
			return nil, fail(ErrType, "raze of a dictionary")
		}
		if x.Kind() == wire.KindTable {
			return nil, unsupported("raze", "of a table")
		}
		return x, nil
	}
	if len(l.Items) == 0 {
		return l, nil
	}
	kind, vectors := l.Items[0].Kind(), true
	for _, e := range l.Items {
		vectors = vectors && isCollection(e) && !isList(e) && e.Kind() == kind
	}
	if !vectors {
		return nil, unsupported("raze", "of a list of other than vectors of one kind")
	}
	out := l.Items[0]
	for _, e := range l.Items[1:] {
		var err error
		if out, err = m.join(out, e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// bin returns the index of the last element of an ascending vector that is not
// above a value, -1 if all are.
func (m *Machine) bin(x, y wire.Value) (wire.Value, error) {
	v, ok := x.(wire.Vector)
	if !ok || v.Of != wire.KindI64 {
		if !isCollection(x) || x.Kind() != y.Kind() && (x.Kind() == wire.KindSymbol || x.Kind() == wire.KindBool && !isNumeric(y.Kind())) {
			return nil, fail(ErrType, "bin: got %v, want an ascending vector", x.Kind())
		}
		return nil, unsupported("bin", "in a %v", x.Kind())
	}
	if mayHoldNulls(v) || v.Len() == 0 {
		return nil, unsupported("bin", "in a vector of nulls, or an empty one")
	}
	for i := 1; i < v.Len(); i++ {
		if v.At(i-1).Int() > v.At(i).Int() {
			return nil, unsupported("bin", "in a vector that is not ascending")
		}
	}
	search := func(value int64) int {
		low, high := 0, v.Len()
		for low < high {
			mid := (low + high) / 2
			if v.At(mid).Int() <= value {
				low = mid + 1
			} else {
				high = mid
			}
		}
		return low - 1
	}
	switch y := y.(type) {
	case wire.Scalar:
		if y.Of == wire.KindI64 && !y.IsNull() {
			return wire.Int(int64(search(y.Int()))), nil
		}
	case wire.Vector:
		if y.Of == wire.KindI64 && !mayHoldNulls(y) {
			if err := m.spend(y.Len(), 16); err != nil {
				return nil, err
			}
			rows := make([]int, y.Len())
			for i := range rows {
				rows[i] = search(y.At(i).Int())
			}
			return indices(rows), nil
		}
	case wire.Dict:
		return nil, fail(ErrType, "bin of a dictionary")
	}
	return nil, unsupported("bin", "of %v", y.Kind())
}

// within tells whether each of a vector's elements lies between two others,
// both included.
func (m *Machine) within(x, bounds wire.Value) (wire.Value, error) {
	a, ok := x.(wire.Vector)
	b, pair := bounds.(wire.Vector)
	switch {
	case isFunction(x) || isFunction(bounds) || x.Kind() == wire.KindTable || bounds.Kind() == wire.KindTable:
		return nil, unsupported("within", "of %v and %v", x.Kind(), bounds.Kind())
	case !pair || b.Len() != 2:
		if isCollection(bounds) && length(bounds) == 2 {
			return nil, unsupported("within", "of bounds of %v", bounds.Kind())
		}
		return nil, fail(ErrType, "within: got bounds of kind %v, want a vector of two", bounds.Kind())
	case ok && a.Of == wire.KindI64 && b.Of == wire.KindI64 && !mayHoldNulls(a) && !mayHoldNulls(b):
		out := make([]byte, a.Len())
		if err := m.spend(a.Len(), 1); err != nil {
			return nil, err
		}
		for i := range out {
			if v := a.At(i).Int(); v >= b.At(0).Int() && v <= b.At(1).Int() {
				out[i] = 1
			}
		}
		return wire.Vector{Of: wire.KindBool, Data: out}, nil
	}
	return nil, unsupported("within", "of %v between %v", x.Kind(), bounds.Kind())
}

// newDict is dict: a dictionary of a vector of keys and as many values; one
// value stands for all.
func (m *Machine) newDict(keys, vals wire.Value) (wire.Value, error) {
	switch keys.(type) {
	case wire.Vector, wire.Symbols, wire.Texts:
	case wire.Table, wire.Lambda, wire.Builtin:
		return nil, unsupported("dict", "with keys of %v", keys.Kind())
	default:
		return nil, fail(ErrType, "dict: got keys of kind %v, want a vector", keys.Kind())
	}
	n := length(keys)
	if err := m.spend(n, valueSize); err != nil {
		return nil, err
	}
	items := make([]wire.Value, n)
	for i := range items {
		switch {
		case !isCollection(vals):
			items[i] = vals
		case i < length(vals):
			items[i] = element(vals, i)
		case isList(vals):
			items[i] = wire.NullOf(wire.KindI64)
		default:
			return nil, unsupported("dict", "of fewer values than keys, where the original takes what lies in memory")
		}
	}
	return wire.Dict{Keys: keys, Vals: wire.List{Items: items}}, nil
}

// isNil is nil?: whether a value is a null. A collection is none.
func (m *Machine) isNil(x wire.Value) (wire.Value, error) {
	switch v := x.(type) {
	case wire.Symbol:
		if v.Name == "" {
			return nil, unsupported("nil?", "of the empty symbol")
		}
	case wire.Text:
		if v.Text == "" {
			return nil, unsupported("nil?", "of the empty string")
		}
	case wire.GUID:
		return nil, unsupported("nil?", "of a guid")
	}
	return wire.Bool(isNull(x)), nil
}

// reverse returns a collection's elements from the last to the first. An atom
// is its own reverse.
func (m *Machine) reverse(x wire.Value) (wire.Value, error) {
	switch x.(type) {
	case wire.Dict:
		return nil, fail(ErrType, "reverse of a dictionary")
	case wire.Table, wire.Lambda, wire.Builtin:
		return nil, unsupported("reverse", "of a %v", x.Kind())
	}
	if !isCollection(x) || length(x) <= 1 {
		return x, nil
	}
	rows := make([]int, length(x))
	for i := range rows {
		rows[i] = i
	}
	slices.Reverse(rows)
	return m.pick(x, rows)
}

// cut divides a vector at indices. Only what cannot be divided so is evaluated.
func (m *Machine) cut(x, at wire.Value) (wire.Value, error) {
	size := int64(length(x))
	switch v := x.(type) {
	case wire.Text:
		size = int64(len(v.Text))
	case wire.Dict:
		size = 2
	case wire.Table, wire.Lambda, wire.Builtin:
		return nil, unsupported("cut", "of a %v", x.Kind())
	default:
		if !isCollection(x) {
			return nil, fail(ErrType, "cut: got %v, want a vector", x.Kind())
		}
	}
	switch at := at.(type) {
	case wire.Vector:
		if at.Of != wire.KindI64 {
			break
		}
		for i := range at.Len() {
			if a := at.At(i).Int(); a < 0 || a > size {
				return nil, fail(ErrDomain, "cut: got index %d of %d", a, size)
			}
		}
		return nil, unsupported("cut", "")
	case wire.Scalar:
		if isInteger(at.Of) && at.Int() > 0 && at.Int() <= size {
			return nil, unsupported("cut", "")
		}
	case wire.Lambda, wire.Builtin, wire.Table:
		return nil, unsupported("cut", "at a %v", at.Kind())
	}
	return nil, fail(ErrType, "cut: got indices of kind %v, want i64", at.Kind())
}
