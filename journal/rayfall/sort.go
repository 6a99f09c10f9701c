package rayfall

import (
	"cmp"
	"slices"

	"powercut/journal/wire"
)

// sortedRows returns the indices of a vector's elements in the order of their
// values. Equal elements stay in the order in which they stand.
func (m *Machine) sortedRows(name string, x wire.Value, descending bool) ([]int, error) {
	n := length(x)
	if err := m.spend(n, 16); err != nil {
		return nil, err
	}
	rows := make([]int, n)
	for i := range rows {
		rows[i] = i
	}
	var order func(a, b int) int
	switch v := x.(type) {
	case wire.Symbols:
		order = func(a, b int) int { return cmp.Compare(v.Names[a], v.Names[b]) }
	case wire.Vector:
		if v.Of == wire.KindGUID || v.Of == wire.KindF32 {
			return nil, unsupported(name, "of %v", v.Of)
		}
		order = func(a, b int) int { return orderScalars(v.At(a), v.At(b)) }
	default:
		return nil, unsupported(name, "of %v", x.Kind())
	}
	slices.SortStableFunc(rows, func(a, b int) int {
		if descending {
			return order(b, a)
		}
		return order(a, b)
	})
	return rows, nil
}

// sorted is asc and desc: a vector in order, nulls being the least. An atom is in
// order.
func (m *Machine) sorted(name string, x wire.Value, descending bool) (wire.Value, error) {
	switch x.(type) {
	case wire.Vector, wire.Symbols:
	case wire.Scalar, wire.Symbol:
		return x, nil
	case wire.Dict:
		if _, ok := x.(wire.Dict).Vals.(wire.List); !ok {
			return nil, unsupported(name, "of a dictionary of a vector")
		}
		return nil, fail(ErrType, "%s of a dictionary", name)
	case wire.List:
		if length(x) == 0 {
			return nil, fail(ErrType, "%s of a list", name)
		}
		return nil, unsupported(name, "of a list")
	default:
		return nil, unsupported(name, "of %v", x.Kind())
	}
	rows, err := m.sortedRows(name, x, descending)
	if err != nil {
		return nil, err
	}
	return m.pick(x, rows)
}

func (m *Machine) asc(x wire.Value) (wire.Value, error) { return m.sorted("asc", x, false) }

func (m *Machine) desc(x wire.Value) (wire.Value, error) { return m.sorted("desc", x, true) }

// order returns the indices of a vector's elements in the order of their values. It
// is iasc, idesc and half of rank.
func (m *Machine) order(name string, x wire.Value, descending bool) (wire.Value, error) {
	switch v := x.(type) {
	case wire.Vector, wire.Symbols:
	case wire.Texts, wire.Text, wire.Table:
		return nil, unsupported(name, "of %v", x.Kind())
	case wire.Dict:
		if name != "rank" {
			return nil, unsupported(name, "of a dictionary")
		}
		return nil, fail(ErrType, "%s of a dictionary", name)
	case wire.List:
		if l := v.Items; len(l) == 0 || !isCompound(l[0]) {
			return nil, unsupported(name, "of a list")
		}
		return nil, fail(ErrType, "%s of a list", name)
	default:
		return nil, fail(ErrType, "%s: got %v, want a vector", name, x.Kind())
	}
	rows, err := m.sortedRows(name, x, descending)
	if err != nil {
		return nil, err
	}
	return indices(rows), nil
}

func (m *Machine) iasc(x wire.Value) (wire.Value, error) { return m.order("iasc", x, false) }

func (m *Machine) idesc(x wire.Value) (wire.Value, error) { return m.order("idesc", x, true) }

// rank returns, for each of a vector's elements, its place in the sorted vector.
func (m *Machine) rank(x wire.Value) (wire.Value, error) {
	at, err := m.order("rank", x, false)
	if err != nil {
		return nil, err
	}
	v := at.(wire.Vector)
	ranks := make([]int, v.Len())
	for i := range ranks {
		ranks[v.At(i).Int()] = i
	}
	return indices(ranks), nil
}

// indices is a vector of i64.
func indices(rows []int) wire.Vector {
	v := wire.Vector{Of: wire.KindI64, Data: make([]byte, 0, 8*len(rows))}
	for _, r := range rows {
		v.Data = appendElement(v.Data, integer(wire.KindI64, int64(r)))
	}
	return v
}

// tableOrder is xasc and xdesc: it sorts the rows of a table by one column, or by
// several of which the first counts most.
func (m *Machine) tableOrder(name string, x, by wire.Value, descending bool) (wire.Value, error) {
	t, ok := x.(wire.Table)
	if !ok {
		return nil, fail(ErrType, "%s: got %v, want a table", name, x.Kind())
	}
	f, err := frameOf(t)
	if err != nil {
		return nil, err
	}
	var names []string
	switch by := by.(type) {
	case wire.Symbol:
		names = []string{by.Name}
	case wire.Symbols:
		names = by.Names
	}
	if len(names) == 0 {
		return nil, unsupported(name, "by %v", by.Kind())
	}
	rows := make([]int, f.rows())
	for i := range rows {
		rows[i] = i
	}
	for _, n := range slices.Backward(names) {
		c := f.index(n)
		if c < 0 {
			return nil, unsupported(name, "by %q, which is no column", n)
		}
		column, err := m.pick(f.columns[c], rows)
		if err != nil {
			return nil, err
		}
		again, err := m.sortedRows(name, column, descending)
		if err != nil {
			return nil, err
		}
		for i, r := range again {
			again[i] = rows[r]
		}
		rows = again
	}
	return m.pickRows(f, rows)
}

func (m *Machine) xasc(x, by wire.Value) (wire.Value, error) {
	return m.tableOrder("xasc", x, by, false)
}

func (m *Machine) xdesc(x, by wire.Value) (wire.Value, error) {
	return m.tableOrder("xdesc", x, by, true)
}
