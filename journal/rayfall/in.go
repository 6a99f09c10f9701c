package rayfall

import (
	"slices"

	"powercut/journal/wire"
)

// in tells whether a value, or each of a collection, is in another collection;
// of a string, each of its bytes.
func (m *Machine) in(x, y wire.Value) (wire.Value, error) {
	return m.isIn(x, y, 1)
}

func (m *Machine) isIn(x, y wire.Value, depth int) (wire.Value, error) {
	if depth > maxEvalDepth {
		return nil, limited("in", "lists nested more than %d deep", maxEvalDepth)
	}
	if t, ok := x.(wire.Text); ok {
		switch y := y.(type) {
		case wire.Text:
			return m.bytesIn(t.Text, func(c byte) bool {
				return slices.Contains([]byte(y.Text), c)
			})
		case wire.List:
			return m.bytesIn(t.Text, func(c byte) bool {
				return slices.ContainsFunc(y.Items, func(e wire.Value) bool {
					return equalAtoms(wire.Text{Text: string([]byte{c})}, e)
				})
			})
		}
	}
	if isFunction(x) || isFunction(y) {
		return nil, unsupported("in", "of a function")
	}
	if !isCompound(x) && !isCompound(y) {
		return wire.Bool(equalAtoms(x, y)), nil
	}
	if isCollection(x) {
		return m.eachIn(x, y, depth)
	}
	if !isCollection(y) {
		return nil, fail(ErrType, "in: got %v, want a vector or a list", y.Kind())
	}
	if err := m.spend(length(y), 1); err != nil {
		return nil, err
	}
	for i := range length(y) {
		e := element(y, i)
		if isNull(x) != isMarkedNull(y, e) && !isList(y) {
			continue
		}
		if equalAtoms(x, e) {
			return wire.Bool(true), nil
		}
	}
	return wire.Bool(false), nil
}

func (m *Machine) bytesIn(text string, has func(c byte) bool) (wire.Value, error) {
	if err := m.spend(len(text), 64); err != nil {
		return nil, err
	}
	out := make([]byte, len(text))
	for i := range out {
		if has(text[i]) {
			out[i] = 1
		}
	}
	return wire.Vector{Of: wire.KindBool, Data: out}, nil
}

// eachIn is in of each element of a collection: a vector of booleans, or a list
// if the first is not one boolean.
func (m *Machine) eachIn(x, y wire.Value, depth int) (wire.Value, error) {
	n := length(x)
	if n == 0 {
		return wire.List{}, nil
	}
	if !isList(x) && isCollection(y) && !isList(y) {
		return m.vectorIn(x, y)
	}
	if err := m.spend(n, valueSize); err != nil {
		return nil, err
	}
	out := make([]wire.Value, n)
	flat := true
	for i := range out {
		var err error
		if out[i], err = m.isIn(element(x, i), y, depth+1); err != nil {
			return nil, err
		}
		one := out[i].Kind() == wire.KindBool && !isCollection(out[i])
		if i == 0 {
			flat = one
		} else if flat && !one {
			return nil, unsupported("in", "of a list whose first element is an atom and whose others are not")
		}
	}
	if flat {
		return store(wire.KindBool, out), nil
	}
	return wire.List{Items: out}, nil
}

func (m *Machine) vectorIn(x, y wire.Value) (wire.Value, error) {
	if k, l := x.Kind(), y.Kind(); k != l && (isTemporal(k) && l <= wire.KindTimestamp || isTemporal(l) && k <= wire.KindTimestamp) {
		return nil, unsupported("in", "of %v in %v", k, l)
	}
	if err := m.spend(length(x)+length(y), valueSize); err != nil {
		return nil, err
	}
	out := make([]byte, length(x))
	mixed := isNumeric(x.Kind()) && isNumeric(y.Kind()) && isFloat(x.Kind()) != isFloat(y.Kind())
	if mixed && (mayHoldNulls(x) || mayHoldNulls(y)) {
		return nil, unsupported("in", "of %v with nulls in %v", x.Kind(), y.Kind())
	}
	if mixed { // compared as floats, without hashes
		x, y = asFloats(x), asFloats(y)
	}
	f := newFinder("in", y)
	for i := range out {
		at, err := f.find(x, element(x, i))
		if err != nil {
			return nil, err
		}
		if at >= 0 {
			out[i] = 1
		}
	}
	return wire.Vector{Of: wire.KindBool, Data: out}, nil
}

// asFloats is a vector of numbers as one of floats.
func asFloats(x wire.Value) wire.Value { return store(wire.KindF64, elementsOf(x)) }
