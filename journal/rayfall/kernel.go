package rayfall

import (
	"math"

	"powercut/journal/wire"
)

// kernel computes a function of two vectors of n numbers, or of a vector and a
// number, as the original does: in the wider of the two kinds. The least integer of
// a kind counts as its null, whatever the vector's attributes say.
type kernel func(m *Machine, x, y wire.Value, n int) (wire.Value, error)

// hasKernel reports whether the original has a kernel for the operands. For
// booleans, and where an atom is null, it goes element by element.
func hasKernel(f *function, x, y wire.Value) bool {
	a, b := kernelKind(x), kernelKind(y)
	if a == 0 || b == 0 {
		return false
	}
	if a != b && (isTemporal(a) || isTemporal(b) || f.compares) {
		return false
	}
	return f.name != "%" || a == wire.KindI64 && b == wire.KindI64
}

// kernelKind is the kind of an operand that kernels take, else 0.
func kernelKind(v wire.Value) wire.Kind {
	kind := v.Kind()
	switch v := v.(type) {
	case wire.Scalar:
		if v.IsNull() {
			return 0
		}
	case wire.Vector:
	default:
		return 0
	}
	if isInteger(kind) || kind == wire.KindF64 || isTemporal(kind) {
		return kind
	}
	return 0
}

// operand is one side of a kernel.
type operand struct {
	vec    wire.Vector
	atom   wire.Scalar
	isAtom bool
}

// operands returns both sides. The original keeps an i64 on the left of a vector as
// a float: beyond 2^53 its last digits are lost, and if the float is out of the
// range of i64 it becomes the null.
func operands(x, y wire.Value) (a, b operand) {
	side := func(v wire.Value) operand {
		if s, ok := v.(wire.Scalar); ok {
			return operand{atom: s, isAtom: true}
		}
		return operand{vec: v.(wire.Vector)}
	}
	a, b = side(x), side(y)
	if a.isAtom && a.atom.Of == wire.KindI64 {
		a.atom = integer(wire.KindI64, truncate(float64(a.atom.Int())))
	}
	return a, b
}

func (o operand) at(i int) wire.Scalar {
	if o.isAtom {
		return o.atom
	}
	return o.vec.At(i)
}

// nulls is the attribute that says that nulls may be among the elements.
func (o operand) nulls() uint8 {
	if o.isAtom {
		return 0
	}
	return o.vec.Attrs & wire.AttrNulls
}

// arithmetic is the kernel of +, - or *.
func arithmetic(name string, ints func(a, b int64) int64, floats func(a, b float64) float64) kernel {
	return func(_ *Machine, x, y wire.Value, n int) (wire.Value, error) {
		if isTemporal(x.Kind()) {
			return nil, unsupported(name, "of vectors of %v", x.Kind())
		}
		a, b := operands(x, y)
		if x.Kind() == wire.KindF64 || y.Kind() == wire.KindF64 {
			return floatKernel(a, b, n, floats), nil
		}
		kind := max(x.Kind(), y.Kind())
		null := wire.NullOf(kind)
		out := wire.Vector{Of: kind, Attrs: a.nulls() | b.nulls(), Data: make([]byte, 0, n*width(kind))}
		for i := range n {
			p, q := a.at(i), b.at(i)
			if p.IsNull() || q.IsNull() {
				out.Data = appendElement(out.Data, null)
				continue
			}
			out.Data = appendElement(out.Data, integer(kind, ints(p.Int(), q.Int())))
		}
		return out, nil
	}
}

// floatKernel is a kernel whose results are floats.
func floatKernel(a, b operand, n int, op func(a, b float64) float64) wire.Value {
	out := wire.Vector{Of: wire.KindF64, Data: make([]byte, 0, n*8)}
	for i := range n {
		p, q := a.at(i), b.at(i)
		r := math.NaN()
		if !p.IsNull() && !q.IsNull() {
			r = op(p.Float(), q.Float())
		}
		s := float(wire.KindF64, r)
		if s.IsNull() {
			out.Attrs |= wire.AttrNulls
		}
		out.Data = appendElement(out.Data, s)
	}
	return out
}

func divideKernel(_ *Machine, x, y wire.Value, n int) (wire.Value, error) {
	if isTemporal(x.Kind()) {
		return nil, unsupported("/", "of vectors of %v", x.Kind())
	}
	a, b := operands(x, y)
	return floatKernel(a, b, n, func(p, q float64) float64 {
		if q == 0 {
			return math.NaN()
		}
		return p / q
	}), nil
}

func remainderKernel(_ *Machine, x, y wire.Value, n int) (wire.Value, error) {
	a, b := operands(x, y)
	out := wire.Vector{Of: wire.KindI64, Data: make([]byte, 0, n*8)}
	for i := range n {
		p, q := a.at(i), b.at(i)
		if p.IsNull() || q.IsNull() || q.Bits == 0 {
			out.Attrs |= wire.AttrNulls
			out.Data = appendElement(out.Data, wire.NullOf(wire.KindI64))
			continue
		}
		out.Data = appendElement(out.Data, integer(wire.KindI64, floorMod(p.Int(), q.Int())))
	}
	return out, nil
}

// compareKernel compares vectors of one kind.
func compareKernel(holds func(c int) bool) kernel {
	return func(_ *Machine, x, y wire.Value, n int) (wire.Value, error) {
		a, b := operands(x, y)
		data := make([]byte, n)
		for i := range data {
			if holds(orderScalars(a.at(i), b.at(i))) {
				data[i] = 1
			}
		}
		return wire.Vector{Of: wire.KindBool, Data: data}, nil
	}
}
