package rayfall

import (
	"math"
	"slices"

	"powercut/journal/wire"
)

// maxFloatSum is up to how many floats are added one after the other, as the
// original does; of more it may add some apart, and round otherwise.
const maxFloatSum = 1024

// sumOf is sum as a call of it: of what is the sum of a vector and a constant,
// the original adds the constant as often as there are elements to the sum of
// the vector. Where that makes a difference, it is unsupported.
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

// constantAdded returns the operands of a call of + if one of them is a constant
// number, and which.
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

// isAffine reports whether the sum of a vector and n times a constant is v.
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
// other. Where that rounds, and there are many, it is unsupported.
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

// values returns the numbers of a vector that are not null.
func values(name string, v wire.Vector) ([]float64, error) {
	if !isNumeric(v.Of) && v.Of != wire.KindDate || v.Of == wire.KindF32 {
		if isNumeric(v.Of) || isTemporal(v.Of) || v.Of == wire.KindGUID {
			return nil, unsupported(name, "of %v", v.Of)
		}
		return nil, fail(ErrType, "%s: got %v, want numbers", name, v.Of)
	}
	out := make([]float64, 0, v.Len())
	for i := range v.Len() {
		if s := v.At(i); !s.IsNull() {
			out = append(out, s.Float())
		}
	}
	if len(out) == 0 {
		return nil, unsupported(name, "of no numbers")
	}
	return out, nil
}

// statistic applies a function of numbers to a vector of them, or to one.
func (m *Machine) statistic(name string, x wire.Value, of func(v wire.Vector) (float64, error)) (wire.Value, error) {
	switch v := x.(type) {
	case wire.Scalar:
		if isTemporal(v.Of) || v.Of == wire.KindF32 {
			return nil, unsupported(name, "of a %v", v.Of)
		}
		if v.IsNull() {
			return float(wire.KindF64, math.NaN()), nil
		}
		x = store(v.Of, []wire.Value{v})
	case wire.Symbols:
		if name == "avg" {
			return nil, unsupported(name, "of symbols")
		}
		return nil, fail(ErrType, "%s: got symbols, want numbers", name)
	case wire.Vector:
	default:
		return nil, unsupported(name, "of a %v", x.Kind())
	}
	if err := m.spend(length(x), 16); err != nil {
		return nil, err
	}
	f, err := of(x.(wire.Vector))
	if err != nil {
		return nil, err
	}
	return float(wire.KindF64, f), nil
}

// avg is the mean of numbers, leaving out nulls. Of a string or a date it is
// that itself.
func (m *Machine) avg(x wire.Value) (wire.Value, error) {
	switch v := x.(type) {
	case wire.Text:
		return v, nil
	case wire.Scalar:
		if v.Of == wire.KindDate {
			return v, nil
		}
		if isNumeric(v.Of) && v.IsNull() {
			return wire.NullOf(wire.KindF64), nil
		}
	case wire.List:
		if len(v.Items) > 0 && isList(v.Items[0]) {
			return nil, fail(ErrType, "avg of a list of lists")
		}
	}
	return m.statistic("avg", x, func(v wire.Vector) (float64, error) {
		numbers, err := values("avg", v)
		if err != nil {
			return 0, err
		}
		var sum float64
		if v.Of == wire.KindF64 {
			if sum, err = sumFloats("avg", v); err != nil {
				return 0, err
			}
		} else {
			var ints int64
			for i := range v.Len() {
				if s := v.At(i); !s.IsNull() {
					ints += s.Int()
				}
			}
			sum = float64(ints)
		}
		return sum / float64(len(numbers)), nil
	})
}

// med is the median of numbers: of an even number of them the mean of the two in
// the middle.
func (m *Machine) med(x wire.Value) (wire.Value, error) {
	switch v := x.(type) {
	case wire.Text:
		return nil, fail(ErrType, "med of a string")
	case wire.Scalar:
		if isNumeric(v.Of) && v.IsNull() {
			return wire.NullOf(wire.KindF64), nil
		}
	}
	return m.statistic("med", x, func(v wire.Vector) (float64, error) {
		numbers, err := values("med", v)
		if err != nil {
			return 0, err
		}
		slices.Sort(numbers)
		n := len(numbers)
		if n%2 == 1 {
			return numbers[n/2], nil
		}
		return (numbers[n/2-1] + numbers[n/2]) / 2, nil
	})
}

// dev is the standard deviation of numbers, as of all there are and not of a
// sample.
func (m *Machine) dev(x wire.Value) (wire.Value, error) {
	if s, ok := x.(wire.Scalar); ok {
		if isNumeric(s.Of) && s.IsNull() {
			return wire.NullOf(wire.KindF64), nil
		}
		if s.Of == wire.KindTime {
			return nil, fail(ErrType, "dev of a time")
		}
	}
	return m.statistic("dev", x, func(v wire.Vector) (float64, error) {
		if v.Of == wire.KindDate || v.Len() > maxFloatSum {
			return 0, unsupported("dev", "of dates, or of many numbers")
		}
		numbers, err := values("dev", v)
		if err != nil {
			return 0, err
		}
		n := float64(len(numbers))
		mean := 0.0
		for _, f := range numbers {
			mean += f
		}
		mean /= n
		squares := 0.0
		for _, f := range numbers {
			squares = math.FMA(f-mean, f-mean, squares) // as the original's compiler has it
		}
		return math.Sqrt(squares / n), nil
	})
}

func (m *Machine) min(x wire.Value) (wire.Value, error) {
	return m.extreme("min", x, func(c int) bool { return c < 0 })
}

func (m *Machine) max(x wire.Value) (wire.Value, error) {
	return m.extreme("max", x, func(c int) bool { return c > 0 })
}

// extreme is min or max: the least or the greatest element. An atom is its own.
func (m *Machine) extreme(name string, x wire.Value, better func(c int) bool) (wire.Value, error) {
	switch v := x.(type) {
	case wire.Scalar, wire.Symbol, wire.Text:
		return x, nil
	case wire.Dict:
		return nil, fail(ErrType, "%s of a dictionary", name)
	case wire.List:
		if len(v.Items) == 0 {
			return nil, fail(ErrType, "%s of an empty list", name)
		}
		for _, e := range v.Items {
			if e.Kind() == wire.KindDict || e.Kind() == wire.KindList {
				return nil, fail(ErrType, "%s of a list of %v", name, e.Kind())
			}
			if s, ok := e.(wire.Scalar); !ok || !isNumeric(s.Of) || s.IsNull() || s.Of == wire.KindF32 {
				return nil, unsupported(name, "of a list of %v", e.Kind())
			}
		}
	case wire.Symbols:
		if slices.Contains(v.Names, "") {
			return nil, unsupported(name, "of empty symbols")
		}
	case wire.Vector:
		switch v.Of {
		case wire.KindBool, wire.KindI64, wire.KindF64, wire.KindDate:
		default:
			return nil, unsupported(name, "of a vector of %v", v.Of)
		}
	default:
		return nil, unsupported(name, "of a %v", x.Kind())
	}
	if err := m.spend(length(x), 16); err != nil {
		return nil, err
	}
	var best wire.Value
	for i := range length(x) {
		e := element(x, i)
		if s, ok := e.(wire.Scalar); ok && s.IsNull() {
			continue
		}
		if best == nil {
			best = e
		} else if c, _ := order(e, best); better(c) {
			best = e
		}
	}
	if best == nil {
		return nil, unsupported(name, "of nothing")
	}
	if isList(x) && best.Kind() != wire.KindF64 {
		for _, e := range x.(wire.List).Items {
			if e.Kind() != best.Kind() {
				return nil, unsupported(name, "of a list of several kinds")
			}
		}
	}
	return best, nil
}
