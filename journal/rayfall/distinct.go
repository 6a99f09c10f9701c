package rayfall

import (
	"cmp"
	"slices"

	"powercut/journal/wire"
)

// distinct returns each value of a collection once. Numbers, dates and times come
// in their order, other values in that of their first occurrence, and in a list
// the atoms before the collections. Of a string it returns its bytes, in order.
func (m *Machine) distinct(x wire.Value) (wire.Value, error) {
	switch v := x.(type) {
	case wire.Text:
		bytes := []byte(v.Text)
		slices.Sort(bytes)
		return wire.Text{Text: string(slices.Compact(bytes))}, nil
	case wire.Table:
		return nil, unsupported("distinct", "of a table")
	case wire.List:
		return m.distinctList(v)
	}
	if !isCollection(x) {
		return nil, fail(ErrType, "distinct: got %v, want a vector or a list", x.Kind())
	}
	if hasNaN(x) {
		return nil, unsupported("distinct", "of floats and nulls")
	}
	f := newFinder("distinct", x)
	var rows []int
	for i := range length(x) {
		at, err := f.find(x, element(x, i))
		if err != nil {
			return nil, err
		}
		if at == i {
			rows = append(rows, i)
		}
	}
	if v, ok := x.(wire.Vector); ok && v.Of != wire.KindGUID {
		slices.SortStableFunc(rows, func(a, b int) int { return orderRaw(v.At(a), v.At(b)) })
	}
	return m.pick(x, rows)
}

// orderRaw orders two scalars of one kind by their bits: a null is the least of
// the integers.
func orderRaw(a, b wire.Scalar) int {
	if isFloat(a.Of) {
		return cmp.Compare(a.Float(), b.Float())
	}
	return cmp.Compare(a.Int(), b.Int())
}

// distinctList keeps the first of equal elements. Then it puts atoms before
// collections by swapping, as the original does, which moves others too.
func (m *Machine) distinctList(x wire.List) (wire.Value, error) {
	if len(x.Items) > maxListSet {
		return nil, limited("distinct", "of a list of %d elements", len(x.Items))
	}
	var out []wire.Value
	for _, e := range x.Items {
		if !slices.ContainsFunc(out, func(o wire.Value) bool { return equalAtoms(o, e) }) {
			out = append(out, e)
		}
	}
	for i := range out {
		for j := i + 1; j < len(out); j++ {
			if isCompound(out[i]) && !isCompound(out[j]) {
				out[i], out[j] = out[j], out[i]
			}
		}
	}
	if len(x.Items) == 0 {
		return x, nil
	}
	return wire.List{Items: out}, nil
}
