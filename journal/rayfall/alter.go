package rayfall

import (
	"slices"

	"powercut/journal/wire"
)

// alter changes what is bound to a name, and returns it: (alter 'v set i x) puts
// a value at an index of a vector or a list, (alter 'v concat x) joins one to
// it, and (alter 'v remove i) takes an element out of a list.
func (m *Machine) alter(args []wire.Value, depth int) (wire.Value, error) {
	if len(args) < 3 {
		return nil, fail(ErrDomain, "alter: got %d arguments, want a name, a function and a value", len(args))
	}
	v, err := m.eval(args[0], depth+1)
	if err != nil {
		return nil, err
	}
	name, ok := v.(wire.Symbol)
	if !ok {
		return nil, fail(ErrType, "alter: got %v, want a name", v.Kind())
	}
	x, ok := m.env[name.Name]
	if !ok {
		if _, builtin := functions[name.Name]; builtin {
			return nil, unsupported("alter", "of a function")
		}
		return nil, unknown(name.Name)
	}
	function, ok := args[1].(wire.Symbol)
	if !ok {
		return nil, fail(ErrType, "alter: got %v, want the name of a function", args[1].Kind())
	}
	vals := make([]wire.Value, len(args)-2)
	for i, arg := range args[2:] {
		if vals[i], err = m.eval(arg, depth+1); err != nil {
			return nil, err
		}
	}
	switch {
	case function.Name == "concat" && len(vals) == 1:
		x, err = m.concat(x, vals[0])
	case function.Name == "set" && len(vals) == 2:
		x, err = m.setElement(x, vals[0], vals[1])
	case function.Name == "remove" && len(vals) == 1 && isList(x):
		x, err = removeElement(x.(wire.List), vals[0])
	default:
		return nil, unsupported("alter", "by %s", function.Name)
	}
	if err != nil {
		return nil, err
	}
	if _, err := m.changed(name.Name, x); err != nil {
		return nil, err
	}
	return x, nil
}

// setElement returns a vector or a list with another value at an index.
func (m *Machine) setElement(x, index, v wire.Value) (wire.Value, error) {
	if !isCollection(x) {
		return nil, fail(ErrType, "alter: got %v, want a vector or a list", x.Kind())
	}
	at, ok := index.(wire.Scalar)
	if !ok || at.Of != wire.KindI64 || at.IsNull() {
		return nil, unsupported("alter", "at an index of kind %v", index.Kind())
	}
	if at.Int() < 0 || at.Int() >= int64(length(x)) {
		if isList(x) {
			return x, nil
		}
		return nil, fail(ErrDomain, "alter: index %d of %d", at.Int(), length(x))
	}
	if err := m.spend(length(x), valueSize); err != nil {
		return nil, err
	}
	items := elementsOf(x)
	items[at.Int()] = v
	if isList(x) {
		return wire.List{Items: items}, nil
	}
	if isCollection(v) || v.Kind() != x.Kind() || isNull(v) || x.Kind() == wire.KindF32 {
		return nil, unsupported("alter", "of a vector of %v by a %v", x.Kind(), v.Kind())
	}
	return likeColumn(x, items), nil
}

// removeElement returns a list without one of its elements.
func removeElement(x wire.List, index wire.Value) (wire.Value, error) {
	at, ok := index.(wire.Scalar)
	if !ok || at.Of != wire.KindI64 || at.Int() < 0 || at.Int() >= int64(len(x.Items)) {
		return nil, unsupported("alter", "by removing at %s", wire.Summary(index, 40))
	}
	return wire.List{Items: slices.Delete(slices.Clone(x.Items), int(at.Int()), int(at.Int())+1)}, nil
}

// modify returns a table with one column replaced by what a function makes of it.
func (m *Machine) modify(args []wire.Value, depth int) (wire.Value, error) {
	args, err := m.evalAll(args, depth)
	if err != nil {
		return nil, err
	}
	if len(args) < 3 {
		return nil, fail(ErrArity, "modify: got %d arguments, want a table, a column and a function", len(args))
	}
	t, ok := args[0].(wire.Table)
	if !ok {
		return nil, fail(ErrType, "modify: got %v, want a table", args[0].Kind())
	}
	name, ok := args[1].(wire.Symbol)
	if !ok {
		return nil, fail(ErrType, "modify: got %v, want a column's name", args[1].Kind())
	}
	f, err := frameOf(t)
	if err != nil {
		return nil, err
	}
	c := f.index(name.Name)
	if c < 0 {
		return nil, fail(ErrDomain, "modify: %q is no column", name.Name)
	}
	v, err := m.call1("modify", args[2], f.columns[c], depth)
	if err != nil {
		return nil, err
	}
	if !isCollection(v) || length(v) != f.rows() {
		return nil, unsupported("modify", "by a function that gives a %v", v.Kind())
	}
	out := frame{names: f.names, columns: slices.Clone(f.columns)}
	out.columns[c] = v
	return out.table(), nil
}
