package rayfall

import (
	"strings"

	"powercut/journal/wire"
)

// checkName says whether a name may be bound.
func checkName(name string) error {
	switch strings.IndexByte(name, '.') {
	case -1:
		return nil
	case 0:
		return fail(ErrReserved, "%q is a name of the system's", name)
	default:
		return unsupported("set", "%q, a name with a dot in it", name)
	}
}

// set binds a name, which is not evaluated, to the value of an expression.
func (m *Machine) set(args []wire.Value, depth int) (wire.Value, error) {
	name, ok := args[0].(wire.Symbol)
	if !ok {
		return nil, fail(ErrType, "set: got %v, want a name", args[0].Kind())
	}
	v, err := m.eval(args[1], depth+1)
	if err != nil {
		return nil, err
	}
	if err := checkName(name.Name); err != nil {
		return nil, err
	}
	if _, small := v.(wire.Scalar); !small {
		if err := checkBindable(v); err != nil {
			return nil, err
		}
	}
	m.bind(name.Name, v)
	return v, nil
}

// del removes a binding.
func (m *Machine) del(args []wire.Value, _ int) (wire.Value, error) {
	if len(args) == 0 {
		return nil, fail(ErrArity, "del: got no arguments, want a name")
	}
	name, ok := args[0].(wire.Symbol)
	if !ok {
		return nil, fail(ErrType, "del: got %v, want a name", args[0].Kind())
	}
	if err := checkName(name.Name); err != nil {
		return nil, err
	}
	m.unbind(name.Name)
	return wire.Int(0), nil
}

// choose is if: the value of one of two expressions.
func (m *Machine) choose(args []wire.Value, depth int) (wire.Value, error) {
	if len(args) < 2 {
		return nil, fail(ErrDomain, "if: got %d arguments, want at least 2", len(args))
	}
	cond, err := m.eval(args[0], depth+1)
	if err != nil {
		return nil, err
	}
	switch {
	case truthy(cond):
		return m.eval(args[1], depth+1)
	case len(args) > 2:
		return m.eval(args[2], depth+1)
	}
	return wire.Int(0), nil
}

// do evaluates expressions in turn.
func (m *Machine) do(args []wire.Value, depth int) (wire.Value, error) {
	last := wire.Int(0)
	outer := m.enter()
	defer m.leave(outer)
	var err error
	for _, arg := range args {
		if last, err = m.eval(arg, depth+1); err != nil {
			return nil, err
		}
	}
	return last, nil
}

func (m *Machine) and(args []wire.Value, depth int) (wire.Value, error) {
	return m.junction(args, depth, false)
}

func (m *Machine) or(args []wire.Value, depth int) (wire.Value, error) {
	return m.junction(args, depth, true)
}

// junction is and, or or: it stops at the first atom that is true (or) or false
// (and), as stop says, and returns it. A vector of booleans never stops it, but is
// combined with the next value, element by element.
func (m *Machine) junction(args []wire.Value, depth int, stop bool) (wire.Value, error) {
	if len(args) == 0 {
		return nil, fail(ErrArity, "and, or: got no arguments, want at least 1")
	}
	acc, err := m.eval(args[0], depth+1)
	if err != nil {
		return nil, err
	}
	for _, arg := range args[1:] {
		if isAtom(acc) && truthy(acc) == stop {
			return acc, nil
		}
		v, err := m.eval(arg, depth+1)
		if err != nil {
			return nil, err
		}
		if acc, err = m.combine(acc, v, stop); err != nil {
			return nil, err
		}
	}
	return acc, nil
}

// combine joins two values: by or if or is set, else by and.
func (m *Machine) combine(x, y wire.Value, or bool) (wire.Value, error) {
	join := func(a, b bool) bool { return (a || b) && (or || a && b) }
	xs, xv := booleans(x)
	ys, yv := booleans(y)
	var n int
	switch {
	case xv && yv:
		n = min(len(xs), len(ys))
	case xv && isAtom(y):
		n = len(xs)
	case yv && isAtom(x):
		n = len(ys)
	default:
		return wire.Bool(join(truthy(x), truthy(y))), nil
	}
	if err := m.spend(n, 1); err != nil {
		return nil, err
	}
	out := make([]byte, n)
	for i := range out {
		a, b := truthy(x), truthy(y)
		if xv {
			a = xs[i] != 0
		}
		if yv {
			b = ys[i] != 0
		}
		if join(a, b) {
			out[i] = 1
		}
	}
	return wire.Vector{Of: wire.KindBool, Data: out}, nil
}

// booleans returns the elements of a vector of booleans.
func booleans(v wire.Value) ([]byte, bool) {
	vec, ok := v.(wire.Vector)
	return vec.Data, ok && vec.Of == wire.KindBool
}

// truthy reports whether v counts as true. Only nulls, false and the zeros of i64
// and f64 do not.
func truthy(v wire.Value) bool {
	if isNull(v) {
		return false
	}
	if s, ok := v.(wire.Scalar); ok {
		switch s.Of {
		case wire.KindBool, wire.KindI64:
			return s.Bits != 0
		case wire.KindF64:
			return s.Float() != 0
		}
	}
	return true
}

// not is true for a value that counts as false, and of a vector of booleans the
// opposite of each.
func (m *Machine) not(x wire.Value) (wire.Value, error) {
	flags, ok := booleans(x)
	if !ok {
		return wire.Bool(!truthy(x)), nil
	}
	if err := m.spend(len(flags), 1); err != nil {
		return nil, err
	}
	out := make([]byte, len(flags))
	for i, b := range flags {
		if b == 0 {
			out[i] = 1
		}
	}
	return wire.Vector{Of: wire.KindBool, Data: out}, nil
}

// logSync is .log.sync, which syncs the log and changes no state. What it gives
// is not known.
func (m *Machine) logSync(_ []wire.Value, depth int) (wire.Value, error) {
	if depth > 1 {
		return nil, unsupported(".log.sync", "inside of another expression")
	}
	return wire.Null{}, nil
}
