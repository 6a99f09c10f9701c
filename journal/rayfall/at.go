package rayfall

import "powercut/journal/wire"

// at returns what a collection holds at an index, or at each of several, or
// what a dictionary holds for a key. What is not there is a null.
func (m *Machine) at(x, index wire.Value) (wire.Value, error) {
	switch v := x.(type) {
	case wire.Dict:
		return m.atKeys(v, index)
	case wire.Text:
		return m.atText(v, index)
	case wire.Table:
		return nil, fail(ErrUnsupported, "at of a table")
	}
	return m.atEach(x, index, 1)
}

// keepsKind reports whether at gives a vector of x's kind: if x is a vector,
// and index one of i64 of which each is there.
func keepsKind(x, index wire.Value) bool {
	at, ok := index.(wire.Vector)
	if _, list := x.(wire.List); list || !isCollection(x) || !ok || at.Of != wire.KindI64 {
		return false
	}
	for i := range at.Len() {
		if j := at.At(i).Int(); j < 0 || j >= int64(length(x)) {
			return false
		}
	}
	return true
}

// kindOf is the kind of a vector of scalars, 0 for every other value.
func kindOf(x wire.Value) wire.Kind {
	if v, ok := x.(wire.Vector); ok && v.Of != wire.KindGUID {
		return v.Of
	}
	return 0
}

// atKeys looks up a key, or each of a vector of them. A list is one key.
func (m *Machine) atKeys(d wire.Dict, key wire.Value) (wire.Value, error) {
	if _, list := key.(wire.List); list || !isCollection(key) {
		return lookup(d, key), nil
	}
	n := length(key)
	if err := m.spend(n, valueSize); err != nil {
		return nil, err
	}
	out := make([]wire.Value, n)
	for i := range out {
		out[i] = lookup(d, element(key, i))
	}
	return wire.List{Items: out}, nil
}

// atEach indexes x by an integer, or by each of a collection of indices.
func (m *Machine) atEach(x, index wire.Value, depth int) (wire.Value, error) {
	if depth > maxEvalDepth {
		return nil, fail(ErrLimit, "at: lists nested more than %d deep", maxEvalDepth)
	}
	if !isCollection(index) {
		return atIndex(x, index)
	}
	n := length(index)
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
	if keepsKind(x, index) {
		return gather(out, kindOf(x)), nil
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
		i, err := position(index)
		if err != nil {
			return nil, err
		}
		if i < 0 || i >= int64(len(x.Text)) {
			return nil, fail(ErrDomain, "at: index %d of a string of %d bytes", i, len(x.Text))
		}
		return wire.Text{Text: x.Text[i : i+1]}, nil
	}
	n := length(index)
	if err := m.spend(n, 1); err != nil {
		return nil, err
	}
	out := make([]byte, n)
	for j := range out {
		i, err := position(element(index, j))
		if err != nil {
			return nil, err
		}
		if i < 0 || i >= int64(len(x.Text)) {
			return nil, fail(ErrDomain, "at: index %d of a string of %d bytes", i, len(x.Text))
		}
		out[j] = x.Text[i]
	}
	return wire.Text{Text: string(out)}, nil
}

// position returns the number that an index is.
func position(index wire.Value) (int64, error) {
	s, ok := index.(wire.Scalar)
	if !ok || !isInteger(s.Of) {
		return 0, fail(ErrType, "at: got an index of kind %v, want an integer", index.Kind())
	}
	return s.Int(), nil
}
