package rayfall

import (
	"strings"

	"powercut/journal/wire"
)

// find returns the index of a value in a collection, or of each of several; the
// null for what is not there. Of one byte in a string it returns its offset.
func (m *Machine) find(x, y wire.Value) (wire.Value, error) {
	if t, ok := x.(wire.Text); ok {
		if b, ok := y.(wire.Text); ok && len(b.Text) == 1 {
			return indexOrNull(strings.IndexByte(t.Text, b.Text[0])), nil
		}
	}
	if isFunction(y) || y.Kind() == wire.KindTable {
		return nil, unsupported("find", "of a %v", y.Kind())
	}
	if !isCollection(x) {
		if isCollection(y) && (length(y) == 0 || x.Kind() == wire.KindString) {
			return nil, unsupported("find", "of several in a %v", x.Kind())
		}
		return nil, fail(ErrType, "find: got %v, want a vector or a list", x.Kind())
	}
	switch {
	case !isCollection(y):
		return m.findOne(x, y)
	case isList(x) || isList(y):
		return m.findEach(x, y)
	}
	return m.findHashed(x, y)
}

// indexOrNull is an index as a value: the null for -1.
func indexOrNull(i int) wire.Value {
	if i < 0 {
		return wire.NullOf(wire.KindI64)
	}
	return wire.Int(int64(i))
}

// findEach is find of each element of a collection, where one of the two is a
// list: element is compared with element.
func (m *Machine) findEach(x, y wire.Value) (wire.Value, error) {
	if err := m.comparing("find", x, y); err != nil {
		return nil, err
	}
	out := make([]wire.Value, length(y))
	for i := range out {
		e := element(y, i)
		if isCollection(e) {
			return nil, unsupported("find", "of a list of collections")
		}
		var err error
		if out[i], err = m.findOne(x, e); err != nil {
			return nil, err
		}
	}
	return store(wire.KindI64, out), nil
}

// findHashed is find of each element of a vector in another.
func (m *Machine) findHashed(x, y wire.Value) (wire.Value, error) {
	n := length(y)
	if err := m.spend(length(x)+n, valueSize); err != nil {
		return nil, err
	}
	out := make([]wire.Value, n)
	f := newFinder("find", x)
	for i := range out {
		at, err := f.find(y, element(y, i))
		if err != nil {
			return nil, err
		}
		out[i] = indexOrNull(at)
	}
	return store(wire.KindI64, out), nil
}

// findOne is find of an atom.
func (m *Machine) findOne(x, y wire.Value) (wire.Value, error) {
	if err := m.spend(length(x), 1); err != nil {
		return nil, err
	}
	for i := range length(x) {
		e := element(x, i)
		if !isList(x) && isNull(y) != isMarkedNull(x, e) {
			continue
		}
		if equalAtoms(e, y) {
			return indexOrNull(i), nil
		}
	}
	return indexOrNull(-1), nil
}
