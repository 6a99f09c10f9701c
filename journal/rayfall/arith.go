package rayfall

import (
	"math"

	"powercut/journal/wire"
)

// integer returns a scalar of an integer or temporal kind, cut to its width.
func integer(k wire.Kind, i int64) wire.Scalar {
	switch k {
	case wire.KindBool, wire.KindU8:
		return wire.Scalar{Of: k, Bits: uint64(uint8(i))}
	case wire.KindI16:
		return wire.Scalar{Of: k, Bits: uint64(uint16(i))}
	case wire.KindI32, wire.KindDate, wire.KindTime:
		return wire.Scalar{Of: k, Bits: uint64(uint32(i))}
	}
	return wire.Scalar{Of: k, Bits: uint64(i)}
}

// float returns a scalar of a float kind. What is not finite gets the bits of the
// null, but not its flag.
func float(k wire.Kind, f float64) wire.Scalar {
	if k == wire.KindF32 {
		g := float32(f)
		if g-g != 0 {
			return wire.Scalar{Of: k, Bits: wire.NullOf(k).Bits}
		}
		return wire.Scalar{Of: k, Bits: uint64(math.Float32bits(g))}
	}
	if f-f != 0 {
		return wire.Scalar{Of: wire.KindF64, Bits: wire.NullOf(wire.KindF64).Bits}
	}
	return wire.Scalar{Of: wire.KindF64, Bits: math.Float64bits(f)}
}

func isFloat(k wire.Kind) bool { return k == wire.KindF32 || k == wire.KindF64 }

func isNumeric(k wire.Kind) bool { return k >= wire.KindBool && k <= wire.KindF64 }

func isTemporal(k wire.Kind) bool { return k >= wire.KindDate && k <= wire.KindTimestamp }

// isInteger reports whether k is a kind of integers, whose width arithmetic keeps.
func isInteger(k wire.Kind) bool { return k >= wire.KindU8 && k <= wire.KindI64 }

// scalars returns the operands of an arithmetic function that takes dates and
// times beside numbers.
func scalars(name string, x, y wire.Value) (a, b wire.Scalar, err error) {
	a, aok := x.(wire.Scalar)
	b, bok := y.(wire.Scalar)
	if !aok || !bok {
		return a, b, fail(ErrType, "%s: got %v and %v, want numbers", name, x.Kind(), y.Kind())
	}
	return a, b, nil
}

// numbers returns the operands of an arithmetic function that takes numbers only.
func numbers(name string, x, y wire.Value) (a, b wire.Scalar, err error) {
	a, b, err = scalars(name, x, y)
	if err == nil && (!isNumeric(a.Of) || !isNumeric(b.Of)) {
		err = fail(ErrType, "%s: got %v and %v, want numbers", name, a.Of, b.Of)
	}
	return a, b, err
}

// widest is the integer kind of a result of two integers.
func widest(a, b wire.Kind) wire.Kind {
	switch {
	case a == wire.KindI64 || b == wire.KindI64:
		return wire.KindI64
	case a == wire.KindI32 || b == wire.KindI32:
		return wire.KindI32
	case a == wire.KindU8 && b == wire.KindU8:
		return wire.KindU8
	case a == wire.KindI16 || b == wire.KindI16:
		return wire.KindI16
	}
	return wire.KindI64
}

// rightmost is the integer kind of a difference: that of the right operand.
func rightmost(a, b wire.Kind) wire.Kind {
	switch {
	case isInteger(b):
		return b
	case isInteger(a):
		return a
	}
	return wire.KindI64
}

// nullResult is the null of the kind that two numbers of kinds a and b would give.
func nullResult(a, b wire.Kind) wire.Value {
	switch {
	case a == wire.KindF64 || b == wire.KindF64:
		return wire.NullOf(wire.KindF64)
	case a == wire.KindF32 && b == wire.KindF32:
		return wire.NullOf(wire.KindF32)
	case a == wire.KindF32 || b == wire.KindF32:
		return wire.NullOf(wire.KindF64)
	case a == wire.KindU8 && b == wire.KindU8:
		return wire.NullOf(wire.KindI64)
	}
	return wire.NullOf(widest(a, b))
}

// floatResult is the kind of a result of two numbers of which one is a float,
// 0 if none is.
func floatResult(a, b wire.Kind) wire.Kind {
	switch {
	case a == wire.KindF32 && b == wire.KindF32:
		return wire.KindF32
	case isFloat(a) || isFloat(b):
		return wire.KindF64
	}
	return 0
}

func add(x, y wire.Value) (wire.Value, error) {
	a, b, err := scalars("+", x, y)
	if err != nil {
		return nil, err
	}
	if !isNumeric(a.Of) || !isNumeric(b.Of) {
		return addTimes(a, b)
	}
	if a.IsNull() || b.IsNull() {
		return nullResult(a.Of, b.Of), nil
	}
	if k := floatResult(a.Of, b.Of); k != 0 {
		return float(k, a.Float()+b.Float()), nil
	}
	return integer(widest(a.Of, b.Of), a.Int()+b.Int()), nil
}

func subtract(x, y wire.Value) (wire.Value, error) {
	a, b, err := scalars("-", x, y)
	if err != nil {
		return nil, err
	}
	if !isNumeric(a.Of) || !isNumeric(b.Of) {
		return subtractTimes(a, b)
	}
	if a.IsNull() || b.IsNull() {
		return nullResult(a.Of, b.Of), nil
	}
	if k := floatResult(a.Of, b.Of); k != 0 {
		d := a.Float() - b.Float()
		if d == 0 {
			d = 0 // never minus zero
		}
		return float(k, d), nil
	}
	return integer(rightmost(a.Of, b.Of), a.Int()-b.Int()), nil
}

func multiply(x, y wire.Value) (wire.Value, error) {
	a, b, err := scalars("*", x, y)
	if err != nil {
		return nil, err
	}
	if !isNumeric(a.Of) || !isNumeric(b.Of) {
		return multiplyTimes(a, b)
	}
	if a.IsNull() || b.IsNull() {
		return nullResult(a.Of, b.Of), nil
	}
	if k := floatResult(a.Of, b.Of); k != 0 {
		return float(k, a.Float()*b.Float()), nil
	}
	return integer(widest(a.Of, b.Of), a.Int()*b.Int()), nil
}

// divide is /: always a float, and the null of floats for a division by zero.
func divide(x, y wire.Value) (wire.Value, error) {
	a, b, err := numbers("/", x, y)
	if err != nil {
		if a.Of == wire.KindTime && isNumeric(b.Of) {
			err = unsupported("/", "of a time and a number")
		}
		return nil, err
	}
	if a.IsNull() || b.IsNull() || b.Float() == 0 {
		return wire.NullOf(wire.KindF64), nil
	}
	return float(wire.KindF64, a.Float()/b.Float()), nil
}

// quotient is div: the floor of the quotient as an i64. Like the original it
// computes in floats, so that it is exact up to 2^53 only.
func quotient(x, y wire.Value) (wire.Value, error) {
	a, b, err := numbers("div", x, y)
	if err != nil {
		return nil, err
	}
	if a.IsNull() || b.IsNull() || b.Float() == 0 {
		return wire.NullOf(wire.KindI64), nil
	}
	q := math.Floor(a.Float() / b.Float())
	if q == 1<<63 {
		return nil, unsupported("div", "a quotient of 2^63, which the original leaves undefined")
	}
	if !(q >= -(1<<63) && q < 1<<63) {
		return wire.NullOf(wire.KindI64), nil
	}
	return integer(wire.KindI64, int64(q)), nil
}

// remainder is %: what remains of x after a whole multiple of y. It has the sign of
// y and, for integers, its kind.
func remainder(x, y wire.Value) (wire.Value, error) {
	a, b, err := scalars("%", x, y)
	if err != nil {
		return nil, err
	}
	if isTemporal(a.Of) && isNumeric(b.Of) {
		return remainderTimes(a, b)
	}
	if !isNumeric(a.Of) || !isNumeric(b.Of) {
		return nil, fail(ErrType, "%%: got %v and %v, want numbers", a.Of, b.Of)
	}
	if b.Of == wire.KindU8 {
		if b.Bits == 0 { // bytes have no null
			return integer(wire.KindU8, 0), nil
		}
		// Of a float that is the low byte of its bits, as the original has it.
		bits := a.Bits
		if a.Of == wire.KindF32 {
			bits = math.Float64bits(a.Float())
		}
		return integer(wire.KindU8, int64(uint8(bits)%uint8(b.Bits))), nil
	}
	if a.IsNull() || b.IsNull() {
		return nullResult(a.Of, b.Of), nil
	}
	if k := floatResult(a.Of, b.Of); k != 0 {
		return floatRemainder(k, a.Float(), b.Float()), nil
	}
	if b.Int() == 0 {
		return wire.NullOf(b.Of), nil
	}
	k := b.Of
	if !isInteger(k) {
		k = wire.KindI64
	}
	return integer(k, floorMod(a.Int(), b.Int())), nil
}

// floorMod is the remainder of a after a whole multiple of b, with the sign of b.
func floorMod(a, b int64) int64 {
	r := a % b
	if r != 0 && (r < 0) != (b < 0) {
		r += b
	}
	return r
}

// floatRemainder is % of floats. As in the original, a remainder that is within
// 1e-12 of 0 or of b is 0.
func floatRemainder(k wire.Kind, a, b float64) wire.Value {
	if b == 0 {
		return wire.NullOf(k)
	}
	// The original's compiler makes one operation, rounded once, of the product
	// and the difference. FMA is that on every machine.
	r := math.FMA(-b, math.Floor(a/b), a)
	const tiny = 1e-12
	if math.Abs(r) < tiny || math.Abs(r-math.Abs(b)) < tiny {
		r = 0
	}
	return float(k, r)
}

// negate is neg. The least integer has no negative: its null is the result.
func (m *Machine) negate(x wire.Value) (wire.Value, error) {
	s, ok := x.(wire.Scalar)
	switch {
	case !ok:
	case s.IsNull():
		return s, nil
	case isFloat(s.Of):
		return float(s.Of, -s.Float()), nil
	case isInteger(s.Of) && s.Of != wire.KindU8:
		return integer(s.Of, -s.Int()), nil
	}
	return nil, fail(ErrType, "neg: got %v, want a number", x.Kind())
}
