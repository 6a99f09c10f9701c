package rayfall

import (
	"slices"

	"powercut/journal/wire"
)

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
