package rayfall

import (
	"slices"

	"powercut/journal/wire"
)

// maxListSet bounds the lists of which each element is compared with each.
const maxListSet = 2048

// choosing returns those elements of a vector that are in another, or that are
// not.
func (m *Machine) choosing(name string, x, y wire.Value, want bool) (wire.Value, error) {
	if err := m.spend(length(x)+length(y), valueSize); err != nil {
		return nil, err
	}
	f := newFinder(name, y)
	var rows []int
	for i := range length(x) {
		at, err := f.find(x, element(x, i))
		if err != nil {
			return nil, err
		}
		if (at >= 0) == want {
			rows = append(rows, i)
		}
	}
	return m.pick(x, rows)
}

// comparing bounds the work on lists of which each element is compared with
// each of another.
func (m *Machine) comparing(name string, x, y wire.Value) error {
	if length(x) > maxListSet || length(y) > maxListSet {
		return limited(name, "of lists of %d and %d elements", length(x), length(y))
	}
	return m.spend(length(x)+length(y), valueSize)
}

// except returns the elements of the first collection that are not in the
// second, or that are not the second if it is an atom.
func (m *Machine) except(x, y wire.Value) (wire.Value, error) {
	if !isCollection(x) {
		return nil, fail(ErrType, "except: got %v, want a vector or a list", x.Kind())
	}
	if isFunction(y) || y.Kind() == wire.KindTable {
		return nil, unsupported("except", "of a %v", y.Kind())
	}
	if !isList(x) && isCollection(y) && !isList(y) {
		return m.choosing("except", x, y, false)
	}
	if err := m.comparing("except", x, y); err != nil {
		return nil, err
	}
	var others []wire.Value
	switch d := y.(type) {
	case wire.Dict: // to the original a list of its keys and its values
		others = []wire.Value{d.Keys, d.Vals}
	default:
		others = []wire.Value{y}
		if isCollection(y) {
			others = elementsOf(y)
		}
	}
	var rows []int
	for i := range length(x) {
		e := element(x, i)
		if !slices.ContainsFunc(others, func(o wire.Value) bool { return equalAtoms(o, e) }) {
			rows = append(rows, i)
		}
	}
	if !isList(x) && isCompound(y) && len(rows) > 0 {
		return m.pick(wire.List{Items: elementsOf(x)}, rows)
	}
	return m.pick(x, rows)
}

// union returns the elements of the first collection and those of the second
// that the first does not hold.
func (m *Machine) union(x, y wire.Value) (wire.Value, error) {
	if !isCollection(x) || !isCollection(y) {
		return nil, fail(ErrType, "union: got %v and %v, want vectors or lists", x.Kind(), y.Kind())
	}
	if !isList(x) && !isList(y) {
		rest, err := m.choosing("union", y, x, false)
		if err != nil {
			return nil, err
		}
		return m.concat(x, rest)
	}
	if err := m.comparing("union", x, y); err != nil {
		return nil, err
	}
	out := elementsOf(x)
	for _, e := range elementsOf(y) {
		if !slices.ContainsFunc(out, func(o wire.Value) bool { return equalAtoms(o, e) }) {
			out = append(out, e)
		}
	}
	return wire.List{Items: out}, nil
}

// sect returns the elements of the first collection that are in the second.
func (m *Machine) sect(x, y wire.Value) (wire.Value, error) {
	if !isCollection(x) || !isCollection(y) {
		return nil, fail(ErrType, "sect: got %v and %v, want vectors or lists", x.Kind(), y.Kind())
	}
	if !isList(x) && !isList(y) {
		return m.choosing("sect", x, y, true)
	}
	if err := m.comparing("sect", x, y); err != nil {
		return nil, err
	}
	var out []wire.Value
	others := elementsOf(y)
	for _, e := range elementsOf(x) {
		if slices.ContainsFunc(others, func(o wire.Value) bool { return equalAtoms(o, e) }) {
			out = append(out, e)
		}
	}
	return wire.List{Items: out}, nil
}
