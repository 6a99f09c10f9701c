package rayfall

import (
	"slices"

	"powercut/journal/wire"
)

// at returns what a collection holds at an index, or at each of several; what a
// dictionary holds for a key; or of a table a column, or a row as a dictionary.
// It returns a null for what is not there.
func (m *Machine) at(x, index wire.Value) (wire.Value, error) {
	switch v := x.(type) {
	case wire.Dict:
		return m.atKey(v, index)
	case wire.Text:
		return m.atText(v, index)
	case wire.Table:
		return m.atTable(v, index)
	}
	return m.atEach(x, index, 1)
}

// keepsKind reports whether at gives a vector of x's kind, and not a list: if x is
// a vector and holds something at each of the indices, which are i64.
func keepsKind(x, index wire.Value) bool {
	at, ok := index.(wire.Vector)
	if isList(x) || !isCollection(x) || !ok || at.Of != wire.KindI64 {
		return false
	}
	for i := range at.Len() {
		if j := at.At(i).Int(); j < 0 || j >= int64(length(x)) {
			return false
		}
	}
	return true
}

// atKey looks a key up. A vector or a list is one key, as any other value is.
func (m *Machine) atKey(d wire.Dict, key wire.Value) (wire.Value, error) {
	if isCollection(key) && isList(d.Keys) && slices.ContainsFunc(d.Keys.(wire.List).Items, isCompound) {
		return nil, unsupported("at", "of a dictionary with a %v for a key", key.Kind())
	}
	return lookup(d, key), nil
}

// atEach indexes x by an integer, or by each of a collection of indices.
func (m *Machine) atEach(x, index wire.Value, depth int) (wire.Value, error) {
	if depth > maxEvalDepth {
		return nil, limited("at", "lists nested more than %d deep", maxEvalDepth)
	}
	if !isCollection(index) || index.Kind() == wire.KindSymbol {
		return atIndex(x, index)
	}
	n := length(index)
	if keepsKind(x, index) {
		rows := make([]int, n)
		for i := range rows {
			rows[i] = int(index.(wire.Vector).At(i).Int())
		}
		return m.pick(x, rows)
	}
	if err := m.spend(n, valueSize); err != nil {
		return nil, err
	}
	out := make([]wire.Value, n)
	for i := range out {
		var err error
		if out[i], err = m.atEach(x, element(index, i), depth+1); err != nil {
			return nil, err
		}
	}
	return wire.List{Items: out}, nil
}

func atIndex(x, index wire.Value) (wire.Value, error) {
	i, err := position(index)
	if err != nil {
		return nil, err
	}
	if !isCollection(x) {
		return nil, fail(ErrType, "at: got %v, want a vector, a list or a dictionary", x.Kind())
	}
	if i < 0 || i >= int64(length(x)) {
		return missing(x), nil
	}
	return element(x, int(i)), nil
}

// atText returns the byte of a string at an index, or a string of those at
// several. One that is not there is an error.
func (m *Machine) atText(x wire.Text, index wire.Value) (wire.Value, error) {
	if !isCollection(index) {
		i, err := textPosition(x, index)
		if err != nil {
			return nil, err
		}
		return wire.Text{Text: x.Text[i : i+1]}, nil
	}
	n := length(index)
	if n > maxJoined {
		return nil, fail(ErrLimit, "at: got %d indices of a string, want at most %d", n, maxJoined)
	}
	if err := m.spend(n, 1); err != nil {
		return nil, err
	}
	out := make([]byte, n)
	for j := range out {
		i, err := textPosition(x, element(index, j))
		if err != nil {
			return nil, err
		}
		out[j] = x.Text[i]
	}
	return wire.Text{Text: string(out)}, nil
}

// textPosition is an index of a string. The original takes any value for it, and
// of one that is no integer the bits.
func textPosition(x wire.Text, index wire.Value) (int, error) {
	var i int64
	switch v := index.(type) {
	case wire.Scalar:
		if isTemporal(v.Of) {
			return 0, unsupported("at", "of a string and a %v", v.Of)
		}
		i = v.Int()
		if v.Of == wire.KindF32 {
			return 0, unsupported("at", "of a string and a %v", v.Of)
		}
		if v.Of == wire.KindF64 {
			i = int64(v.Bits)
		}
	case wire.Text:
		if v.Text != "" {
			return 0, unsupported("at", "of a string and a string")
		}
	default:
		return 0, unsupported("at", "of a string and a %v", index.Kind())
	}
	if i < 0 || i >= int64(len(x.Text)) {
		return 0, fail(ErrDomain, "at: index %d of a string of %d bytes", i, len(x.Text))
	}
	return int(i), nil
}

// atTable returns a column of a table by its name, or a row by its number as a
// dictionary.
func (m *Machine) atTable(t wire.Table, index wire.Value) (wire.Value, error) {
	f, err := frameOf(t)
	if err != nil {
		return nil, err
	}
	switch v := index.(type) {
	case wire.Symbol:
		if i := f.index(v.Name); i >= 0 {
			return f.columns[i], nil
		}
	case wire.Scalar:
		if v.Of != wire.KindI64 || v.Int() < 0 || v.Int() >= int64(f.rows()) {
			break
		}
		vals := make([]wire.Value, len(f.columns))
		for i, c := range f.columns {
			vals[i] = element(c, int(v.Int()))
		}
		return wire.Dict{Keys: wire.Symbols{Names: f.names}, Vals: wire.List{Items: vals}}, nil
	}
	return nil, unsupported("at", "of a table and %v", wire.Summary(index, 40))
}

// position returns the number that an index is.
func position(index wire.Value) (int64, error) {
	s, ok := index.(wire.Scalar)
	if !ok || !isInteger(s.Of) {
		return 0, fail(ErrType, "at: got an index of kind %v, want an integer", index.Kind())
	}
	return s.Int(), nil
}
