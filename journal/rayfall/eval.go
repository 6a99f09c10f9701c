package rayfall

import (
	"strings"

	"powercut/journal/wire"
)

// eval returns the value of v. A list is a call, a name that is not quoted stands
// for what is bound to it, and everything else for itself.
func (m *Machine) eval(v wire.Value, depth int) (wire.Value, error) {
	if m.steps--; depth > maxEvalDepth || m.steps < 0 {
		return nil, m.tooMuch()
	}
	switch v := v.(type) {
	case wire.Symbol:
		if v.Quoted() {
			return v, nil
		}
		return m.resolve(v.Name)
	case wire.List:
		if len(v.Items) > 0 {
			return m.call(v.Items, depth)
		}
	}
	return v, nil
}

// resolve returns what a name stands for: what was bound to it, or else the
// language's function of that name.
func (m *Machine) resolve(name string) (wire.Value, error) {
	if name == "null" {
		return wire.Null{}, nil
	}
	if len(m.scope.locals) > 0 {
		if v, ok, err := m.lookupLocal(name); ok || err != nil {
			return v, err
		}
	}
	if v, ok := m.env[name]; ok {
		return v, nil
	}
	if f, ok := functions[name]; ok {
		return f.value, nil
	}
	return nil, unknown(name)
}

// unknown is the error for a name that nothing is bound to.
func unknown(name string) error {
	if otherFunctions[name] || strings.IndexByte(name, '.') >= 0 {
		return unsupported(name, "")
	}
	return fail(ErrName, "%q is not defined", name)
}

// tooMuch is the error for an entry that is nested too deep or runs too long.
func (m *Machine) tooMuch() error {
	if m.steps < 0 {
		return limited("fn", "more than %d expressions", maxSteps)
	}
	if m.scope.functions > 0 {
		return limited("fn", "evaluation nested more than %d deep", maxEvalDepth)
	}
	return fail(ErrLimit, "evaluation nested more than %d deep", maxEvalDepth)
}

// head finds the function at the head of a call: one of the language's own, or else
// a lambda, which an entry has defined.
func (m *Machine) head(v wire.Value, depth int) (*function, wire.Lambda, error) {
	var lambda wire.Lambda
	if name, ok := v.(wire.Symbol); ok && !name.Quoted() && len(m.scope.locals) == 0 {
		// The common case, without making a value of the function.
		if _, bound := m.env[name.Name]; !bound {
			if f, ok := functions[name.Name]; ok {
				return f, lambda, nil
			}
		}
	}
	head, err := m.eval(v, depth+1)
	if err != nil {
		return nil, lambda, err
	}
	if name, ok := head.(wire.Symbol); ok {
		if head, err = m.resolve(name.Name); err != nil {
			return nil, lambda, err
		}
	}
	switch head := head.(type) {
	case wire.Builtin:
		if f, ok := functions[head.Name]; ok {
			return f, lambda, nil
		}
		return nil, lambda, unknown(head.Name)
	case wire.Lambda:
		return nil, head, nil
	default:
		return nil, lambda, fail(ErrType, "got %v at the head of a list, want a function", head.Kind())
	}
}

// call evaluates a list: the function at its head with the rest of it.
func (m *Machine) call(list []wire.Value, depth int) (wire.Value, error) {
	f, lambda, err := m.head(list[0], depth)
	if err != nil {
		return nil, err
	}
	args := list[1:]
	if f == nil {
		vals, err := m.evalAll(args, depth)
		if err != nil {
			return nil, err
		}
		return m.applyLambda(lambda, vals, depth)
	}
	if f.arity >= 0 && len(args) != f.arity {
		if f.overloaded && len(args) == 2 {
			return nil, unsupported(f.name, "of two arguments")
		}
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
	vals, err := m.evalAll(args, depth)
	if err != nil {
		return nil, err
	}
	return f.variadic(m, vals)
}

func (m *Machine) callUnary(f *function, arg wire.Value, depth int) (wire.Value, error) {
	x, err := m.eval(arg, depth+1)
	if err != nil {
		return nil, err
	}
	if x.Kind() == wire.KindNull && !f.takesNull {
		return nil, fail(ErrType, "%s of null", f.name)
	}
	switch {
	case f.elementwise && isCollection(x):
		return m.mapUnary(f, x)
	case f.passesAtoms && m.mayBeUncomputed(arg, x):
		return nil, unsupported(f.name, "of an aggregate of a vector")
	}
	return f.unary(m, x)
}

// uncomputed are the functions of which the original hands the result on before it is
// computed: a vector of numbers and what is to be done with it.
var uncomputed = map[string]bool{"sum": true, "avg": true, "min": true, "max": true, "first": true, "last": true}

// mayBeUncomputed says whether a number that an expression gives may be, in the
// original, what is not computed yet. Functions that return an atom as it is fail on
// that there.
func (m *Machine) mayBeUncomputed(e, x wire.Value) bool {
	call, ok := e.(wire.List)
	if !ok || len(call.Items) == 0 {
		return false
	}
	if _, number := x.(wire.Scalar); !number {
		return false
	}
	head, ok := call.Items[0].(wire.Symbol)
	if !ok {
		return true
	}
	f, lambda, err := m.head(head, 1)
	switch {
	case err != nil, lambda.Params != nil:
		return true
	case uncomputed[f.name]:
		_, atom := call.Items[len(call.Items)-1].(wire.Scalar)
		return !atom // of an atom it is computed at once
	}
	return f.form != nil
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
	if _, ok := x.(wire.Scalar); ok {
		if _, ok := y.(wire.Scalar); ok {
			return f.binary(m, x, y) // most calls
		}
	}
	return m.applyBinary(f, x, y)
}

func (m *Machine) applyBinary(f *function, x, y wire.Value) (wire.Value, error) {
	if x.Kind() == wire.KindNull || y.Kind() == wire.KindNull {
		if !f.takesNull {
			return nil, fail(ErrType, "%s of %v and %v", f.name, x.Kind(), y.Kind())
		}
		return f.binary(m, x, y)
	}
	if f.elementwise && (isCollection(x) || isCollection(y)) {
		return m.mapBinary(f, x, y, 1)
	}
	return f.binary(m, x, y)
}
