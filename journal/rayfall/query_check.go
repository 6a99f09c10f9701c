package rayfall

import (
	"slices"

	"powercut/journal/wire"
)

// queryFunctions are the functions that an expression in a query may use. For
// these the original's own code for queries gives what the functions give.
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

// checkQuery checks that the original is known to evaluate an expression in a
// query as it does elsewhere: comparisons, sums and the like of columns without
// nulls.
func (m *Machine) checkQuery(name string, f frame, e wire.Value, depth int) error {
	if depth > maxEvalDepth {
		return m.tooMuch()
	}
	switch v := e.(type) {
	case wire.Symbol:
		return m.checkQueryName(name, f, v)
	case wire.Scalar:
		if v.IsNull() || v.Of != wire.KindI64 && v.Of != wire.KindF64 && v.Of != wire.KindBool {
			return unsupported(name, "with %v", v)
		}
		return nil
	case wire.Vector, wire.Symbols:
		return checkColumn(name, e)
	case wire.List:
		if function, ok := m.queryFunction(f, v); ok {
			return m.checkQueryCall(name, f, function, v.Items[1:], depth)
		}
	}
	return unsupported(name, "with the expression %s", wire.Summary(e, 60))
}

// checkQueryName allows names of columns, and quoted symbols.
func (m *Machine) checkQueryName(name string, f frame, s wire.Symbol) error {
	i := f.index(s.Name)
	switch {
	case s.Quoted() && i >= 0:
		return unsupported(name, "with %q, which is a column's name too", s.Name)
	case s.Quoted():
		return nil
	case i < 0:
		if _, err := m.resolve(s.Name); err != nil {
			return err
		}
		return unsupported(name, "with %q, which is no column", s.Name)
	}
	return checkColumn(name, f.columns[i])
}

// queryFunction returns the function that a list calls, if it is one of
// queryFunctions with a fitting number of arguments, and neither a column nor an
// entry has taken its name.
func (m *Machine) queryFunction(f frame, l wire.List) (name string, ok bool) {
	if len(l.Items) != 3 && !(len(l.Items) > 1 && isJunction(l.Items[0])) {
		return "", false
	}
	head, ok := l.Items[0].(wire.Symbol)
	if !ok || head.Quoted() || !queryFunctions[head.Name] || f.index(head.Name) >= 0 {
		return "", false
	}
	_, bound := m.env[head.Name]
	return head.Name, !bound
}

func (m *Machine) checkQueryCall(name string, f frame, function string, args []wire.Value, depth int) error {
	for _, arg := range args {
		if err := m.checkQuery(name, f, arg, depth+1); err != nil {
			return err
		}
	}
	return m.checkKinds(name, f, function, args)
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

// checkColumn allows columns of symbols, i64 and f64 without nulls. For others
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
