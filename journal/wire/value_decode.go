package wire

import (
	"bytes"
	"encoding/binary"
)

// Decode returns the value that payload begins with. It fails exactly when
// [Check] does, and keeps no reference to payload.
func Decode(payload []byte) (Value, error) {
	n, err := Size(payload)
	if err != nil {
		return nil, err
	}
	d := decoder{b: payload[:n]}
	return d.value(), nil
}

// decoder builds a value from bytes that Check has passed: every count in
// them is borne out by the bytes present, so it may be allocated at once.
type decoder struct {
	b []byte // what is left
}

// byte takes the next byte, as the methods below take what they are named for. None
// asks whether it is there: Check did.
func (d *decoder) byte() byte {
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

func (d *decoder) take(n int) []byte {
	b := d.b[:n:n]
	d.b = d.b[n:]
	return b
}

func (d *decoder) i64() int { return int(binary.LittleEndian.Uint64(d.take(8))) }

// name takes a text that ends in a zero byte.
func (d *decoder) name() string {
	name := string(d.take(bytes.IndexByte(d.b, 0)))
	d.take(1)
	return name
}

// text takes a text behind its length.
func (d *decoder) text() string { return string(d.take(d.i64())) }

func (d *decoder) value() Value {
	k := Kind(d.byte())
	switch k {
	case KindNull:
		return Null{}
	case KindUnary, KindBinary, KindVariadic:
		return Builtin{Of: k, Name: d.name()}
	}
	attrs := d.byte()
	if k < 0 {
		return d.atom(-k, attrs)
	}
	switch k {
	case KindSymbol:
		names := make([]string, d.i64())
		for i := range names {
			names[i] = d.name()
		}
		return Symbols{Attrs: attrs, Names: names}
	case KindString:
		texts := make([]string, d.i64())
		for i := range texts {
			texts[i] = d.text()
		}
		return Texts{Attrs: attrs, Texts: texts}
	case KindList:
		items := make([]Value, d.i64())
		for i := range items {
			items[i] = d.value()
		}
		return List{Attrs: attrs, Items: items}
	case KindDict:
		keys := d.value()
		return Dict{Attrs: attrs, Keys: keys, Vals: d.value()}
	case KindTable:
		names := d.value()
		return Table{Attrs: attrs, Names: names, Values: d.value()}
	case KindLambda:
		params := d.value()
		v := Lambda{Attrs: attrs, Params: params, Body: d.value()}
		if attrs&AttrClosure != 0 {
			v.Closure = d.value()
		}
		return v
	}
	n := d.i64() * k.width()
	return Vector{Of: k, Attrs: attrs, Data: append(make([]byte, 0, n), d.take(n)...)}
}

func (d *decoder) atom(k Kind, flags uint8) Value {
	switch k {
	case KindSymbol:
		return Symbol{Flags: flags, Name: d.name()}
	case KindString:
		return Text{Flags: flags, Text: d.text()}
	case KindGUID:
		return GUID{Flags: flags, Bytes: [16]byte(d.take(16))}
	}
	var bits [8]byte
	copy(bits[:], d.take(k.width()))
	return Scalar{Of: k, Flags: flags, Bits: binary.LittleEndian.Uint64(bits[:])}
}
