package rayfall

import (
	"math"
	"strconv"

	"powercut/journal/wire"
)

// number reads an integer, a float, a byte, a null, a date or a time. It is called
// at a digit or at a minus before one.
func (p *parser) number() (wire.Value, error) {
	if p.peek(0) == '0' && p.peek(1) == 'x' {
		return p.hex()
	}
	if p.peek(0) == '0' && p.peek(1) == 'N' {
		if v, n := nullLiteral(p.peek(2)); n > 0 {
			p.at += 1 + n
			return v, nil
		}
	}
	if p.isMoment() {
		if v, ok := p.moment(); ok {
			return v, nil
		}
		return nil, unsupported("literal", "%.12q, which is no date or time of the calendar", p.src[p.at:])
	}
	text, whole := p.decimal()
	if whole {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return p.suffixed(i)
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(f, 0) {
		return nil, p.fail("not a number: " + text)
	}
	if f-f != 0 {
		return nil, unsupported("literal", "%s, which is too large for a float", text)
	}
	return wire.Float(f + 0), nil // never minus zero
}

// decimal passes over a decimal number and returns it. It is whole if it has
// neither a fraction nor an exponent.
func (p *parser) decimal() (text string, whole bool) {
	start := p.at
	whole = true
	p.at++ // the first digit, or the minus
	p.digits()
	if p.peek(0) == '.' && isDigit(p.peek(1)) {
		whole = false
		p.at++
		p.digits()
	}
	if c := p.peek(0); c == 'e' || c == 'E' {
		whole = false
		p.at++
		if c := p.peek(0); c == '+' || c == '-' {
			p.at++
		}
		p.digits()
	}
	return string(p.src[start:p.at]), whole
}

func (p *parser) digits() {
	for isDigit(p.peek(0)) {
		p.at++
	}
}

// suffixed narrows an integer as the letter after it says.
func (p *parser) suffixed(i int64) (wire.Value, error) {
	kind, limit := wire.KindI64, int64(0)
	switch p.peek(0) {
	case 'h':
		kind, limit = wire.KindI16, math.MaxInt16
	case 'i':
		kind, limit = wire.KindI32, math.MaxInt32
	default:
		return wire.Int(i), nil
	}
	p.at++
	if i < -limit || i > limit {
		return nil, fail(ErrDomain, "%d is out of range for %v", i, kind)
	}
	return integer(kind, i), nil
}

func (p *parser) hex() (wire.Value, error) {
	p.at += 2
	start := p.at
	for c := p.peek(0); isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'; c = p.peek(0) {
		p.at++
	}
	v, err := strconv.ParseUint(string(p.src[start:p.at]), 16, 64)
	if err != nil {
		return nil, p.fail("not a hexadecimal number")
	}
	return integer(wire.KindU8, int64(v)), nil
}

// nullLiteral returns the null that 0N and a letter stand for, and its length in
// bytes after the 0. The length is 0 if they are no null.
func nullLiteral(c byte) (wire.Value, int) {
	switch c {
	case 'l':
		return wire.NullOf(wire.KindI64), 2
	case 'f':
		return wire.NullOf(wire.KindF64), 2
	case 'i':
		return wire.NullOf(wire.KindI32), 2
	case 'h':
		return wire.NullOf(wire.KindI16), 2
	case 'd':
		return wire.NullOf(wire.KindDate), 2
	case 't':
		return wire.NullOf(wire.KindTime), 2
	case 'p':
		return wire.NullOf(wire.KindTimestamp), 2
	}
	if nameBytes[c] {
		return nil, 0
	}
	return wire.NullOf(wire.KindI64), 1
}
