package rayfall

import (
	"powercut/journal/wire"
)

const (
	nanosPerDay   = 24 * 60 * 60 * 1_000_000_000
	nanosPerMilli = 1_000_000
)

// nanos is a date, a time or a timestamp in nanoseconds. In that unit values of
// different kinds are compared and added.
func nanos(s wire.Scalar) int64 {
	switch s.Of {
	case wire.KindDate:
		return s.Int() * nanosPerDay
	case wire.KindTime:
		return s.Int() * nanosPerMilli
	}
	return s.Int()
}

// addTimes adds an integer to a date, a time or a timestamp, or a time to any
// of them. A date and a time give a timestamp.
func addTimes(a, b wire.Scalar) (wire.Value, error) {
	if isNumeric(a.Of) {
		a, b = b, a
	}
	null := a.IsNull() || b.IsNull()
	switch {
	case isNumeric(b.Of) && !isFloat(b.Of):
		if null {
			return wire.NullOf(a.Of), nil
		}
		return integer(a.Of, a.Int()+b.Int()), nil
	case a.Of == wire.KindTime && b.Of == wire.KindTime:
		if null {
			return wire.NullOf(wire.KindTime), nil
		}
		return integer(wire.KindTime, a.Int()+b.Int()), nil
	case a.Of == wire.KindTime && isTemporal(b.Of), b.Of == wire.KindTime && isTemporal(a.Of):
		if null {
			return wire.NullOf(wire.KindTimestamp), nil
		}
		return integer(wire.KindTimestamp, nanos(a)+nanos(b)), nil
	}
	return nil, fail(ErrType, "+: got %v and %v", a.Of, b.Of)
}

// subtractTimes takes an integer or a time from a date, a time or a timestamp,
// or gives the distance of two of a kind: of dates in days as an i32, of
// timestamps in nanoseconds as an i64.
func subtractTimes(a, b wire.Scalar) (wire.Value, error) {
	if isFloat(a.Of) || isFloat(b.Of) {
		return nil, fail(ErrType, "-: got %v and %v", a.Of, b.Of)
	}
	null := a.IsNull() || b.IsNull()
	switch {
	case isTemporal(a.Of) && isNumeric(b.Of):
		if null {
			return wire.NullOf(a.Of), nil
		}
		return integer(a.Of, a.Int()-b.Int()), nil
	case isNumeric(a.Of) && isTemporal(b.Of) && null:
		return wire.NullOf(b.Of), nil
	case isNumeric(a.Of) && b.Of == wire.KindTime:
		return integer(wire.KindTime, a.Int()-b.Int()), nil
	case a.Of == b.Of:
		kind := map[wire.Kind]wire.Kind{
			wire.KindDate: wire.KindI32, wire.KindTime: wire.KindTime, wire.KindTimestamp: wire.KindI64,
		}[a.Of]
		if null {
			return wire.NullOf(kind), nil
		}
		return integer(kind, a.Int()-b.Int()), nil
	case b.Of == wire.KindTime && isTemporal(a.Of):
		if null {
			return wire.NullOf(wire.KindTimestamp), nil
		}
		return integer(wire.KindTimestamp, nanos(a)-nanos(b)), nil
	}
	return nil, fail(ErrType, "-: got %v and %v", a.Of, b.Of)
}

// multiplyTimes multiplies a time by an integer.
func multiplyTimes(a, b wire.Scalar) (wire.Value, error) {
	if a.Of == wire.KindTime {
		a, b = b, a
	}
	if !isNumeric(a.Of) || isFloat(a.Of) || b.Of != wire.KindTime {
		return nil, fail(ErrType, "*: got %v and %v", a.Of, b.Of)
	}
	if a.IsNull() || b.IsNull() {
		return wire.NullOf(wire.KindTime), nil
	}
	return integer(wire.KindTime, a.Int()*b.Int()), nil
}

// remainderTimes is % of a date, a time or a timestamp by a number, of which
// only the whole part counts.
func remainderTimes(a, b wire.Scalar) (wire.Value, error) {
	if a.IsNull() || b.IsNull() {
		return wire.NullOf(a.Of), nil
	}
	by := b.Int()
	if isFloat(b.Of) {
		f := b.Float()
		if f != 0 && !(f > -(1<<63) && f < 1<<63) {
			return nil, unsupported("%", "of a %v by %v", a.Of, f)
		}
		by = int64(f)
	}
	if by == 0 {
		return wire.NullOf(a.Of), nil
	}
	return integer(a.Of, floorMod(a.Int(), by)), nil
}
