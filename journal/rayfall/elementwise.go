package rayfall

import (
	"powercut/journal/wire"
)

// valueSize is what an element of a list takes: its place in the list and the
// value itself, in bytes.
const valueSize = 32

// mapUnary applies a function of one atom to each element of a collection. The
// first result decides of which kind the vector is.
func (m *Machine) mapUnary(f *function, x wire.Value) (wire.Value, error) {
	n := length(x)
	if n == 0 {
		return emptyLike(f.unary(m, zeroOf(x))), nil
	}
	if err := m.spend(n, valueSize); err != nil {
		return nil, err
	}
	out := make([]wire.Value, n)
	for i := range out {
		var err error
		if out[i], err = f.unary(m, element(x, i)); err != nil {
			return nil, err
		}
	}
	first := out[0].(wire.Scalar)
	if first.Of == wire.KindF32 {
		return nil, unsupported(f.name, "of f32 numbers")
	}
	return store(first.Of, out), nil
}

// zeroOf is an atom of the kind that the elements of a collection have, for it
// to be found out which kind of result they would give.
func zeroOf(v wire.Value) wire.Value {
	switch v := v.(type) {
	case wire.Vector:
		if v.Of == wire.KindGUID {
			return wire.GUID{}
		}
		return wire.Scalar{Of: v.Of}
	case wire.Symbols:
		return wire.Symbol{}
	case wire.Texts:
		return wire.Text{}
	case wire.List:
		return wire.Int(0)
	}
	return v
}

// emptyLike is an empty vector of the kind that a result is of, or of i64 if
// there is no result.
func emptyLike(v wire.Value, err error) wire.Value {
	kind := wire.KindI64
	if s, ok := v.(wire.Scalar); ok && err == nil {
		kind = s.Of
	}
	return wire.Vector{Of: kind}
}

// mapBinary applies a function of two atoms to the elements of two collections
// of one length, or of a collection and an atom. On the top level the original
// has kernels for two vectors of numbers, which widen where what it does element
// by element, inside of a list, keeps to the vector's kind.
func (m *Machine) mapBinary(f *function, x, y wire.Value, depth int) (wire.Value, error) {
	if depth > maxEvalDepth {
		return nil, limited(f.name, "lists nested more than %d deep", maxEvalDepth)
	}
	xc, yc := isCollection(x), isCollection(y)
	n := length(x)
	switch {
	case !xc && !yc:
		return f.binary(m, x, y)
	case xc && yc && n != length(y):
		return nil, fail(ErrLength, "%s: got %d and %d elements, want as many", f.name, n, length(y))
	case !xc:
		n = length(y)
	}
	if n == 0 {
		return emptyLike(f.binary(m, zeroIf(xc, x), zeroIf(yc, y))), nil
	}
	if err := m.spend(n, valueSize); err != nil {
		return nil, err
	}
	pair := func(i int) (wire.Value, error) {
		a, b := x, y
		if xc {
			a = element(x, i)
		}
		if yc {
			b = element(y, i)
		}
		return m.mapBinary(f, a, b, depth+1)
	}
	if depth == 1 && f.kernel != nil && hasKernel(f, x, y) {
		if _, err := pair(0); err != nil {
			return nil, err
		}
		return f.kernel(m, x, y, n)
	}
	out := make([]wire.Value, n)
	for i := range out {
		var err error
		if out[i], err = pair(i); err != nil {
			return nil, err
		}
	}
	if isList(x) || isList(y) {
		return m.boxed(f, x, y, out)
	}
	first, ok := out[0].(wire.Scalar)
	if !ok || first.Of == wire.KindF32 {
		return nil, unsupported(f.name, "of %v and %v", x.Kind(), y.Kind())
	}
	return store(resultKind(x, y, xc, yc, first), out), nil
}

func zeroIf(collection bool, v wire.Value) wire.Value {
	if collection {
		return zeroOf(v)
	}
	return v
}

// resultKind is the kind of the vector that an operation on vectors gives
// element by element, which is not always that of its first element: beside an
// atom on its left a vector of integers keeps its kind, and otherwise the wider
// kind wins.
func resultKind(x, y wire.Value, xc, yc bool, first wire.Scalar) wire.Kind {
	kind := first.Of
	if first.IsNull() || kind == wire.KindBool || kind == wire.KindF64 {
		return kind
	}
	if isInteger(kind) && isInteger(x.Kind()) && isInteger(y.Kind()) {
		if !xc && yc {
			kind = y.Kind()
		} else {
			kind = max(x.Kind(), y.Kind())
		}
	}
	if kind == wire.KindI32 && xc && x.Kind() != wire.KindI32 {
		return wire.KindI64
	}
	return kind
}

// boxed makes the list that an operation on a list gives. Beside an integer its
// numbers, but floats, become integers of that kind: nulls and the results of
// comparisons too.
func (m *Machine) boxed(f *function, x, y wire.Value, out []wire.Value) (wire.Value, error) {
	atom := x
	if isCollection(x) {
		atom = y
	}
	kind := atom.Kind()
	if isCollection(atom) || !isInteger(kind) {
		return wire.List{Items: out}, nil
	}
	for i, v := range out {
		s, ok := v.(wire.Scalar)
		if !ok || s.Of == kind || !isNumeric(s.Of) || s.Of == wire.KindF64 {
			continue
		}
		if s.Of == wire.KindF32 {
			return nil, unsupported(f.name, "of f32 numbers in a list")
		}
		out[i] = integer(kind, s.Int())
	}
	return wire.List{Items: out}, nil
}
