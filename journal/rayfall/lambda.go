package rayfall

import (
	"errors"

	"powercut/journal/wire"
)

const (
	// maxFunctions is how deep functions may call each other. The original
	// allows more for functions that it has compiled.
	maxFunctions = 64
	// maxSteps is how many expressions an entry may evaluate, so that no
	// recursion runs for long.
	maxSteps     = 1 << 20
	maxArguments = 64
)

// lambda is fn: a function of named parameters. It keeps its body unevaluated, and
// sees no names of where it was made.
func (m *Machine) lambda(args []wire.Value, _ int) (wire.Value, error) {
	if len(args) < 2 {
		return nil, fail(ErrDomain, "fn: got %d arguments, want parameters and a body", len(args))
	}
	if len(m.scope.locals) > 0 {
		return nil, unsupported("fn", "where let or another function has bound names")
	}
	switch params := args[0].(type) {
	case wire.Symbols:
		for _, name := range params.Names {
			if err := checkName(name); err != nil {
				return nil, err
			}
		}
	case wire.Vector:
		if params.Len() > 0 {
			return nil, unsupported("fn", "with parameters of kind %v", params.Of)
		}
	default:
		return nil, unsupported("fn", "with parameters of kind %v", args[0].Kind())
	}
	return wire.Lambda{Params: args[0], Body: wire.List{Items: args[1:]}}, nil
}

// applyLambda calls a function that an entry has defined.
func (m *Machine) applyLambda(f wire.Lambda, args []wire.Value, depth int) (wire.Value, error) {
	body, ok := f.Body.(wire.List)
	params, names := f.Params.(wire.Symbols)
	if !ok || f.Attrs != 0 || !names && length(f.Params) > 0 {
		return nil, unsupported("fn", "of a form of its own")
	}
	if len(args) != len(params.Names) {
		return nil, fail(ErrArity, "fn: got %d arguments, want %d", len(args), len(params.Names))
	}
	if m.scope.functions == maxFunctions {
		return nil, limited("fn", "calls nested more than %d deep", maxFunctions)
	}
	defer m.leave(m.enter())
	m.scope.functions++
	m.scope.base = m.scope.start
	m.bindLocal("self", f)
	for i, name := range params.Names {
		m.bindLocal(name, args[i])
	}
	var v wire.Value
	for _, e := range body.Items {
		var err error
		if v, err = m.eval(e, depth+1); err != nil {
			return nil, err
		}
	}
	if v == nil {
		return nil, unsupported("fn", "without a body")
	}
	return v, nil
}

// evalAll evaluates the arguments of a call.
func (m *Machine) evalAll(args []wire.Value, depth int) ([]wire.Value, error) {
	if len(args) > maxArguments {
		return nil, fail(ErrDomain, "got %d arguments, want at most %d", len(args), maxArguments)
	}
	if err := m.spend(len(args), 16); err != nil {
		return nil, err
	}
	vals := make([]wire.Value, len(args))
	for i, arg := range args {
		var err error
		if vals[i], err = m.eval(arg, depth+1); err != nil {
			return nil, err
		}
	}
	return vals, nil
}

// call1 calls a function that is a value with one argument.
func (m *Machine) call1(name string, f, x wire.Value, depth int) (wire.Value, error) {
	switch f := f.(type) {
	case wire.Lambda:
		return m.applyLambda(f, []wire.Value{x}, depth)
	case wire.Builtin:
		if b, ok := functions[f.Name]; ok && b.unary != nil && x.Kind() != wire.KindNull {
			if b.elementwise && isCollection(x) {
				return m.mapUnary(b, x)
			}
			return b.unary(m, x)
		}
	}
	return nil, unsupported(name, "of a function of kind %v and one argument", f.Kind())
}

// call2 calls a function that is a value with two arguments.
func (m *Machine) call2(name string, f, x, y wire.Value, depth int) (wire.Value, error) {
	switch f := f.(type) {
	case wire.Lambda:
		return m.applyLambda(f, []wire.Value{x, y}, depth)
	case wire.Builtin:
		b, ok := functions[f.Name]
		if ok && b.binary != nil && !b.mutates && x.Kind() != wire.KindNull && y.Kind() != wire.KindNull {
			if b.elementwise && (isCollection(x) || isCollection(y)) {
				return m.mapBinary(b, x, y, 2) // without the kernels
			}
			return b.binary(m, x, y)
		}
	}
	return nil, unsupported(name, "of a function of kind %v and two arguments", f.Kind())
}

// mapOver is map: a list of what a function gives for each element of a collection,
// or for a value and each element.
func (m *Machine) mapOver(args []wire.Value, depth int) (wire.Value, error) {
	args, err := m.evalAll(args, depth)
	if err != nil {
		return nil, err
	}
	if len(args) < 2 {
		return nil, fail(ErrDomain, "map: got %d arguments, want a function and a collection", len(args))
	}
	if len(args) > 3 {
		return nil, unsupported("map", "of %d arguments", len(args))
	}
	over := args[len(args)-1]
	if !isCollection(over) {
		if len(args) == 3 || isFunction(over) || over.Kind() == wire.KindTable {
			return nil, unsupported("map", "over a %v", over.Kind())
		}
		return nil, fail(ErrType, "map: got %v, want a vector or a list", over.Kind())
	}
	n := length(over)
	if err := m.spend(n, valueSize); err != nil {
		return nil, err
	}
	out := make([]wire.Value, n)
	for i := range out {
		if len(args) == 2 {
			out[i], err = m.call1("map", args[0], element(over, i), depth)
		} else {
			out[i], err = m.call2("map", args[0], args[1], element(over, i), depth)
		}
		if err != nil {
			return nil, err
		}
	}
	return wire.List{Items: out}, nil
}

// fold combines the elements of a collection with a function of two arguments, one
// after the other, beginning with the first element or with a given value.
func (m *Machine) fold(args []wire.Value, depth int) (wire.Value, error) {
	args, err := m.evalAll(args, depth)
	if err != nil {
		return nil, err
	}
	if len(args) < 2 {
		return nil, fail(ErrDomain, "fold: got %d arguments, want a function and a collection", len(args))
	}
	over := args[len(args)-1]
	if len(args) > 3 || !isCollection(over) {
		return nil, unsupported("fold", "of %d arguments and a %v", len(args), over.Kind())
	}
	rest, n := 0, length(over)
	var acc wire.Value
	if len(args) == 3 {
		acc = args[1]
	} else {
		if n == 0 {
			return nil, fail(ErrDomain, "fold of nothing")
		}
		acc, rest = element(over, 0), 1
	}
	if err := m.spend(n, 16); err != nil {
		return nil, err
	}
	for i := rest; i < n; i++ {
		if acc, err = m.call2("fold", args[0], acc, element(over, i), depth); err != nil {
			return nil, err
		}
	}
	return acc, nil
}

// applyTo is apply: it calls a function with two atoms, or with each pair of
// elements of two collections, up to the end of the shorter one.
func (m *Machine) applyTo(args []wire.Value, depth int) (wire.Value, error) {
	args, err := m.evalAll(args, depth)
	if err != nil {
		return nil, err
	}
	if len(args) < 3 {
		return nil, fail(ErrDomain, "apply: got %d arguments, want a function and two values", len(args))
	}
	f, x, y := args[0], args[1], args[2]
	switch {
	case len(args) > 3 || isFunction(x) || isFunction(y):
		return nil, unsupported("apply", "of %d arguments", len(args))
	case !isCompound(x) && !isCompound(y):
		return m.call2("apply", f, x, y, depth)
	case !isCollection(x) || !isCollection(y):
		return nil, unsupported("apply", "to %v and %v", x.Kind(), y.Kind())
	}
	n := min(length(x), length(y))
	if err := m.spend(n, valueSize); err != nil {
		return nil, err
	}
	out := make([]wire.Value, n)
	for i := range out {
		if out[i], err = m.call2("apply", f, element(x, i), element(y, i), depth); err != nil {
			return nil, err
		}
	}
	return wire.List{Items: out}, nil
}

// raise fails with a value.
func (m *Machine) raise(x wire.Value) (wire.Value, error) {
	m.raised = x
	return nil, fail(ErrRaised, "%s", wire.Summary(x, 80))
}

// try evaluates an expression. If that fails it calls a function with what raise
// was given, or with 0 for another error.
func (m *Machine) try(args []wire.Value, depth int) (wire.Value, error) {
	m.raised = nil
	outer := m.scope
	v, err := m.eval(args[0], depth+1)
	if err == nil {
		return v, nil
	}
	m.scope = outer
	var failed *EvalError
	if !errors.As(err, &failed) || errors.Is(err, ErrLimit) {
		return nil, err
	}
	caught := wire.Int(0)
	if m.raised != nil {
		caught = m.raised
	}
	m.raised = nil
	handler, err := m.eval(args[1], depth+1)
	if err != nil {
		return nil, err
	}
	return m.call1("try", handler, caught, depth)
}

// quote returns its argument as it is, but for a name: that becomes a symbol which
// stands for itself.
func (m *Machine) quote(args []wire.Value, _ int) (wire.Value, error) {
	if len(args) != 1 {
		return nil, unsupported("quote", "of %d arguments", len(args))
	}
	if name, ok := args[0].(wire.Symbol); ok {
		return wire.Quoted(name.Name), nil
	}
	return args[0], nil
}
