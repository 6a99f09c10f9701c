package rayfall

import (
	"slices"

	"powercut/journal/wire"
)

// upsert puts a row, or several, into a table. Where the key of a row is there, the
// row's other values replace those that stand with it; otherwise the row is
// appended. The key is a number of columns, the first ones, or the column that a
// symbol names.
func (m *Machine) upsert(args []wire.Value, depth int) (wire.Value, error) {
	if len(args) < 3 {
		return nil, fail(ErrArity, "upsert: got %d arguments, want a table, a key and a row", len(args))
	}
	if len(args) > 3 {
		return nil, unsupported("upsert", "of %d arguments", len(args))
	}
	t, global, err := m.target("upsert", args[0], depth)
	if other, ok := err.(notTable); ok {
		return nil, fail(ErrType, "upsert: got %v, want a table", other.v.Kind())
	}
	if err != nil {
		return nil, err
	}
	f, err := frameOf(t)
	if err != nil {
		return nil, err
	}
	key, err := m.eval(args[1], depth+1)
	if err != nil {
		return nil, err
	}
	row, err := m.eval(args[2], depth+1)
	if err != nil {
		return nil, err
	}
	cells, n, err := upsertCells(f, row)
	if err != nil {
		return nil, err
	}
	keys, err := upsertKeys(f, key)
	if err != nil {
		return nil, err
	}
	w, err := m.newUpserter(f, keys, n)
	if err != nil {
		return nil, err
	}
	for r := range n {
		if err := w.put(cells, r); err != nil {
			return nil, err
		}
	}
	return m.changed(global, w.table())
}

// upsertCells returns what the rows to be put in have for each column, nil for
// nothing, and their number: more than one if they are given as vectors.
func upsertCells(f frame, row wire.Value) ([]wire.Value, int, error) {
	if t, ok := row.(wire.Table); ok {
		g, err := frameOf(t)
		if err != nil {
			return nil, 0, err
		}
		cells := make([]wire.Value, len(f.columns))
		for i, n := range g.names {
			c := f.index(n)
			if c < 0 {
				return nil, 0, fail(ErrValue, "upsert: %q is no column", n)
			}
			if cells[c] != nil {
				return nil, 0, fail(ErrValue, "upsert: %q is there twice", n)
			}
			cells[c] = g.columns[i]
		}
		return cells, g.rows(), nil
	}
	if d, ok := row.(wire.Dict); ok && length(d.Keys) != len(f.columns) && d.Keys.Kind() == wire.KindSymbol {
		return nil, 0, fail(ErrValue, "upsert: got a row of %d values, want %d", length(d.Keys), len(f.columns))
	}
	cells, err := rowCells("upsert", f, row)
	if err != nil {
		return nil, 0, err
	}
	vectors := 0
	for _, c := range cells {
		if isCollection(c) {
			vectors++
		}
	}
	switch {
	case vectors == 0:
		return cells, 1, nil
	case vectors < len(cells):
		return nil, 0, unsupported("upsert", "of vectors beside atoms")
	}
	for _, c := range cells {
		if length(c) != length(cells[0]) {
			return nil, 0, unsupported("upsert", "of vectors of different lengths")
		}
	}
	return cells, length(cells[0]), nil
}

// upsertKeys returns the numbers of the columns that tell rows apart.
func upsertKeys(f frame, key wire.Value) ([]int, error) {
	switch v := key.(type) {
	case wire.Symbol:
		c := f.index(v.Name)
		if c < 0 {
			return nil, unsupported("upsert", "by %q, which is no column", v.Name)
		}
		return []int{c}, nil
	case wire.Scalar:
		if v.Of != wire.KindI64 {
			break
		}
		n := v.Int()
		if n <= 0 || n > int64(len(f.columns)) {
			return nil, fail(ErrDomain, "upsert: got %d columns for a key, want 1 to %d", n, len(f.columns))
		}
		keys := make([]int, n)
		for i := range keys {
			keys[i] = i
		}
		return keys, nil
	}
	return nil, unsupported("upsert", "by a key of kind %v", key.Kind())
}

// upserter is a table while rows are put into it.
type upserter struct {
	f       frame          // the table as it was
	keys    []int          // the columns that tell rows apart
	columns [][]wire.Value // what they hold by now
}

// newUpserter returns a table into which n rows are to be put.
func (m *Machine) newUpserter(f frame, keys []int, n int) (*upserter, error) {
	if n == 0 {
		return nil, unsupported("upsert", "of no rows")
	}
	w := &upserter{f: f, keys: keys, columns: make([][]wire.Value, len(f.columns))}
	for i, c := range f.columns {
		if isList(c) {
			return nil, unsupported("upsert", "into a column that is a list")
		}
		if err := m.spend(length(c)+n, valueSize); err != nil {
			return nil, err
		}
		w.columns[i] = elementsOf(c)
	}
	// Each row is compared with each that is there.
	if err := m.spend(f.rows()+n, n); err != nil {
		return nil, err
	}
	return w, nil
}

// table returns the table with all that was put into it.
func (w *upserter) table() wire.Table {
	out := frame{names: w.f.names, columns: make([]wire.Value, len(w.f.columns))}
	for i, c := range w.f.columns {
		out.columns[i] = likeColumn(c, w.columns[i])
	}
	return out.table()
}

// put puts in row r of cells: for each column an atom, a collection with one
// value for each row, or nil for nothing.
func (w *upserter) put(cells []wire.Value, r int) error {
	row := make([]wire.Value, len(cells))
	for i, v := range cells {
		if v == nil {
			continue
		}
		if isCollection(v) {
			v = element(v, r)
		}
		var err error
		if row[i], err = fitCell("upsert", w.f.columns[i], v); err != nil {
			return err
		}
	}
	for _, k := range w.keys {
		if row[k] == nil || isNull(row[k]) {
			return unsupported("upsert", "with a null for a key")
		}
	}
	for r := range w.columns[0] {
		if w.isAt(r, row) {
			w.replace(r, row)
			return nil
		}
	}
	return w.append(row)
}

// replace replaces those values of a row of the table that are not its key.
func (w *upserter) replace(r int, row []wire.Value) {
	for i, v := range row {
		if v != nil && !slices.Contains(w.keys, i) {
			w.columns[i][r] = v
		}
	}
}

func (w *upserter) append(row []wire.Value) error {
	for i, v := range row {
		if v == nil {
			kind := w.f.columns[i].Kind()
			if !takesNulls(kind) {
				return unsupported("upsert", "of a null into a column of %v", kind)
			}
			v = wire.NullOf(kind)
		}
		w.columns[i] = append(w.columns[i], v)
	}
	return nil
}

// isAt reports whether row r of the table has the key of another row.
func (w *upserter) isAt(r int, row []wire.Value) bool {
	for _, k := range w.keys {
		if !equalAtoms(w.columns[k][r], row[k]) {
			return false
		}
	}
	return true
}
