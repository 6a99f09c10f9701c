package rayfall

import (
	"powercut/journal/wire"
)

// changed binds a value that was changed in its place and returns its name. Without
// a name, "", it returns the changed value.
func (m *Machine) changed(global string, v wire.Value) (wire.Value, error) {
	if global == "" {
		return v, nil
	}
	if err := checkName(global); err != nil {
		return nil, err
	}
	if err := checkBindable(v); err != nil {
		return nil, err
	}
	m.bind(global, v)
	return wire.Symbol{Name: global}, nil
}

// update computes columns of a table anew: in all rows, or in those for which a
// condition holds, and then only columns that it has. A table that is named by
// a symbol is changed in its place.
func (m *Machine) update(args []wire.Value, depth int) (wire.Value, error) {
	q, err := readClauses("update", args)
	if err != nil {
		return nil, err
	}
	t, global, err := m.target("update", q.from, depth)
	if other, ok := err.(notTable); ok {
		return nil, fail(ErrType, "update: got %v, want a table", other.v.Kind())
	}
	if err != nil {
		return nil, err
	}
	f, err := frameOf(t)
	if err != nil {
		return nil, err
	}
	if q.by != nil {
		return nil, unsupported("update", "by")
	}
	out := frame{names: f.names, columns: append([]wire.Value(nil), f.columns...)}
	keep := make([]bool, f.rows()) // rows that stay as they are
	if q.where != nil {
		for i := range keep {
			keep[i] = true
		}
		rows, err := m.rowsWhere("update", f, q.where, depth)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			keep[r] = false
		}
	}
	for i, name := range q.names {
		c := f.index(name)
		if c < 0 && q.where != nil {
			continue
		}
		v, err := m.queryOrAtom(f, q.exprs[i], depth)
		if err != nil {
			return nil, err
		}
		if c < 0 {
			if v, err = m.fillColumn(v, f.rows()); err != nil {
				return nil, err
			}
			out.names, out.columns = append(out.names[:len(out.names):len(out.names)], name), append(out.columns, v)
			continue
		}
		if out.columns[c], err = m.overlay(f.columns[c], v, keep); err != nil {
			return nil, err
		}
	}
	return m.changed(global, out.table())
}

// queryOrAtom evaluates an expression over a table's columns, or one that is an
// atom, of which update takes more kinds.
func (m *Machine) queryOrAtom(f frame, e wire.Value, depth int) (wire.Value, error) {
	switch v := e.(type) {
	case wire.Text:
		return v, nil
	case wire.Scalar:
		if v.Of != wire.KindF32 && v.Of != wire.KindU8 {
			return v, nil
		}
	}
	return m.queryValue("update", f, e, depth)
}

// fillColumn makes a new column of a value.
func (m *Machine) fillColumn(v wire.Value, rows int) (wire.Value, error) {
	if isCollection(v) {
		if isList(v) || length(v) != rows {
			return nil, unsupported("update", "of a new column of %d values", length(v))
		}
		return v, nil
	}
	if isNull(v) || rows == 0 {
		return nil, unsupported("update", "of a new column of nulls")
	}
	one, ok := pack([]wire.Value{v})
	if !ok {
		return nil, unsupported("update", "of a new column of %v", v.Kind())
	}
	return m.pick(one, make([]int, rows))
}

// overlay replaces a column's rows, but for those to keep, by a value or by the
// values of a vector.
func (m *Machine) overlay(column, v wire.Value, keep []bool) (wire.Value, error) {
	if isList(column) || isCollection(v) && length(v) != len(keep) {
		return nil, unsupported("update", "of a column of %v by %d values", column.Kind(), length(v))
	}
	kind := column.Kind()
	switch {
	case v.Kind() == kind:
	case !isCollection(v) && kind == wire.KindF64 && v.Kind() == wire.KindI64 && !isNull(v):
	case !isCollection(v):
		return nil, fail(ErrType, "update: got %v for a column of %v", v.Kind(), kind)
	default:
		return nil, unsupported("update", "of a column of %v by %v", kind, v.Kind())
	}
	if err := m.spend(len(keep), valueSize); err != nil {
		return nil, err
	}
	out := make([]wire.Value, len(keep))
	for i := range out {
		switch {
		case keep[i]:
			out[i] = element(column, i)
		case isCollection(v):
			out[i] = element(v, i)
		default:
			out[i] = v
		}
	}
	return likeColumn(column, out), nil
}

// likeColumn makes a column of the kind of another. The values are of that kind, or
// numbers to be converted.
func likeColumn(column wire.Value, vals []wire.Value) wire.Value {
	if v, ok := column.(wire.Vector); ok && v.Of != wire.KindGUID {
		return store(v.Of, vals)
	}
	return keysLike(column, vals)
}
