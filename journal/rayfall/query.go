package rayfall

import (
	"slices"

	"powercut/journal/wire"
)

// maxGroupRows is up to how many rows of a table a query groups or adds up. Of
// more the original may do some apart, in another order.
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

// table evaluates the clause of from. The name is that of the table which is to
// be changed in its place: that of a symbol that stands for itself.
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

// notTable is what target found that is no table.
type notTable struct{ v wire.Value }

func (e notTable) Error() string { return "rayfall: got " + e.v.Kind().String() + ", want a table" }

// selectRows is select: rows of a table, columns computed of them, or of groups
// of them what the aggregates give.
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

// queryFunctions are the functions that an expression in a query may use: of
// those the original's kernels for queries do as the functions do.
var queryFunctions = map[string]bool{
	"==": true, "!=": true, "<": true, "<=": true, ">": true, ">=": true, "in": true,
	"and": true, "or": true, "not": true, "+": true, "-": true, "*": true,
}

// queryValue evaluates an expression over a table's columns.
func (m *Machine) queryValue(name string, f frame, e wire.Value, depth int) (wire.Value, error) {
	if err := m.checkQuery(name, f, e, depth); err != nil {
		return nil, err
	}
	defer m.leave(m.enter())
	for i, column := range f.names {
		if f.index(column) == i {
			m.bindLocal(column, f.columns[i])
		}
	}
	return m.eval(e, depth+1)
}

// checkQuery says whether the original is known to evaluate an expression in a
// query as it does elsewhere: comparisons, sums and the like of columns without
// nulls.
func (m *Machine) checkQuery(name string, f frame, e wire.Value, depth int) error {
	if depth > maxEvalDepth {
		return m.tooMuch()
	}
	switch v := e.(type) {
	case wire.Symbol:
		i := f.index(v.Name)
		switch {
		case v.Quoted() && i >= 0:
			return unsupported(name, "with %q, which is a column's name too", v.Name)
		case v.Quoted():
			return nil
		case i < 0:
			if _, err := m.resolve(v.Name); err != nil {
				return err
			}
			return unsupported(name, "with %q, which is no column", v.Name)
		}
		return checkColumn(name, f.columns[i])
	case wire.Scalar:
		if v.IsNull() || v.Of != wire.KindI64 && v.Of != wire.KindF64 && v.Of != wire.KindBool {
			return unsupported(name, "with %v", v)
		}
		return nil
	case wire.Vector, wire.Symbols:
		return checkColumn(name, e)
	case wire.List:
		if len(v.Items) != 3 && !(len(v.Items) > 1 && isJunction(v.Items[0])) {
			break
		}
		head, ok := v.Items[0].(wire.Symbol)
		if !ok || head.Quoted() || !queryFunctions[head.Name] || f.index(head.Name) >= 0 {
			break
		}
		if _, bound := m.env[head.Name]; bound {
			break
		}
		for _, arg := range v.Items[1:] {
			if err := m.checkQuery(name, f, arg, depth+1); err != nil {
				return err
			}
		}
		return m.checkKinds(name, f, head.Name, v.Items[1:])
	}
	return unsupported(name, "with the expression %s", wire.Summary(e, 60))
}

func isJunction(v wire.Value) bool {
	s, ok := v.(wire.Symbol)
	return ok && (s.Name == "and" || s.Name == "or" || s.Name == "not")
}

// checkKinds allows what a query's functions take of columns and constants:
// numbers with numbers, symbols with symbols.
func (m *Machine) checkKinds(name string, f frame, function string, args []wire.Value) error {
	if isJunction(wire.Symbol{Name: function}) {
		for _, arg := range args {
			if l, ok := arg.(wire.List); !ok || len(l.Items) == 0 {
				return unsupported(name, "with %s of other than conditions", function)
			}
		}
		return nil
	}
	var kinds [2]wire.Kind
	for i, arg := range args {
		kinds[i] = arg.Kind()
		if s, ok := arg.(wire.Symbol); ok && !s.Quoted() {
			kinds[i] = f.columns[f.index(s.Name)].Kind()
		}
	}
	a, b := kinds[0], kinds[1]
	numbers := (a == wire.KindI64 || a == wire.KindF64) && (b == wire.KindI64 || b == wire.KindF64)
	symbols := a == wire.KindSymbol && b == wire.KindSymbol && (function == "==" || function == "!=" || function == "in")
	if !numbers && !symbols || function == "in" && a != b {
		return unsupported(name, "with %s of %v and %v", function, a, b)
	}
	return nil
}

// checkColumn says whether a column is of a kind and without the nulls for which
// queries have rules of their own.
func checkColumn(name string, c wire.Value) error {
	switch v := c.(type) {
	case wire.Symbols:
		if slices.Contains(v.Names, "") {
			return unsupported(name, "of a column of symbols of which some are empty")
		}
		return nil
	case wire.Vector:
		if mayHoldNulls(v) || hasNaN(v) || v.Of != wire.KindI64 && v.Of != wire.KindF64 {
			return unsupported(name, "of a column of kind %v, or with nulls", v.Of)
		}
		return nil
	}
	return unsupported(name, "of a column of kind %v", c.Kind())
}

// aggregates are the functions of which a query makes one value of a group.
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

// selectBy computes aggregates over groups of rows: those with the same symbol
// in one column, as the symbols come.
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
