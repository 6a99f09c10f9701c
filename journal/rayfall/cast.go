package rayfall

import (
	"math"
	"strconv"
	"strings"

	"powercut/journal/wire"
)

// castNames are the names that as takes for kinds.
var castNames = map[string]wire.Kind{
	"B8": wire.KindBool, "b8": wire.KindBool, "BOOL": wire.KindBool, "U8": wire.KindU8, "u8": wire.KindU8,
	"I16": wire.KindI16, "i16": wire.KindI16, "I32": wire.KindI32, "i32": wire.KindI32,
	"I64": wire.KindI64, "i64": wire.KindI64, "F64": wire.KindF64, "f64": wire.KindF64,
	"DATE": wire.KindDate, "date": wire.KindDate, "TIME": wire.KindTime, "time": wire.KindTime,
	"TIMESTAMP": wire.KindTimestamp, "timestamp": wire.KindTimestamp,
	"GUID": wire.KindGUID, "guid": wire.KindGUID, "STR": wire.KindString, "str": wire.KindString,
	"SYM": wire.KindSymbol, "SYMBOL": wire.KindSymbol, "sym": wire.KindSymbol, "symbol": wire.KindSymbol,
}

// as converts a value, or each element of a collection, to another kind.
func (m *Machine) as(name, x wire.Value) (wire.Value, error) {
	s, ok := name.(wire.Symbol)
	if !ok {
		return nil, fail(ErrType, "as: got %v, want the name of a kind", name.Kind())
	}
	kind, ok := castNames[s.Name]
	if !ok {
		return nil, unsupported("as", "to %q", s.Name)
	}
	if !isCollection(x) {
		return cast(kind, x)
	}
	n := length(x)
	if err := m.spend(n, valueSize); err != nil {
		return nil, err
	}
	if kind == wire.KindGUID && !isList(x) {
		return nil, unsupported("as", "to guids of a vector")
	}
	out := make([]wire.Value, n)
	for i := range out {
		e := element(x, i)
		if isCompound(e) {
			return nil, unsupported("as", "of a list of %v", e.Kind())
		}
		var err error
		if out[i], err = cast(kind, e); err != nil {
			return nil, err
		}
	}
	switch {
	case n == 0 && kind == wire.KindSymbol:
		return wire.Symbols{}, nil
	case n == 0 && kind == wire.KindString:
		return wire.Texts{}, nil
	case n == 0:
		return wire.Vector{Of: kind}, nil
	case kind == wire.KindSymbol || kind == wire.KindString || kind == wire.KindGUID:
		v, _ := pack(out)
		return v, nil
	}
	return store(kind, out), nil
}

// cast converts an atom to another kind.
func cast(kind wire.Kind, x wire.Value) (wire.Value, error) {
	if x.Kind() == kind {
		return x, nil
	}
	switch kind {
	case wire.KindString:
		return castToText(x)
	case wire.KindSymbol:
		return castToSymbol(x)
	case wire.KindGUID:
		return castToGUID(x)
	}
	switch v := x.(type) {
	case wire.Scalar:
		return castNumber(kind, v)
	case wire.Text:
		return castText(kind, v.Text)
	case wire.Symbol, wire.Dict, wire.GUID:
		return nil, fail(ErrType, "as: got %v, want a number", x.Kind())
	}
	return nil, unsupported("as", "of a %v", x.Kind())
}

// castNumber casts between numbers, dates and times.
func castNumber(kind wire.Kind, s wire.Scalar) (wire.Value, error) {
	switch {
	case s.Of == wire.KindF32:
		return nil, unsupported("as", "of f32")
	case s.IsNull() && kind == wire.KindU8:
		return nil, unsupported("as", "of a null to u8")
	case s.IsNull():
		return wire.NullOf(kind), nil
	case kind == wire.KindBool:
		return wire.Bool(s.Bits != 0 && s.Float() != 0), nil
	case kind == wire.KindF64:
		return float(kind, s.Float()), nil
	case s.Of == wire.KindF64:
		return castFloat(kind, s.Float())
	case isTemporal(s.Of):
		return castTemporal(kind, s)
	}
	return castInteger(kind, s.Int())
}

// castFloat cuts off what is behind the point. What then is out of range for the
// kind is unsupported.
func castFloat(kind wire.Kind, f float64) (wire.Value, error) {
	whole := math.Trunc(f)
	limit := math.Ldexp(1, 8*width(kind)-1)
	fits := whole > -limit && whole < limit
	if kind == wire.KindU8 {
		fits = whole >= 0 && whole < 256
	}
	if !fits {
		return nil, unsupported("as", "of %v, which is out of range for %v", f, kind)
	}
	return integer(kind, int64(whole)), nil
}

// castTemporal casts a date, a time or a timestamp. A timestamp has a date and a
// time of day; between other kinds the number stays.
func castTemporal(kind wire.Kind, s wire.Scalar) (wire.Value, error) {
	if kind == wire.KindU8 {
		return nil, unsupported("as", "of a %v to u8", s.Of)
	}
	switch {
	case s.Of == wire.KindTimestamp && kind == wire.KindTime:
		return integer(kind, floorMod(s.Int(), nanosPerDay)/nanosPerMilli), nil
	case s.Of == wire.KindTimestamp && kind == wire.KindDate:
		return integer(kind, (s.Int()-floorMod(s.Int(), nanosPerDay))/nanosPerDay), nil
	case s.Of == wire.KindDate && kind == wire.KindTimestamp:
		return integer(kind, s.Int()*nanosPerDay), nil
	}
	return castInteger(kind, s.Int())
}

// castInteger cuts an integer to a kind's width.
func castInteger(kind wire.Kind, i int64) (wire.Value, error) {
	v := integer(kind, i)
	if v.IsNull() {
		return nil, unsupported("as", "of %d to %v, which is its null", i, kind)
	}
	return v, nil
}

// castToText makes a string of an atom, as the original writes it.
func castToText(x wire.Value) (wire.Value, error) {
	if isNull(x) {
		return nil, unsupported("as", "of a null to a string")
	}
	switch v := x.(type) {
	case wire.Symbol:
		return wire.Text{Text: v.Name}, nil
	case wire.Scalar:
		switch {
		case v.Of == wire.KindF64:
			return wire.Text{Text: strconv.FormatFloat(v.Float()+0, 'g', 6, 64)}, nil
		case v.Of == wire.KindBool:
			return wire.Text{Text: strconv.FormatBool(v.Bits != 0)}, nil
		case isInteger(v.Of) && v.Of != wire.KindU8:
			return wire.Text{Text: strconv.FormatInt(v.Int(), 10)}, nil
		}
		return formatted(v)
	case wire.GUID:
		return wire.Text{Text: v.String()}, nil
	}
	return nil, unsupported("as", "of a %v to a string", x.Kind())
}

// formatted makes a string of a date, a time or a timestamp. Times beyond a day
// and dates of more than four digits for the year are unsupported.
func formatted(s wire.Scalar) (wire.Value, error) {
	if !isTemporal(s.Of) || s.Of == wire.KindTime && (s.Int() < 0 || s.Int() >= 24*60*60*1000) ||
		s.Of == wire.KindDate && (s.Int() < -700_000 || s.Int() > 2_900_000) {
		return nil, unsupported("as", "of a %v to text", s.Of)
	}
	return wire.Text{Text: s.String()}, nil
}

// castToSymbol makes a symbol of an atom, as the original writes it. It writes
// floats with more digits here than in a string.
func castToSymbol(x wire.Value) (wire.Value, error) {
	text := ""
	switch v := x.(type) {
	case wire.Text:
		text = v.Text
	case wire.Scalar:
		switch {
		case v.IsNull():
			return nil, unsupported("as", "of a null to a symbol")
		case v.Of == wire.KindF64:
			text = strconv.FormatFloat(v.Float()+0, 'g', 17, 64)
		case v.Of == wire.KindBool || isInteger(v.Of):
			text = strconv.FormatInt(v.Int(), 10)
		default:
			t, err := formatted(v)
			if err != nil {
				return nil, err
			}
			text = t.(wire.Text).Text
		}
	case wire.GUID:
		text = v.String()
	case wire.Dict:
		return nil, fail(ErrType, "as: got a dictionary, want an atom")
	default:
		return nil, unsupported("as", "of a %v to a symbol", x.Kind())
	}
	if strings.IndexByte(text, 0) >= 0 {
		return nil, unsupported("as", "of a string with a zero byte to a symbol")
	}
	return wire.Symbol{Name: text}, nil
}

// castText reads a number, a date or a time.
func castText(kind wire.Kind, text string) (wire.Value, error) {
	switch kind {
	case wire.KindBool:
		return wire.Bool(text != ""), nil
	case wire.KindI16, wire.KindI32, wire.KindI64:
		if v, ok := readInteger(kind, text); ok {
			return v, nil
		}
		if text != "" && isLetter(text[0]) {
			return nil, fail(ErrDomain, "as: %q is not a number", text)
		}
	case wire.KindF64:
		if v, ok := readFloat(text); ok {
			return v, nil
		}
	case wire.KindDate, wire.KindTimestamp, wire.KindTime:
		p := parser{src: []byte(text)}
		if v, ok := p.moment(); ok && p.at == len(text) && v.Kind() == kind {
			return v, nil
		}
	}
	return nil, unsupported("as", "of the string %.40q to %v", text, kind)
}

// readInteger reads decimal digits, after a minus or none.
func readInteger(kind wire.Kind, text string) (wire.Value, bool) {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return nil, false
	}
	i, err := strconv.ParseInt(text, 10, 8*width(kind))
	v := integer(kind, i)
	return v, err == nil && !v.IsNull()
}

// readFloat reads a float that is not zero and is written without an exponent.
func readFloat(text string) (wire.Value, bool) {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || !isDigit(digits[0]) || strings.Trim(digits, "0123456789.") != "" {
		return nil, false
	}
	f, err := strconv.ParseFloat(text, 64)
	return float(wire.KindF64, f), err == nil && f != 0
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// castToGUID reads a guid in its usual form: 32 hexadecimal digits in five groups.
func castToGUID(x wire.Value) (wire.Value, error) {
	t, ok := x.(wire.Text)
	if !ok {
		return nil, unsupported("as", "of a %v to a guid", x.Kind())
	}
	if len(t.Text) != 36 {
		return nil, unsupported("as", "of %d characters to a guid", len(t.Text))
	}
	var g wire.GUID
	n := 0
	for i := range len(t.Text) {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if t.Text[i] != '-' {
				return nil, unsupported("as", "of %q to a guid", t.Text)
			}
			continue
		}
		d, err := strconv.ParseUint(t.Text[i:i+1], 16, 8)
		if err != nil {
			return nil, unsupported("as", "of %q to a guid", t.Text)
		}
		g.Bytes[n/2] |= byte(d) << (4 * (1 - n%2))
		n++
	}
	return g, nil
}

// typeOf is type: the name of a value's kind, a vector's in upper case.
func (m *Machine) typeOf(x wire.Value) (wire.Value, error) {
	kind := x.Kind()
	name := map[wire.Kind]string{wire.KindBool: "b8", wire.KindSymbol: "sym", wire.KindString: "str"}[kind]
	switch {
	case kind >= wire.KindLambda:
		return nil, unsupported("type", "of a %v", kind)
	case name == "":
		name = kind.String()
	}
	if isCollection(x) || kind >= wire.KindTable {
		name = strings.ToUpper(name)
	}
	return wire.Symbol{Name: name}, nil
}

// recase is upper and lower: to applied to a string, a symbol or each of a vector
// of symbols.
func (m *Machine) recase(name string, x wire.Value, to func(string) string) (wire.Value, error) {
	one := func(s string) (string, error) {
		for i := range len(s) {
			if s[i] >= 0x80 {
				return "", unsupported(name, "of %.40q", s)
			}
		}
		return to(s), nil
	}
	var err error
	switch v := x.(type) {
	case wire.Text:
		v.Text, err = one(v.Text)
		return v, err
	case wire.Symbol:
		v.Name, err = one(v.Name)
		return wire.Symbol{Name: v.Name}, err
	case wire.Symbols:
		names := make([]string, len(v.Names))
		for i := range names {
			if names[i], err = one(v.Names[i]); err != nil {
				return nil, err
			}
		}
		return wire.Symbols{Names: names}, nil
	case wire.Texts, wire.Table, wire.Lambda, wire.Builtin:
		return nil, unsupported(name, "of %v", x.Kind())
	case wire.List:
		if len(v.Items) > 0 && (v.Items[0].Kind() == wire.KindString || v.Items[0].Kind() == wire.KindSymbol) {
			return nil, unsupported(name, "of a list")
		}
	}
	return nil, fail(ErrType, "%s: got %v, want text", name, x.Kind())
}

func (m *Machine) upper(x wire.Value) (wire.Value, error) {
	return m.recase("upper", x, strings.ToUpper)
}

func (m *Machine) lower(x wire.Value) (wire.Value, error) {
	return m.recase("lower", x, strings.ToLower)
}
