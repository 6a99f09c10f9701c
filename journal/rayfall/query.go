package rayfall

import (
	"powercut/journal/wire"
)

// maxGroupRows is the number of rows that the original is known to group and to
// add up in their order. More of them it may divide into parts.
const maxGroupRows = 1024

// clauses is what select and update are called with: a dictionary that is not
// evaluated.
type clauses struct {
	name            string
	from, where, by wire.Value // nil: not there
	names           []string   // of the columns that are to be computed
	exprs           []wire.Value
}

// readClauses reads the dictionary that a query is called with.
func readClauses(name string, args []wire.Value) (clauses, error) {
	q := clauses{name: name}
	if len(args) != 1 {
		return q, unsupported(name, "of %d arguments", len(args))
	}
	d, ok := args[0].(wire.Dict)
	keys, symbols := d.Keys.(wire.Symbols)
	vals, list := d.Vals.(wire.List)
	if !ok || !symbols || !list || len(keys.Names) != len(vals.Items) {
		return q, unsupported(name, "of a %v", args[0].Kind())
	}
	for i, key := range keys.Names {
		v := vals.Items[i]
		switch key {
		case "from", "where", "by":
			clause := map[string]*wire.Value{"from": &q.from, "where": &q.where, "by": &q.by}[key]
			if *clause != nil {
				return q, unsupported(name, "with two clauses of %s", key)
			}
			*clause = v
		case "asc", "desc", "take", "nearest", "distinct", "limit", "having":
			return q, unsupported(name, "with a clause of %s", key)
		default:
			q.names, q.exprs = append(q.names, key), append(q.exprs, v)
		}
	}
	if q.from == nil {
		return q, unsupported(name, "without a clause of from")
	}
	return q, nil
}

// target evaluates the clause of from, or the first argument of insert and upsert.
// A symbol that stands for itself names a table that is to be changed in its
// place: global is that name. For other than a table the error is a notTable.
func (m *Machine) target(name string, from wire.Value, depth int) (t wire.Table, global string, err error) {
	v, err := m.eval(from, depth+1)
	if err != nil {
		return t, "", err
	}
	if s, ok := v.(wire.Symbol); ok {
		if name == "select" {
			return t, "", unsupported(name, "from a symbol")
		}
		global = s.Name
		if v, ok = m.env[global]; !ok {
			if _, builtin := functions[global]; builtin {
				return t, "", unsupported(name, "of %q", global)
			}
			return t, "", fail(ErrDomain, "%s: %q is not bound", name, global)
		}
	}
	t, ok := v.(wire.Table)
	if !ok {
		return t, global, notTable{v}
	}
	return t, global, nil
}

// notTable is the error for a value that is no table. What it means is up to the
// function.
type notTable struct{ v wire.Value }

func (e notTable) Error() string { return "rayfall: got " + e.v.Kind().String() + ", want a table" }

// selectRows is select: it returns rows of a table, or columns that are computed
// from them, or aggregates of groups of them.
func (m *Machine) selectRows(args []wire.Value, depth int) (wire.Value, error) {
	q, err := readClauses("select", args)
	if err != nil {
		return nil, err
	}
	t, _, err := m.target("select", q.from, depth)
	if err != nil {
		if _, other := err.(notTable); other {
			return nil, unsupported("select", "from other than a table")
		}
		return nil, err
	}
	f, err := frameOf(t)
	if err != nil {
		return nil, err
	}
	if len(q.exprs) == 0 && q.by != nil {
		return nil, unsupported("select", "by without a column")
	}
	filtered := f
	if q.where != nil {
		rows, err := m.rowsWhere(q.name, f, q.where, depth)
		if err != nil {
			return nil, err
		}
		picked, err := m.pickRows(f, rows)
		if err != nil {
			return nil, err
		}
		filtered.columns = picked.(wire.Table).Values.(wire.List).Items
	}
	switch {
	case len(q.exprs) == 0:
		return filtered.table(), nil
	case q.by != nil:
		return m.selectBy(q, filtered)
	}
	return m.selectColumns(q, filtered, depth)
}

// rowsWhere returns the numbers of the rows for which a condition holds.
func (m *Machine) rowsWhere(name string, f frame, where wire.Value, depth int) ([]int, error) {
	v, err := m.queryValue(name, f, where, depth)
	if err != nil {
		return nil, err
	}
	flags, ok := booleans(v)
	if !ok || len(flags) != f.rows() {
		return nil, unsupported(name, "where the condition gives a %v", v.Kind())
	}
	return trueRows(flags), nil
}

// selectColumns computes columns over all rows: a table of one row if they are
// aggregates.
func (m *Machine) selectColumns(q clauses, f frame, depth int) (wire.Value, error) {
	out := frame{names: q.names, columns: make([]wire.Value, len(q.exprs))}
	ones := 0
	for i, e := range q.exprs {
		function, column, ok, err := m.aggregate(f, e)
		switch {
		case err != nil:
			return nil, err
		case !ok:
			if out.columns[i], err = m.queryValue("select", f, e, depth); err != nil {
				return nil, err
			}
			if !isCollection(out.columns[i]) || length(out.columns[i]) != f.rows() {
				return nil, unsupported("select", "with a column of one value")
			}
			continue
		case f.rows() == 0 || f.rows() > maxGroupRows:
			return nil, unsupported("select", "with %s of %d rows", function, f.rows())
		}
		ones++
		all := make([]int, f.rows())
		for r := range all {
			all[r] = r
		}
		one, err := m.reduce(function, f.columns[column], all)
		if err != nil {
			return nil, err
		}
		out.columns[i], _ = pack([]wire.Value{one})
	}
	if ones != 0 && ones != len(q.exprs) {
		return nil, unsupported("select", "with aggregates beside other columns")
	}
	return out.table(), nil
}
