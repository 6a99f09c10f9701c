package rayfall

import (
	"powercut/journal/wire"
)

// insert appends a row to a table, or several: a list of values, or a dictionary
// or a table with the names of columns. To a vector it appends an element or
// another vector, to a list a value. What a symbol names is changed in its place.
func (m *Machine) insert(args []wire.Value, depth int) (wire.Value, error) {
	if len(args) < 2 {
		return nil, fail(ErrArity, "insert: got %d arguments, want a table and a row", len(args))
	}
	t, global, err := m.target("insert", args[0], depth)
	if other, ok := err.(notTable); ok {
		return m.insertElement(global, other.v, args[1:], depth)
	}
	switch {
	case err != nil:
		return nil, err
	case len(args) > 3:
		return nil, fail(ErrArity, "insert: got %d arguments, want 2", len(args))
	case len(args) > 2:
		return nil, fail(ErrType, "insert: got 3 arguments, want 2")
	}
	f, err := frameOf(t)
	if err != nil {
		return nil, err
	}
	row, err := m.eval(args[1], depth+1)
	if err != nil {
		return nil, err
	}
	cells, err := rowCells("insert", f, row)
	if err != nil {
		return nil, err
	}
	out := frame{names: f.names, columns: make([]wire.Value, len(f.columns))}
	for i, c := range f.columns {
		if out.columns[i], err = m.appendCells("insert", c, cells[i]); err != nil {
			return nil, err
		}
		if length(out.columns[i]) != out.rows() {
			return nil, unsupported("insert", "of columns of different lengths")
		}
	}
	return m.changed(global, out.table())
}

// insertElement appends to a vector or a list x. args are what insert was given
// for it.
func (m *Machine) insertElement(global string, x wire.Value, args []wire.Value, depth int) (wire.Value, error) {
	switch {
	case isFunction(x):
		return nil, unsupported("insert", "into a %v", x.Kind())
	case !isCollection(x):
		return nil, fail(ErrType, "insert: got %v, want a table, a list or a vector", x.Kind())
	case len(args) > 1:
		return nil, unsupported("insert", "at a position")
	}
	v, err := m.eval(args[0], depth+1)
	if err != nil {
		return nil, err
	}
	switch {
	case isList(x):
		if err := m.spend(length(x)+1, valueSize); err != nil {
			return nil, err
		}
		x = wire.List{Items: joined(x.(wire.List).Items, []wire.Value{v})}
	case v.Kind() != x.Kind() || isList(v):
		return nil, fail(ErrType, "insert: got %v for a vector of %v", v.Kind(), x.Kind())
	case isCollection(v):
		if x, err = m.join(x, v); err != nil {
			return nil, err
		}
	case x.Kind() == wire.KindF32 || v.Kind() == wire.KindGUID && isNull(v):
		return nil, unsupported("insert", "into a vector of %v", x.Kind())
	default:
		if x, err = m.extend(x, v, true); err != nil {
			return nil, err
		}
	}
	return m.changed(global, x)
}

// rowCells returns, for each column of a table, what a row has for it: nil for
// nothing.
func rowCells(name string, f frame, row wire.Value) ([]wire.Value, error) {
	cells := make([]wire.Value, len(f.columns))
	switch row := row.(type) {
	case wire.List:
		if len(row.Items) != len(cells) {
			return nil, fail(ErrDomain, "%s: got a row of %d values, want %d", name, len(row.Items), len(cells))
		}
		copy(cells, row.Items)
	case wire.Dict:
		keys, ok := row.Keys.(wire.Symbols)
		if !ok {
			return nil, fail(ErrType, "%s: got keys of kind %v, want symbols", name, row.Keys.Kind())
		}
		for i, key := range keys.Names {
			c := f.index(key)
			if c < 0 {
				return nil, fail(ErrValue, "%s: %q is no column", name, key)
			}
			if cells[c] != nil || i >= length(row.Vals) {
				return nil, unsupported(name, "of a dictionary with %q twice", key)
			}
			cells[c] = element(row.Vals, i)
		}
	case wire.Table:
		g, err := frameOf(row)
		if err != nil {
			return nil, err
		}
		if len(g.columns) != len(f.columns) {
			return nil, fail(ErrDomain, "%s: got a table of %d columns, want %d", name, len(g.columns), len(f.columns))
		}
		for i, n := range f.names {
			c := g.index(n)
			if c < 0 {
				return nil, unsupported(name, "of a table without the column %q", n)
			}
			cells[i] = g.columns[c]
		}
	default:
		if isFunction(row) {
			return nil, unsupported(name, "of a %v", row.Kind())
		}
		return nil, fail(ErrType, "%s: got a row of kind %v, want a list, a dictionary or a table", name, row.Kind())
	}
	return cells, nil
}

// appendCells appends a value to a column, or each of a vector's; nil appends a
// null. A column that is an empty list takes the kind of what comes first.
func (m *Machine) appendCells(name string, column, cell wire.Value) (wire.Value, error) {
	if isList(column) {
		if length(column) > 0 || cell == nil || isList(cell) || isCompound(cell) && !isCollection(cell) || isNull(cell) {
			return nil, unsupported(name, "into a column that is a list")
		}
		if isCollection(cell) {
			return cell, nil
		}
		one, ok := pack([]wire.Value{cell})
		if !ok {
			return nil, unsupported(name, "of a %v", cell.Kind())
		}
		return one, nil
	}
	var vals []wire.Value
	switch {
	case cell == nil:
		vals = []wire.Value{nil}
	case isCollection(cell):
		vals = elementsOf(cell)
	default:
		vals = []wire.Value{cell}
	}
	if err := m.spend(length(column)+len(vals), valueSize); err != nil {
		return nil, err
	}
	all := elementsOf(column)
	for _, v := range vals {
		fitted, err := fitCell(name, column, v)
		if err != nil {
			return nil, err
		}
		all = append(all, fitted)
	}
	return likeColumn(column, all), nil
}

// fitCell makes a value one of a column's kind: a null the column's null, an
// integer one of the column's width or a float. nil is a null too.
func fitCell(name string, column, v wire.Value) (wire.Value, error) {
	kind := column.Kind()
	switch {
	case kind == wire.KindF32:
		return nil, unsupported(name, "into a column of f32")
	case v == nil || isNull(v):
		return fitNull(name, kind, v)
	case isCollection(v) || isCompound(v) || isFunction(v):
		return nil, unsupported(name, "of a %v into a column of %v", v.Kind(), kind)
	case v.Kind() == kind:
		return v, nil
	}
	s, ok := v.(wire.Scalar)
	if !ok || !isInteger(s.Of) || !isInteger(kind) && kind != wire.KindF64 {
		return nil, fail(ErrType, "%s: got %v for a column of %v", name, v.Kind(), kind)
	}
	if kind == wire.KindF64 {
		return convert(kind, s), nil
	}
	if i := integer(kind, s.Int()); i.Int() != s.Int() || i.IsNull() {
		return nil, unsupported(name, "of %d into a column of %v", s.Int(), kind)
	}
	return convert(kind, s), nil
}

// fitNull is fitCell of a null, v, which is nil or of whatever kind.
func fitNull(name string, kind wire.Kind, v wire.Value) (wire.Value, error) {
	if v != nil && v.Kind() == kind && kind != wire.KindGUID {
		return v, nil
	}
	if !takesNulls(kind) || v != nil && v.Kind() != kind && !isNumeric(v.Kind()) {
		return nil, unsupported(name, "of a null into a column of %v", kind)
	}
	return wire.NullOf(kind), nil
}

// takesNulls reports whether a column of a kind is known to take nulls of other
// kinds: one of numbers but booleans and bytes, of dates or of times.
func takesNulls(kind wire.Kind) bool { return kind > wire.KindU8 && kind < wire.KindGUID }
