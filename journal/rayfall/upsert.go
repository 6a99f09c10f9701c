package rayfall

import (
	"slices"

	"powercut/journal/wire"
)

// upsert puts a row, or several, into a table: where its first columns, or the
// one that is named, hold the row's values already, the others are replaced, and
// else the row is appended.
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
	if n == 0 {
		return nil, unsupported("upsert", "of no rows")
	}
	w := upserter{f: f, keys: keys, columns: make([][]wire.Value, len(f.columns))}
	for i, c := range f.columns {
		if isList(c) {
			return nil, unsupported("upsert", "into a column that is a list")
		}
		if err := m.spend(length(c)+n, valueSize); err != nil {
			return nil, err
		}
		w.columns[i] = elementsOf(c)
	}
	if err := m.spend(f.rows()+n, n); err != nil {
		return nil, err
	}
	for r := range n {
		one := make([]wire.Value, len(cells))
		for i, c := range cells {
			if c == nil {
				continue
			}
			e := c
			if isCollection(c) {
				e = element(c, r)
			}
			if one[i], err = fitCell("upsert", f.columns[i], e); err != nil {
				return nil, err
			}
		}
		if err := w.put(one); err != nil {
			return nil, err
		}
	}
	out := frame{names: f.names, columns: make([]wire.Value, len(f.columns))}
	for i, c := range f.columns {
		out.columns[i] = likeColumn(c, w.columns[i])
	}
	return m.changed(global, out.table())
}

// upsertCells returns what rows have for each column, nil for nothing, and how
// many rows they are: more than one if they are vectors.
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
	f       frame
	keys    []int
	columns [][]wire.Value
}

// put puts one row in.
func (w *upserter) put(row []wire.Value) error {
	for _, k := range w.keys {
		if row[k] == nil || isNull(row[k]) {
			return unsupported("upsert", "with a null for a key")
		}
	}
	for r := range w.columns[0] {
		if !w.isAt(r, row) {
			continue
		}
		for i, v := range row {
			if v != nil && !slices.Contains(w.keys, i) {
				w.columns[i][r] = v
			}
		}
		return nil
	}
	for i, v := range row {
		if v == nil {
			kind := w.f.columns[i].Kind()
			if kind <= wire.KindU8 || kind >= wire.KindGUID {
				return unsupported("upsert", "of a null into a column of %v", kind)
			}
			v = wire.NullOf(kind)
		}
		w.columns[i] = append(w.columns[i], v)
	}
	return nil
}

// isAt reports whether a row of the table has another's key.
func (w *upserter) isAt(r int, row []wire.Value) bool {
	for _, k := range w.keys {
		if !equalAtoms(w.columns[k][r], row[k]) {
			return false
		}
	}
	return true
}
