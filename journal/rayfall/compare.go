package rayfall

import (
	"bytes"
	"cmp"
	"strings"

	"powercut/journal/wire"
)

// isNull reports whether v is null or the null of its kind. A symbol's is the
// one without a name, a guid's the one of zeros; a string has none.
func isNull(v wire.Value) bool {
	switch v := v.(type) {
	case wire.Null:
		return true
	case wire.Scalar:
		return v.IsNull()
	case wire.Symbol:
		return v.Name == ""
	case wire.GUID:
		return v.Bytes == [16]byte{}
	}
	return false
}

// isNil is nil?: it tells whether a value is a null. A collection is none.
func (m *Machine) isNil(x wire.Value) (wire.Value, error) {
	switch v := x.(type) {
	case wire.Symbol:
		if v.Name == "" {
			return nil, unsupported("nil?", "of the empty symbol")
		}
	case wire.Text:
		if v.Text == "" {
			return nil, unsupported("nil?", "of the empty string")
		}
	case wire.GUID:
		return nil, unsupported("nil?", "of a guid")
	}
	return wire.Bool(isNull(x)), nil
}

// comparison makes a function that compares two values. holds says, of the sign of
// their order, whether it is true.
func comparison(holds func(c int) bool) func(x, y wire.Value) (wire.Value, error) {
	return func(x, y wire.Value) (wire.Value, error) {
		c, ok := order(x, y)
		if !ok {
			return nil, fail(ErrType, "got %v and %v, want two that can be compared", x.Kind(), y.Kind())
		}
		return wire.Bool(holds(c)), nil
	}
}

// order compares two atoms of comparable kinds.
func order(x, y wire.Value) (c int, ok bool) {
	switch a := x.(type) {
	case wire.Text:
		b, ok := y.(wire.Text)
		return strings.Compare(a.Text, b.Text), ok
	case wire.Symbol:
		b, ok := y.(wire.Symbol)
		return strings.Compare(a.Name, b.Name), ok
	case wire.GUID:
		b, ok := y.(wire.GUID)
		return bytes.Compare(a.Bytes[:], b.Bytes[:]), ok
	case wire.Scalar:
		b, ok := y.(wire.Scalar)
		if !ok || !haveOrder(a.Of, b.Of) {
			return 0, false
		}
		return orderScalars(a, b), true
	}
	return 0, false
}

// haveOrder reports whether scalars of two kinds have an order: numbers do among
// each other, and dates, times and timestamps do.
func haveOrder(a, b wire.Kind) bool {
	return isNumeric(a) && isNumeric(b) || isTemporal(a) && isTemporal(b)
}

func orderScalars(a, b wire.Scalar) int {
	switch an, bn := a.IsNull(), b.IsNull(); {
	case an && bn:
		return 0
	case an:
		return -1
	case bn:
		return 1
	}
	if isFloat(a.Of) || isFloat(b.Of) {
		return cmp.Compare(a.Float(), b.Float())
	}
	if a.Of != b.Of && isTemporal(a.Of) {
		return cmp.Compare(nanos(a), nanos(b))
	}
	return cmp.Compare(a.Int(), b.Int())
}

// equality returns == or, if want is false, !=.
func equality(want bool) func(x, y wire.Value) (wire.Value, error) {
	return func(x, y wire.Value) (wire.Value, error) {
		if xn, yn := isNull(x), isNull(y); xn || yn {
			return wire.Bool((xn && yn) == want), nil
		}
		c, ok := order(x, y)
		if !ok {
			return nil, fail(ErrType, "got %v and %v, want two that can be compared", x.Kind(), y.Kind())
		}
		return wire.Bool((c == 0) == want), nil
	}
}

// same reports whether two values are the same key of a dictionary.
func same(x, y wire.Value) bool {
	if xn, yn := isNull(x), isNull(y); xn || yn {
		return xn && yn
	}
	c, ok := order(x, y)
	return ok && c == 0
}
