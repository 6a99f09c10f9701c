package rayfall

import (
	"powercut/journal/wire"
)

// eval returns the value of v. Lists are calls, names that are not quoted
// stand for what is bound to them, and everything else for itself.
func (m *Machine) eval(v wire.Value, depth int) (wire.Value, error) {
	switch v := v.(type) {
	case wire.Symbol:
		if v.Quoted() {
			return v, nil
		}
		return m.resolve(v.Name)
	case wire.List:
		if depth > maxEvalDepth {
			return nil, fail(ErrLimit, "evaluation nested more than %d deep", maxEvalDepth)
		}
		if len(v.Items) > 0 {
			return m.call(v.Items, depth)
		}
	}
	return v, nil
}

// resolve returns what a name stands for: what was bound to it, or the
// function of that name.
func (m *Machine) resolve(name string) (wire.Value, error) {
	if name == "null" {
		return wire.Null{}, nil
	}
	if v, ok := m.env[name]; ok {
		return v, nil
	}
	if f, ok := functions[name]; ok {
		return f.value, nil
	}
	return nil, fail(ErrName, "%q is not defined", name)
}

// head finds the function that a call names.
func (m *Machine) head(v wire.Value, depth int) (*function, error) {
	if name, ok := v.(wire.Symbol); ok && !name.Quoted() {
		// The common case, without making a value of the function.
		if _, bound := m.env[name.Name]; !bound {
			if f, ok := functions[name.Name]; ok {
				return f, nil
			}
		}
	}
	head, err := m.eval(v, depth+1)
	if err != nil {
		return nil, err
	}
	if name, ok := head.(wire.Symbol); ok {
		if head, err = m.resolve(name.Name); err != nil {
			return nil, err
		}
	}
	switch head := head.(type) {
	case wire.Builtin:
		if f, ok := functions[head.Name]; ok {
			return f, nil
		}
		return nil, fail(ErrName, "function %q is not defined", head.Name)
	case wire.Lambda:
		return nil, fail(ErrUnsupported, "a call of a lambda")
	default:
		return nil, fail(ErrType, "got %v at the head of a list, want a function", head.Kind())
	}
}

// call evaluates a list: the function at its head with the rest of it.
func (m *Machine) call(list []wire.Value, depth int) (wire.Value, error) {
	f, err := m.head(list[0], depth)
	if err != nil {
		return nil, err
	}
	args := list[1:]
	if f.arity >= 0 && len(args) != f.arity {
		return nil, fail(ErrArity, "%s: got %d arguments, want %d", f.name, len(args), f.arity)
	}
	if m.restricted && f.mutates {
		return nil, fail(ErrAccess, "%s in a restricted entry", f.name)
	}
	switch {
	case f.form != nil:
		return f.form(m, args, depth)
	case f.unary != nil:
		return m.callUnary(f, args[0], depth)
	case f.binary != nil:
		return m.callBinary(f, args, depth)
	}
	if err := m.spend(len(args), 16); err != nil {
		return nil, err
	}
	vals := make([]wire.Value, len(args))
	for i, arg := range args {
		if vals[i], err = m.eval(arg, depth+1); err != nil {
			return nil, err
		}
	}
	return f.variadic(m, vals)
}

func (m *Machine) callUnary(f *function, arg wire.Value, depth int) (wire.Value, error) {
	x, err := m.eval(arg, depth+1)
	if err != nil {
		return nil, err
	}
	if x.Kind() == wire.KindNull {
		return nil, fail(ErrType, "%s of null", f.name)
	}
	if f.elementwise && isCollection(x) {
		return m.mapUnary(f, x, 1)
	}
	return f.unary(m, x)
}

func (m *Machine) callBinary(f *function, args []wire.Value, depth int) (wire.Value, error) {
	x, err := m.eval(args[0], depth+1)
	if err != nil {
		return nil, err
	}
	y, err := m.eval(args[1], depth+1)
	if err != nil {
		return nil, err
	}
	if (x.Kind() == wire.KindNull || y.Kind() == wire.KindNull) && !f.takesNull {
		return nil, fail(ErrType, "%s of %v and %v", f.name, x.Kind(), y.Kind())
	}
	if f.elementwise && (isCollection(x) || isCollection(y)) {
		return m.mapBinary(f, x, y, 1)
	}
	return f.binary(m, x, y)
}
