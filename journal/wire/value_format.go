package wire

import (
	"encoding/hex"
	"math"
	"strconv"
	"time"
)

// Summary renders v for people in at most about limit bytes: what does not fit
// is left out, and "..." stands for it. A limit of 0 is none.
func Summary(v Value, limit int) string {
	p := printer{limit: limit}
	p.value(v)
	return string(p.out)
}

// The values' notation is the database's own: 42, 2.5, true, 0x0a, "text", 'sym
// for a symbol that stands for itself, [1 2] for a vector, (set x 1) for a
// list, {a: 1} for a dictionary, 0Nl and the like for nulls, 2026.11.23 for a
// date. Types that it has no notation for are spelled out: (table names
// columns), (lambda parameters body), <builtin +>.
func (v Null) String() string    { return Summary(v, 0) }
func (v Scalar) String() string  { return Summary(v, 0) }
func (v GUID) String() string    { return Summary(v, 0) }
func (v Symbol) String() string  { return Summary(v, 0) }
func (v Text) String() string    { return Summary(v, 0) }
func (v Vector) String() string  { return Summary(v, 0) }
func (v Symbols) String() string { return Summary(v, 0) }
func (v Texts) String() string   { return Summary(v, 0) }
func (v List) String() string    { return Summary(v, 0) }
func (v Dict) String() string    { return Summary(v, 0) }
func (v Table) String() string   { return Summary(v, 0) }
func (v Lambda) String() string  { return Summary(v, 0) }
func (v Builtin) String() string { return Summary(v, 0) }

// epoch is day 0 of dates and nanosecond 0 of timestamps.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// printer writes values for people to read.
type printer struct {
	out   []byte
	limit int // of out, in bytes, about; 0: none
}

// full reports whether the limit is reached; the first time, it says so in
// the output.
func (p *printer) full() bool {
	if p.limit == 0 || len(p.out) < p.limit {
		return false
	}
	if n := len(p.out); n < 3 || string(p.out[n-3:]) != "..." {
		p.out = append(p.out, "..."...)
	}
	return true
}

func (p *printer) str(s string) { p.out = append(p.out, s...) }

// sequence prints n elements between brackets.
func (p *printer) sequence(open, end string, n int, element func(i int)) {
	p.str(open)
	for i := range n {
		if i > 0 {
			p.str(" ")
		}
		if p.full() {
			break
		}
		element(i)
	}
	p.str(end)
}

func (p *printer) quote(text string) {
	text, rest := p.cut(text)
	p.out = strconv.AppendQuote(p.out, text)
	p.str(rest)
}

// cut leaves of a text what there is room for, and a few bytes at least; rest
// stands for what it left out.
func (p *printer) cut(text string) (kept, rest string) {
	if room := p.limit - len(p.out); p.limit > 0 && len(text) > max(room, 8) {
		return text[:max(room, 8)], "..."
	}
	return text, ""
}

// name prints a symbol's name, with what a terminal should not see escaped.
func (p *printer) name(name string) {
	name, rest := p.cut(name)
	if q := strconv.Quote(name); q[1:len(q)-1] != name {
		name = q
	}
	p.str(name)
	p.str(rest)
}

func (p *printer) value(v Value) {
	if p.full() {
		return
	}
	switch v := v.(type) {
	case Null:
		p.str("null")
	case Scalar:
		p.scalar(v)
	case GUID:
		p.guid(v.Bytes[:])
	case Symbol:
		if v.Quoted() {
			p.str("'")
		}
		p.name(v.Name)
	case Text:
		p.quote(v.Text)
	case Vector:
		p.vector(v)
	case Symbols:
		p.sequence("[", "]", len(v.Names), func(i int) { p.name(v.Names[i]) })
	case Texts:
		p.sequence("[", "]", len(v.Texts), func(i int) { p.quote(v.Texts[i]) })
	case List:
		p.sequence("(", ")", len(v.Items), func(i int) { p.value(v.Items[i]) })
	case Dict:
		p.dict(v)
	case Table:
		p.sequence("(table ", ")", 2, func(i int) { p.value([]Value{v.Names, v.Values}[i]) })
	case Lambda:
		parts := []Value{v.Params, v.Body}
		if v.Closure != nil {
			parts = append(parts, v.Closure)
		}
		p.sequence("(lambda ", ")", len(parts), func(i int) { p.value(parts[i]) })
	case Builtin:
		p.str("<builtin ")
		p.name(v.Name)
		p.str(">")
	}
}

func (p *printer) vector(v Vector) {
	if v.Of == KindGUID {
		p.sequence("[", "]", v.Len(), func(i int) { p.guid(v.Data[16*i : 16*i+16]) })
		return
	}
	p.sequence("[", "]", v.Len(), func(i int) { p.scalar(v.At(i)) })
}

func (p *printer) dict(v Dict) {
	names, ok := v.Keys.(Symbols)
	vals, list := v.Vals.(List)
	if keys, none := v.Keys.(List); none && list && len(keys.Items)+len(vals.Items) == 0 {
		ok = true // of no keys there is no kind
	}
	if !ok || !list || len(names.Names) != len(vals.Items) {
		p.str("{")
		p.value(v.Keys)
		p.str(": ")
		p.value(v.Vals)
		p.str("}")
		return
	}
	p.sequence("{", "}", len(vals.Items), func(i int) {
		p.name(names.Names[i])
		p.str(": ")
		p.value(vals.Items[i])
	})
}

func (p *printer) guid(b []byte) {
	for i, part := range [][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			p.str("-")
		}
		p.out = hex.AppendEncode(p.out, part)
	}
}

// nullSuffix is the letter that follows 0N in the null of a kind.
var nullSuffix = map[Kind]string{
	KindBool: "b", KindU8: "u", KindI16: "h", KindI32: "i", KindI64: "l", KindF32: "e",
	KindF64: "f", KindDate: "d", KindTime: "t", KindTimestamp: "p",
}

func (p *printer) scalar(v Scalar) {
	if v.IsNull() {
		p.str("0N" + nullSuffix[v.Of])
		return
	}
	switch v.Of {
	case KindBool:
		p.out = strconv.AppendBool(p.out, v.Bits != 0)
	case KindU8:
		p.str("0x")
		p.out = hex.AppendEncode(p.out, []byte{byte(v.Bits)})
	case KindF32, KindF64:
		p.float(v)
	case KindDate:
		p.str(epoch.AddDate(0, 0, int(v.Int())).Format("2006.01.02"))
	case KindTime:
		p.clock(time.Duration(v.Int()) * time.Millisecond)
	case KindTimestamp:
		p.str(epoch.Add(time.Duration(v.Int())).Format("2006.01.02D15:04:05.000000000"))
	case KindI16:
		p.out = strconv.AppendInt(p.out, v.Int(), 10)
		p.str("h")
	case KindI32:
		p.out = strconv.AppendInt(p.out, v.Int(), 10)
		p.str("i")
	default:
		p.out = strconv.AppendInt(p.out, v.Int(), 10)
	}
}

// float prints the shortest digits that read back, always with a point or an
// exponent, so that 2.0 does not look like an integer.
func (p *printer) float(v Scalar) {
	bits := 64
	if v.Of == KindF32 {
		bits = 32
	}
	f := v.Float()
	start := len(p.out)
	p.out = strconv.AppendFloat(p.out, f, 'g', -1, bits)
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return
	}
	for _, c := range p.out[start:] {
		if c == '.' || c == 'e' {
			return
		}
	}
	p.str(".0")
}

func (p *printer) clock(d time.Duration) {
	if d < 0 {
		p.str("-")
		d = -d
	}
	pad := func(n int64, width int) {
		s := strconv.FormatInt(n, 10)
		for range width - len(s) {
			p.str("0")
		}
		p.str(s)
	}
	pad(int64(d/time.Hour), 2)
	p.str(":")
	pad(int64(d/time.Minute%60), 2)
	p.str(":")
	pad(int64(d/time.Second%60), 2)
	p.str(".")
	pad(int64(d/time.Millisecond%1000), 3)
}
