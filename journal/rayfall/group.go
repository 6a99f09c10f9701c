package rayfall

import (
	"slices"

	"powercut/journal/wire"
)

// group returns a dictionary from each value of a vector or a list, in the order
// of first occurrence, to the indices at which it stands.
func (m *Machine) group(x wire.Value) (wire.Value, error) {
	switch x.(type) {
	case wire.Text, wire.Dict, wire.Table:
		return nil, unsupported("group", "of a %v", x.Kind())
	case wire.List, wire.Vector, wire.Symbols:
	case wire.Texts:
		return nil, unsupported("group", "of strings")
	default:
		return nil, fail(ErrType, "group: got %v, want a vector or a list", x.Kind())
	}
	first, groups, err := m.groups(x)
	if err != nil {
		return nil, err
	}
	keys, err := m.pick(x, first)
	if err != nil {
		return nil, err
	}
	if len(groups) == 0 {
		keys = wire.List{}
	}
	vals := make([]wire.Value, len(groups))
	for i, rows := range groups {
		v := wire.Vector{Of: wire.KindI64, Data: make([]byte, 0, 8*len(rows))}
		for _, r := range rows {
			v.Data = appendElement(v.Data, integer(wire.KindI64, int64(r)))
		}
		vals[i] = v
	}
	return wire.Dict{Keys: keys, Vals: wire.List{Items: vals}}, nil
}

// groups divides the elements of a collection into those that are equal. For each
// group, in the order of first occurrence, it returns the number of its first
// element and those of all.
func (m *Machine) groups(x wire.Value) (first []int, rows [][]int, err error) {
	n := length(x)
	if err := m.spend(n, valueSize+16); err != nil {
		return nil, nil, err
	}
	if isList(x) {
		if n > maxListSet {
			return nil, nil, limited("group", "of a list of %d elements", n)
		}
		for i := range n {
			e := element(x, i)
			g := slices.IndexFunc(first, func(f int) bool { return equalAtoms(element(x, f), e) })
			if g < 0 {
				g = len(first)
				first, rows = append(first, i), append(rows, nil)
			}
			rows[g] = append(rows[g], i)
		}
		return first, rows, nil
	}
	if hasNaN(x) {
		return nil, nil, unsupported("group", "of floats and nulls")
	}
	f := newFinder("group", x)
	of := map[int]int{}
	for i := range n {
		at, err := f.find(x, element(x, i))
		if err != nil {
			return nil, nil, err
		}
		g, seen := of[at]
		if !seen {
			g = len(first)
			of[at] = g
			first, rows = append(first, i), append(rows, nil)
		}
		rows[g] = append(rows[g], i)
	}
	return first, rows, nil
}
