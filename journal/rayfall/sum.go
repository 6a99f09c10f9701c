package rayfall

import (
	"math"

	"powercut/journal/wire"
)

// maxFloatSum is the number of floats that the original is known to add one after
// the other. More of them it may add up in parts, which can round otherwise.
const maxFloatSum = 1024

// sumOf is sum where it is called. In (sum (+ v c)), with a constant number c,
// the original sums the vector v alone and then adds c once for each element.
// Where that gives another result than adding first, the call is unsupported.
func (m *Machine) sumOf(args []wire.Value, depth int) (wire.Value, error) {
	arg := args[0]
	operands, constant, affine := m.constantAdded(arg)
	if !affine {
		x, err := m.eval(arg, depth+1)
		if err != nil {
			return nil, err
		}
		if x.Kind() == wire.KindNull {
			return nil, fail(ErrType, "sum of null")
		}
		return m.sum(x)
	}
	if m.steps--; depth+1 > maxEvalDepth || m.steps < 0 {
		return nil, m.tooMuch()
	}
	v, err := m.eval(operands[1-constant], depth+2)
	if err != nil {
		return nil, err
	}
	c := operands[constant].(wire.Scalar)
	operands[1-constant] = v
	x, err := m.applyBinary(functions["+"], operands[0], operands[1])
	if err != nil {
		return nil, err
	}
	total, err := m.sum(x)
	if err != nil || !isCollection(x) || isList(x) || mayHoldNulls(v) || isAffine(total, v, c, length(x)) {
		return total, err
	}
	return nil, unsupported("sum", "of %v and %v, which the original rounds otherwise", v.Kind(), c)
}

// constantAdded returns the operands of e if it is a call of + with a constant
// number, and which of the two is the constant.
func (m *Machine) constantAdded(e wire.Value) (operands [2]wire.Value, constant int, ok bool) {
	call, ok := e.(wire.List)
	if !ok || len(call.Items) != 3 {
		return operands, 0, false
	}
	if name, ok := call.Items[0].(wire.Symbol); !ok || name.Quoted() || name.Name != "+" {
		return operands, 0, false
	}
	plus, err := m.resolve("+")
	if f, ok := plus.(wire.Builtin); err != nil || !ok || f.Name != "+" {
		return operands, 0, false
	}
	operands = [2]wire.Value{call.Items[1], call.Items[2]}
	for i, v := range operands {
		if c, ok := v.(wire.Scalar); ok && isNumeric(c.Of) {
			return operands, i, true
		}
	}
	return operands, 0, false
}

// isAffine reports whether v is also what the original computes: the sum of the
// vector plus n times the constant, rounded after each operation or once.
func isAffine(v, vec wire.Value, c wire.Scalar, n int) bool {
	x, ok := vec.(wire.Vector)
	if !ok {
		return false
	}
	base, err := sumVector(x)
	s, scalar := base.(wire.Scalar)
	if err != nil || !scalar || c.IsNull() {
		return false
	}
	if isFloat(s.Of) || isFloat(c.Of) {
		return wire.Equal(v, float(wire.KindF64, s.Float()+c.Float()*float64(n))) &&
			wire.Equal(v, float(wire.KindF64, math.FMA(c.Float(), float64(n), s.Float())))
	}
	return wire.Equal(v, wire.Int(s.Int()+c.Int()*int64(n)))
}

// sum adds up numbers, leaving out nulls. An atom is its own sum.
func (m *Machine) sum(x wire.Value) (wire.Value, error) {
	switch v := x.(type) {
	case wire.Scalar:
		if v.Of == wire.KindU8 || v.Of == wire.KindI16 {
			return wire.Int(v.Int()), nil
		}
		return v, nil
	case wire.Vector:
		if v.Of == wire.KindF32 {
			return nil, unsupported("sum", "of f32 numbers")
		}
		if !isNumeric(v.Of) && v.Of != wire.KindTime {
			break
		}
		return sumVector(v)
	case wire.List:
		return sumList(v.Items)
	case wire.Symbols, wire.Texts, wire.Dict, wire.Table:
	case wire.Lambda, wire.Builtin:
		return nil, unsupported("sum", "of a function")
	default:
		return x, nil
	}
	return nil, fail(ErrType, "sum: got %v, want numbers", x.Kind())
}

func sumVector(v wire.Vector) (wire.Value, error) {
	if v.Of == wire.KindF64 {
		f, err := sumFloats("sum", v)
		if err != nil {
			return nil, err
		}
		return float(wire.KindF64, f), nil
	}
	var ints int64
	for i := range v.Len() {
		s := v.At(i)
		if v.Attrs&wire.AttrNulls != 0 && s.IsNull() {
			continue
		}
		ints += s.Int()
	}
	if v.Of == wire.KindTime {
		return integer(wire.KindTime, ints), nil
	}
	return wire.Int(ints), nil
}

// sumFloats adds up the floats of a vector that are not null, one after the
// other. If that rounds, more than maxFloatSum of them are unsupported.
func sumFloats(name string, v wire.Vector) (float64, error) {
	sum, rounded := 0.0, false
	for i := range v.Len() {
		s := v.At(i)
		if s.IsNull() {
			continue
		}
		f := s.Float()
		next := sum + f
		rounded = rounded || next-sum != f || next-f != sum
		sum = next
	}
	if rounded && v.Len() > maxFloatSum {
		return 0, unsupported(name, "of %d floats, which may be rounded otherwise", v.Len())
	}
	return sum, nil
}

func sumList(items []wire.Value) (wire.Value, error) {
	var ints int64
	var floats float64
	anyFloat := false
	for _, item := range items {
		s, ok := item.(wire.Scalar)
		if !ok || !isNumeric(s.Of) {
			return nil, fail(ErrType, "sum: got %v in a list, want numbers", item.Kind())
		}
		anyFloat = anyFloat || isFloat(s.Of)
		if s.IsNull() {
			continue
		}
		floats += s.Float()
		if !isFloat(s.Of) {
			ints += s.Int()
		}
	}
	if anyFloat {
		return float(wire.KindF64, floats), nil
	}
	return wire.Int(ints), nil
}
