package wire

import (
	"bytes"
	"encoding/binary"
)

// Encode returns the serialised form of v.
func Encode(v Value) []byte { return v.appendTo(nil) }

// Equal reports whether two values have the same serialised form: the same
// kinds, flags, attributes and bits. A NaN equals itself.
func Equal(a, b Value) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	if a.Kind() != b.Kind() {
		return false
	}
	return bytes.Equal(Encode(a), Encode(b))
}

func (Null) appendTo(dst []byte) []byte { return append(dst, byte(KindNull)) }

func (v Scalar) appendTo(dst []byte) []byte {
	dst = append(dst, byte(-v.Of), v.Flags)
	switch v.Of.width() {
	case 1:
		return append(dst, byte(v.Bits))
	case 2:
		return binary.LittleEndian.AppendUint16(dst, uint16(v.Bits))
	case 4:
		return binary.LittleEndian.AppendUint32(dst, uint32(v.Bits))
	}
	return binary.LittleEndian.AppendUint64(dst, v.Bits)
}

func (v GUID) appendTo(dst []byte) []byte {
	atom := -KindGUID
	return append(append(dst, byte(atom), v.Flags), v.Bytes[:]...)
}

func (v Symbol) appendTo(dst []byte) []byte {
	atom := -KindSymbol
	return append(append(append(dst, byte(atom), v.Flags), v.Name...), 0)
}

func (v Text) appendTo(dst []byte) []byte {
	atom := -KindString
	dst = append(dst, byte(atom), v.Flags)
	dst = binary.LittleEndian.AppendUint64(dst, uint64(len(v.Text)))
	return append(dst, v.Text...)
}

// appendHead appends what a vector and a list begin with.
func appendHead(dst []byte, k Kind, attrs uint8, count int) []byte {
	dst = append(dst, byte(k), attrs)
	return binary.LittleEndian.AppendUint64(dst, uint64(count))
}

func (v Vector) appendTo(dst []byte) []byte {
	return append(appendHead(dst, v.Of, v.Attrs, v.Len()), v.Data...)
}

func (v Symbols) appendTo(dst []byte) []byte {
	dst = appendHead(dst, KindSymbol, v.Attrs, len(v.Names))
	for _, name := range v.Names {
		dst = append(append(dst, name...), 0)
	}
	return dst
}

func (v Texts) appendTo(dst []byte) []byte {
	dst = appendHead(dst, KindString, v.Attrs, len(v.Texts))
	for _, text := range v.Texts {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(len(text)))
		dst = append(dst, text...)
	}
	return dst
}

func (v List) appendTo(dst []byte) []byte {
	dst = appendHead(dst, KindList, v.Attrs, len(v.Items))
	for _, item := range v.Items {
		dst = item.appendTo(dst)
	}
	return dst
}

func (v Dict) appendTo(dst []byte) []byte {
	dst = append(dst, byte(KindDict), v.Attrs)
	return v.Vals.appendTo(v.Keys.appendTo(dst))
}

func (v Table) appendTo(dst []byte) []byte {
	dst = append(dst, byte(KindTable), v.Attrs)
	return v.Values.appendTo(v.Names.appendTo(dst))
}

func (v Lambda) appendTo(dst []byte) []byte {
	dst = append(dst, byte(KindLambda), v.Attrs)
	dst = v.Body.appendTo(v.Params.appendTo(dst))
	if v.Closure != nil {
		dst = v.Closure.appendTo(dst)
	}
	return dst
}

func (v Builtin) appendTo(dst []byte) []byte {
	return append(append(append(dst, byte(v.Of)), v.Name...), 0)
}
