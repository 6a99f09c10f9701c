package rayfall

import (
	"math"

	"powercut/journal/wire"
)

// numberFunction makes an elementwise function of one number: null of the null of
// its kind, and of of any other.
func numberFunction(name string, null func(s wire.Scalar) wire.Value, of func(s wire.Scalar) (wire.Value, error)) func(m *Machine, x wire.Value) (wire.Value, error) {
	return func(_ *Machine, x wire.Value) (wire.Value, error) {
		s, ok := x.(wire.Scalar)
		switch {
		case isNull(x) && !ok:
			return nil, unsupported(name, "of a null %v", x.Kind())
		case ok && s.IsNull():
			return null(s), nil
		case !ok || !isNumeric(s.Of):
			return nil, fail(ErrType, "%s: got %v, want a number", name, x.Kind())
		case s.Of == wire.KindF32:
			return nil, unsupported(name, "of f32")
		}
		return of(s)
	}
}

func itself(s wire.Scalar) wire.Value { return s }

func nullFloat(wire.Scalar) wire.Value { return wire.NullOf(wire.KindF64) }

// rounding makes floor and ceil, which round floats and leave integers as they are.
func rounding(to func(float64) float64) func(s wire.Scalar) (wire.Value, error) {
	return func(s wire.Scalar) (wire.Value, error) {
		if isFloat(s.Of) {
			return float(s.Of, to(s.Float())), nil
		}
		return s, nil
	}
}

// absolute is abs: a number without its sign. The least integer has no other.
func absolute(s wire.Scalar) (wire.Value, error) {
	switch {
	case isFloat(s.Of):
		return float(s.Of, math.Abs(s.Float())), nil
	case isInteger(s.Of) && s.Of != wire.KindU8:
		if i := s.Int(); i < 0 {
			return integer(s.Of, -i), nil
		}
		return s, nil
	}
	return nil, fail(ErrType, "abs: got %v, want a number", s.Of)
}

// rounded is round: the nearest whole number to a float, away from zero where two
// are as near.
func rounded(s wire.Scalar) (wire.Value, error) {
	if !isFloat(s.Of) {
		return nil, unsupported("round", "of a %v", s.Of)
	}
	return float(wire.KindF64, math.Round(s.Float())), nil
}

func squareRoot(s wire.Scalar) (wire.Value, error) {
	return float(wire.KindF64, math.Sqrt(s.Float())), nil
}

// exponential and logarithm give the result of the C library that the original
// uses. Where it is not certain how that rounds, they are unsupported.
func exponential(s wire.Scalar) (wire.Value, error) {
	return certain("exp", s.Float(), 0.012, expParts)
}

func logarithm(s wire.Scalar) (wire.Value, error) {
	return certain("log", s.Float(), 0.02, logParts)
}

// certain returns the value of a function at x, which parts gives more exactly, as
// a sum of two floats. It does so only if the value is so far from the middle of two
// floats that a computation with an error of at most err, in units of the last
// place, comes to the same float.
func certain(name string, x, err float64, parts func(x float64) (high, low float64)) (wire.Value, error) {
	high, low := parts(x)
	if low == 0 || high-high != 0 {
		return float(wire.KindF64, high), nil
	}
	ulp := math.Nextafter(math.Abs(high), math.Inf(1)) - math.Abs(high)
	if math.Abs(high) < 0x1p-1000 || math.Abs(low)/ulp > 0.5-err {
		return nil, unsupported(name, "of %v, which may be rounded either way", x)
	}
	return float(wire.KindF64, high), nil
}

// twoSum returns a+b as a float and the error of its rounding, exactly.
func twoSum(a, b float64) (s, e float64) {
	s = a + b
	t := s - a
	return s, (a - (s - t)) + (b - t)
}

// twoProduct returns a*b as a float and the error of its rounding, exactly.
func twoProduct(a, b float64) (p, e float64) {
	p = a * b
	return p, math.FMA(a, b, -p)
}

// The natural logarithm of two as a sum of two floats.
const (
	ln2High = 0x1.62e42fefa39efp-1
	ln2Low  = 0x1.abc9e3b39803fp-56
)

// expParts is e to the x as a sum of two floats. Of x = k ln 2 + r it computes e to
// the r/1024 by its series, squares that ten times, and multiplies by 2 to the k.
func expParts(x float64) (high, low float64) {
	switch {
	case x > 709.7 || x < -708:
		switch {
		case x > 710:
			return math.Inf(1), 0
		case x < -746:
			return 0, 0
		}
		return 0x1p-1022, 0x1p-1074 // at the edges of what floats hold
	case x == 0:
		return 1, 0
	}
	k := math.Round(x / ln2High)
	p, pe := twoProduct(k, ln2High)
	h, he := twoSum(x, -p)
	l := he - pe - k*ln2Low
	h, l = twoSum(h, l)
	const squarings = 10
	h, l = h/(1<<squarings), l/(1<<squarings)
	// e^r - 1 by its series, from its end on.
	sh, sl := 0.0, 0.0
	for n := 12.0; n >= 1; n-- {
		// s = (1 + s) * r / n
		th, tl := twoSum(1, sh)
		tl += sl
		th, tl = twoSum(th, tl)
		mh, ml := mulParts(th, tl, h, l)
		sh, sl = divParts(mh, ml, n)
	}
	// (1+s)^2 - 1 = 2s + s*s
	for range squarings {
		qh, ql := mulParts(sh, sl, sh, sl)
		th, tl := twoSum(2*sh, qh)
		sh, sl = twoSum(th, tl+2*sl+ql)
	}
	rh, rl := twoSum(1, sh)
	rh, rl = twoSum(rh, rl+sl)
	return math.Ldexp(rh, int(k)), math.Ldexp(rl, int(k))
}

func mulParts(ah, al, bh, bl float64) (h, l float64) {
	p, e := twoProduct(ah, bh)
	return twoSum(p, e+(float64(ah*bl)+float64(al*bh)))
}

func divParts(ah, al, n float64) (h, l float64) {
	q := ah / n
	p, e := twoProduct(q, n)
	return twoSum(q, ((ah-p)-e+al)/n)
}

// logParts is the natural logarithm of x as a sum of two floats: one step of Newton's
// method from the float that math.Log gives.
func logParts(x float64) (high, low float64) {
	switch {
	case x < 0:
		return math.NaN(), 0
	case x == 0:
		return math.Inf(-1), 0
	case x == 1:
		return 0, 0
	}
	y := math.Log(x)
	if math.Abs(y) < 1e-3 || y < -700 || y > 700 {
		return 0x1p-1022, 0x1p-1074 // too near to one, or at the edge
	}
	// log x = y + log(x / e^y), and x / e^y is close to one.
	eh, el := expParts(-y)
	ph, pl := twoProduct(x, eh)
	d := (ph - 1) + (pl + float64(x*el))
	return twoSum(y, d-d*d/2)
}

// xbar rounds numbers down to multiples of another.
func (m *Machine) xbar(x, y wire.Value) (wire.Value, error) {
	return m.mapBinary(&xbarOfAtoms, x, y, 1)
}

var xbarOfAtoms = function{name: "xbar", binary: floorTo}

func floorTo(_ *Machine, x, y wire.Value) (wire.Value, error) {
	a, aok := x.(wire.Scalar)
	b, bok := y.(wire.Scalar)
	switch {
	case !aok || !bok:
		return nil, fail(ErrType, "xbar: got %v and %v, want numbers", x.Kind(), y.Kind())
	case a.Of != wire.KindI64 && a.Of != wire.KindF64 || b.Of != wire.KindI64 && b.Of != wire.KindF64 || a.IsNull() || b.IsNull():
		return nil, unsupported("xbar", "of %v and %v", a, b)
	case b.Float() == 0:
		return nil, unsupported("xbar", "to multiples of zero")
	case a.Of == wire.KindI64 && b.Of == wire.KindI64:
		return integer(wire.KindI64, a.Int()-floorMod(a.Int(), b.Int())), nil
	}
	return float(wire.KindF64, float64(math.Floor(a.Float()/b.Float())*b.Float())), nil
}
