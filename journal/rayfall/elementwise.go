package rayfall

import (
	"powercut/journal/wire"
)

// valueSize is what an element of a list counts in bytes: its place in the list and
// the value itself.
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

// zeroOf is an atom of the kind that a collection's elements have. It is what shows
// of which kind the result would be where there are no elements.
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

// emptyLike is an empty vector of a result's kind, or of i64 if there is an error
// in place of a result.
func emptyLike(v wire.Value, err error) wire.Value {
	kind := wire.KindI64
	if s, ok := v.(wire.Scalar); ok && err == nil {
		kind = s.Of
	}
	return wire.Vector{Of: kind}
}

// mapBinary applies a function of two atoms to the elements of two collections
// of one length, or of a collection and an atom. For two vectors of numbers the
// original has kernels, which widen. It uses them at depth 1, the top level only:
// inside of a list it goes element by element and keeps the vector's kind.
func (m *Machine) mapBinary(f *function, x, y wire.Value, depth int) (wire.Value, error) {
	if depth > maxEvalDepth {
		return nil, limited(f.name, "lists nested more than %d deep", maxEvalDepth)
	}
	p := pairs{x: x, y: y, xc: isCollection(x), yc: isCollection(y)}
	if !p.xc && !p.yc {
		return f.binary(m, x, y)
	}
	n, ok := p.len()
	if !ok {
		return nil, fail(ErrLength, "%s: got %d and %d elements, want as many", f.name, length(x), length(y))
	}
	if n == 0 {
		return emptyLike(f.binary(m, zeroIf(p.xc, x), zeroIf(p.yc, y))), nil
	}
	if err := m.spend(n, valueSize); err != nil {
		return nil, err
	}
	if depth == 1 && f.kernel != nil && hasKernel(f, x, y) {
		a, b := p.at(0)
		if _, err := m.mapBinary(f, a, b, depth+1); err != nil {
			return nil, err
		}
		return f.kernel(m, x, y, n)
	}
	out := make([]wire.Value, n)
	for i := range out {
		a, b := p.at(i)
		var err error
		if out[i], err = m.mapBinary(f, a, b, depth+1); err != nil {
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
	return store(resultKind(x, y, p.xc, p.yc, first), out), nil
}

// pairs are the operands of a function, of which at least one is a collection.
type pairs struct {
	x, y   wire.Value
	xc, yc bool // which of them is one
}

// len is the number of pairs. There is none if two collections differ in length.
func (p pairs) len() (n int, ok bool) {
	switch {
	case !p.yc:
		return length(p.x), true
	case !p.xc:
		return length(p.y), true
	}
	return length(p.x), length(p.x) == length(p.y)
}

// at returns pair i. An atom is paired with each element.
func (p pairs) at(i int) (a, b wire.Value) {
	a, b = p.x, p.y
	if p.xc {
		a = element(p.x, i)
	}
	if p.yc {
		b = element(p.y, i)
	}
	return a, b
}

func zeroIf(collection bool, v wire.Value) wire.Value {
	if collection {
		return zeroOf(v)
	}
	return v
}

// resultKind is the kind of the vector that an operation on vectors gives element
// by element. It is not always that of its first result: a vector of integers
// keeps its kind if an atom stands on its left, and otherwise the wider kind wins.
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

// boxed makes the list that an operation on a list gives. If the other operand is
// an integer, results that are no floats become integers of its kind, even nulls
// and the booleans of comparisons.
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
