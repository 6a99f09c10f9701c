package rayfall

import (
	"sort"

	"powercut/journal/wire"
)

// bin returns the index of the last element of an ascending vector that is not
// above a value, -1 if all are; or the indices for each value of a vector.
func (m *Machine) bin(x, y wire.Value) (wire.Value, error) {
	v, err := ascending(x, y)
	if err != nil {
		return nil, err
	}
	search := func(value int64) int {
		return sort.Search(v.Len(), func(i int) bool { return v.At(i).Int() > value }) - 1
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

// ascending returns the vector x that bin is to search for y: one of i64 without
// nulls, in ascending order. Others are not evaluated.
func ascending(x, y wire.Value) (wire.Vector, error) {
	v, ok := x.(wire.Vector)
	switch {
	case ok && v.Of == wire.KindI64:
	case !isCollection(x), x.Kind() != y.Kind() && x.Kind() == wire.KindSymbol,
		x.Kind() != y.Kind() && x.Kind() == wire.KindBool && !isNumeric(y.Kind()):
		return v, fail(ErrType, "bin: got %v, want an ascending vector", x.Kind())
	default:
		return v, unsupported("bin", "in a %v", x.Kind())
	}
	if mayHoldNulls(v) || v.Len() == 0 {
		return v, unsupported("bin", "in a vector of nulls, or an empty one")
	}
	for i := 1; i < v.Len(); i++ {
		if v.At(i-1).Int() > v.At(i).Int() {
			return v, unsupported("bin", "in a vector that is not ascending")
		}
	}
	return v, nil
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
