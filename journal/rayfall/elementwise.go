package rayfall

import "powercut/journal/wire"

// valueSize is what an element of a list takes: its place in the list and the
// value itself, in bytes.
const valueSize = 32

// mapUnary applies a function of one atom to each element of a collection.
func (m *Machine) mapUnary(f *function, x wire.Value, depth int) (wire.Value, error) {
	if depth > maxEvalDepth {
		return nil, fail(ErrLimit, "%s: lists nested more than %d deep", f.name, maxEvalDepth)
	}
	n := length(x)
	if n == 0 {
		return x, nil
	}
	if err := m.spend(n, valueSize); err != nil {
		return nil, err
	}
	out := make([]wire.Value, n)
	for i := range out {
		var err error
		if e := element(x, i); isCollection(e) {
			out[i], err = m.mapUnary(f, e, depth+1)
		} else {
			out[i], err = f.unary(m, e)
		}
		if err != nil {
			return nil, err
		}
	}
	if _, list := x.(wire.List); list {
		return wire.List{Items: out}, nil
	}
	return gather(out, 0), nil
}

// mapBinary applies a function of two atoms to the elements of two collections
// of one length, or of a collection and an atom.
func (m *Machine) mapBinary(f *function, x, y wire.Value, depth int) (wire.Value, error) {
	if depth > maxEvalDepth {
		return nil, fail(ErrLimit, "%s: lists nested more than %d deep", f.name, maxEvalDepth)
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
		return m.mapNothing(f, x, y), nil
	}
	if err := m.spend(n, valueSize); err != nil {
		return nil, err
	}
	out := make([]wire.Value, n)
	for i := range out {
		a, b := x, y
		if xc {
			a = element(x, i)
		}
		if yc {
			b = element(y, i)
		}
		var err error
		if out[i], err = m.mapBinary(f, a, b, depth+1); err != nil {
			return nil, err
		}
	}
	_, xl := x.(wire.List)
	_, yl := y.(wire.List)
	if xl || yl {
		return wire.List{Items: out}, nil
	}
	return gather(out, vectorKind(x, y, xc, yc, out[0])), nil
}

// mapNothing is the result for collections without elements: a vector of the
// kind that elements would have given.
func (m *Machine) mapNothing(f *function, x, y wire.Value) wire.Value {
	zero := func(v wire.Value) wire.Value {
		switch v := v.(type) {
		case wire.Vector:
			if v.Of != wire.KindGUID {
				return wire.Scalar{Of: v.Of}
			}
			return wire.GUID{}
		case wire.Symbols:
			return wire.Symbol{}
		case wire.Texts:
			return wire.Text{}
		case wire.List:
			return wire.Int(0)
		}
		return v
	}
	kind := wire.KindI64
	if v, err := f.binary(m, zero(x), zero(y)); err == nil {
		if s, ok := v.(wire.Scalar); ok {
			kind = s.Of
		}
	}
	return wire.Vector{Of: kind}
}

// vectorKind is the kind of a vector of integers that an operation on vectors
// gives, which is not always that of its first element: beside an atom on its
// left a vector keeps its kind, and otherwise the wider kind wins. It is 0 if
// the elements decide.
func vectorKind(x, y wire.Value, xc, yc bool, first wire.Value) wire.Kind {
	s, ok := first.(wire.Scalar)
	if !ok || !isInteger(s.Of) || s.IsNull() || !isInteger(x.Kind()) || !isInteger(y.Kind()) {
		return 0
	}
	if !xc && yc {
		return y.Kind()
	}
	return max(x.Kind(), y.Kind())
}

// gather makes a vector of results of the given kind, or of their own if kind
// is 0, or a list if they are of several.
func gather(results []wire.Value, kind wire.Kind) wire.Value {
	if kind == 0 {
		v, ok := pack(results)
		if !ok {
			return wire.List{Items: results}
		}
		return v
	}
	for _, r := range results {
		if _, ok := r.(wire.Scalar); !ok {
			return wire.List{Items: results}
		}
	}
	return store(kind, results)
}
