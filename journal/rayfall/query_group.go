package rayfall

import (
	"powercut/journal/wire"
)

// aggregates are the functions with which a query makes one value of a group.
var aggregates = map[string]bool{
	"sum": true, "avg": true, "min": true, "max": true, "count": true, "first": true, "last": true,
}

// aggregate reads an expression that is one aggregate of one column.
func (m *Machine) aggregate(f frame, e wire.Value) (function string, column int, ok bool, err error) {
	l, list := e.(wire.List)
	if !list || len(l.Items) != 2 {
		return "", 0, false, nil
	}
	head, ok := l.Items[0].(wire.Symbol)
	if !ok || head.Quoted() || !aggregates[head.Name] || f.index(head.Name) >= 0 {
		return "", 0, false, nil
	}
	if _, bound := m.env[head.Name]; bound {
		return "", 0, false, nil
	}
	name, ok := l.Items[1].(wire.Symbol)
	if !ok || name.Quoted() {
		return "", 0, false, nil
	}
	if column = f.index(name.Name); column < 0 {
		// The original makes up values for a column that is not there.
		return "", 0, false, unsupported("select", "with %s of %q, which is no column", head.Name, name.Name)
	}
	return head.Name, column, true, checkColumn("select", f.columns[column])
}

// reduce applies an aggregate to some rows of a column.
func (m *Machine) reduce(function string, column wire.Value, rows []int) (wire.Value, error) {
	v, err := m.pick(column, rows)
	if err != nil {
		return nil, err
	}
	if k := v.Kind(); k == wire.KindSymbol && function != "first" && function != "last" && function != "count" {
		return nil, unsupported("select", "with %s of symbols", function)
	}
	return functions[function].unary(m, v)
}

// emptyAggregate is the column that an aggregate gives of no groups.
func (m *Machine) emptyAggregate(function string, column wire.Value) wire.Value {
	switch function {
	case "count":
		return wire.Vector{Of: wire.KindI64}
	case "avg":
		return wire.Vector{Of: wire.KindF64}
	}
	return m.emptyOf(column)
}

// selectBy computes aggregates of groups of rows. A group is the rows with the same
// symbol in one column; they come in the order of first occurrence.
func (m *Machine) selectBy(q clauses, f frame) (wire.Value, error) {
	by, ok := q.by.(wire.Symbol)
	if !ok || by.Quoted() {
		return nil, unsupported("select", "by other than one column")
	}
	key := f.index(by.Name)
	if key < 0 {
		if _, err := m.resolve(by.Name); err != nil {
			return nil, err
		}
		return nil, unsupported("select", "by %q, which is no column", by.Name)
	}
	if err := checkColumn("select", f.columns[key]); err != nil {
		return nil, err
	}
	if f.columns[key].Kind() != wire.KindSymbol || f.rows() > maxGroupRows {
		return nil, unsupported("select", "by a column of %d %v", f.rows(), f.columns[key].Kind())
	}
	first, groups, err := m.groups(f.columns[key])
	if err != nil {
		return nil, err
	}
	keys, err := m.pick(f.columns[key], first)
	if err != nil {
		return nil, err
	}
	out := frame{names: append([]string{by.Name}, q.names...), columns: []wire.Value{keys}}
	for _, e := range q.exprs {
		function, column, ok, err := m.aggregate(f, e)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, unsupported("select", "by with the expression %s", wire.Summary(e, 60))
		}
		if len(groups) > 1 && (function == "first" || function == "last") {
			return nil, unsupported("select", "by with %s, whose groups come in no order that is known", function)
		}
		vals := make([]wire.Value, len(groups))
		for i, rows := range groups {
			if vals[i], err = m.reduce(function, f.columns[column], rows); err != nil {
				return nil, err
			}
		}
		c := m.emptyAggregate(function, f.columns[column])
		if len(vals) > 0 {
			c, _ = pack(vals)
		}
		out.columns = append(out.columns, c)
	}
	return out.table(), nil
}
