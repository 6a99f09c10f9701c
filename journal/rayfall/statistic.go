package rayfall

import (
	"math"
	"slices"

	"powercut/journal/wire"
)

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

// statistic applies a function of a vector of numbers. A number alone is a vector
// of one.
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

// dev is the standard deviation of numbers that are the whole population, not a
// sample of it.
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
