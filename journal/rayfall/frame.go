package rayfall

import (
	"slices"

	"powercut/journal/wire"
)

// attrNames is the attribute that the original gives the names of a table.
const attrNames = 0x03

// frame is a table taken apart. Its slices are the table's own, and values never
// change: a frame that is to differ gets new slices.
type frame struct {
	names   []string
	columns []wire.Value
}

// frameOf takes a table apart. One that has not a name for each column, or columns
// of different lengths, is unsupported.
func frameOf(t wire.Table) (frame, error) {
	names, ok := t.Names.(wire.Symbols)
	columns, list := t.Values.(wire.List)
	if !ok || !list || len(names.Names) != len(columns.Items) {
		return frame{}, unsupported("table", "without names of symbols")
	}
	f := frame{names: names.Names, columns: columns.Items}
	for i, c := range f.columns {
		if !isCollection(c) || length(c) != f.rows() {
			return frame{}, unsupported("table", "column %q is a %v of %d elements among others of %d",
				f.names[i], c.Kind(), length(c), f.rows())
		}
	}
	return f, nil
}

// table puts a frame together.
func (f frame) table() wire.Table {
	return wire.Table{
		Names:  wire.Symbols{Attrs: attrNames, Names: f.names},
		Values: wire.List{Items: f.columns},
	}
}

func (f frame) rows() int {
	if len(f.columns) == 0 {
		return 0
	}
	return length(f.columns[0])
}

// index returns a column's number, -1 if there is none of that name.
func (f frame) index(name string) int { return slices.Index(f.names, name) }

// pickRows returns a table of some of a frame's rows.
func (m *Machine) pickRows(f frame, rows []int) (wire.Value, error) {
	out := frame{names: f.names, columns: make([]wire.Value, len(f.columns))}
	for i, c := range f.columns {
		var err error
		if out.columns[i], err = m.pick(c, rows); err != nil {
			return nil, err
		}
	}
	return out.table(), nil
}

// newTable is table: it makes one of names and columns. A column is a vector, or a
// list or an atom that becomes one.
func (m *Machine) newTable(names, columns wire.Value) (wire.Value, error) {
	if !isCollection(names) || !isCollection(columns) {
		return nil, fail(ErrType, "table: got %v and %v, want names and columns", names.Kind(), columns.Kind())
	}
	n := length(names)
	if length(columns) != n {
		return nil, fail(ErrDomain, "table: got %d columns, want %d", length(columns), n)
	}
	if n == 0 {
		return nil, unsupported("table", "without columns")
	}
	f := frame{names: make([]string, n), columns: make([]wire.Value, n)}
	for i := range n {
		name, ok := element(names, i).(wire.Symbol)
		if !ok {
			return nil, fail(ErrType, "table: got a name of kind %v, want a symbol", element(names, i).Kind())
		}
		column, err := m.column(element(columns, i))
		if err != nil {
			return nil, err
		}
		if i > 0 && length(column) != f.rows() {
			return nil, fail(ErrDomain, "table: got a column of %d rows, want %d", length(column), f.rows())
		}
		f.names[i], f.columns[i] = name.Name, column
	}
	return f.table(), nil
}

// column makes a table's column of a value.
func (m *Machine) column(v wire.Value) (wire.Value, error) {
	switch v := v.(type) {
	case wire.Vector, wire.Symbols, wire.Texts:
		return v, nil
	case wire.Scalar:
		if v.Of == wire.KindU8 || v.Of == wire.KindI16 || v.Of == wire.KindF32 {
			return nil, fail(ErrType, "table: got a column of kind %v", v.Of)
		}
		return store(v.Of, []wire.Value{v}), nil
	case wire.GUID:
		return wire.Vector{Of: wire.KindGUID, Data: slices.Clone(v.Bytes[:])}, nil
	case wire.List:
		return m.columnOf(v)
	}
	if v.Kind() == wire.KindTable || v.Kind() == wire.KindDict {
		return nil, unsupported("table", "with a %v for a column", v.Kind())
	}
	return nil, fail(ErrType, "table: got a column of kind %v, want a vector", v.Kind())
}

// columnOf makes a vector of a list of atoms, of the kind of the first. i64 beside
// floats become floats.
func (m *Machine) columnOf(l wire.List) (wire.Value, error) {
	if len(l.Items) == 0 || isCompound(l.Items[0]) {
		return l, nil
	}
	if err := m.spend(len(l.Items), 16); err != nil {
		return nil, err
	}
	kind := l.Items[0].Kind()
	switch kind {
	case wire.KindU8, wire.KindI16, wire.KindI32, wire.KindF32:
		return nil, fail(ErrType, "table: got a list of %v, want a vector", kind)
	case wire.KindNull, wire.KindUnary, wire.KindBinary, wire.KindVariadic, wire.KindLambda:
		return nil, unsupported("table", "with a list of %v for a column", kind)
	}
	floats := false
	for _, e := range l.Items {
		floats = floats || e.Kind() == wire.KindF64 && !isCollection(e)
	}
	if kind == wire.KindI64 && floats {
		kind = wire.KindF64
	}
	for _, e := range l.Items {
		if isCollection(e) || e.Kind() != kind && !(kind == wire.KindF64 && e.Kind() == wire.KindI64) {
			return nil, fail(ErrType, "table: got %v in a column of %v", e.Kind(), kind)
		}
		if e.Kind() != kind && isNull(e) {
			return nil, unsupported("table", "with a null of i64 in a column of floats")
		}
	}
	if _, ok := l.Items[0].(wire.Scalar); ok {
		return store(kind, l.Items), nil
	}
	v, _ := pack(l.Items)
	return v, nil
}

// cols returns the names of a table's columns.
func (m *Machine) cols(x wire.Value) (wire.Value, error) {
	t, ok := x.(wire.Table)
	if !ok {
		return nil, fail(ErrType, "cols: got %v, want a table", x.Kind())
	}
	f, err := frameOf(t)
	if err != nil {
		return nil, err
	}
	return wire.Symbols{Names: f.names}, nil
}
