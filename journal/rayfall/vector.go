package rayfall

import (
	"encoding/binary"

	"powercut/journal/wire"
)

// isCollection reports whether v has elements: a vector or a list.
func isCollection(v wire.Value) bool {
	switch v.(type) {
	case wire.Vector, wire.Symbols, wire.Texts, wire.List:
		return true
	}
	return false
}

// isAtom reports whether v is one value: functions and null are.
func isAtom(v wire.Value) bool {
	switch v.(type) {
	case wire.Dict, wire.Table:
		return false
	}
	return !isCollection(v)
}

func isList(v wire.Value) bool {
	_, list := v.(wire.List)
	return list
}

// isCompound reports whether the original does not take a value for an atom.
func isCompound(v wire.Value) bool { return v.Kind() == wire.KindList || isCollection(v) || !isAtom(v) }

// isFunction reports whether v is a function, or null, which the original keeps
// like one.
func isFunction(v wire.Value) bool {
	switch v.(type) {
	case wire.Lambda, wire.Builtin, wire.Null:
		return true
	}
	return false
}

// length returns the number of elements of a collection.
func length(v wire.Value) int {
	switch v := v.(type) {
	case wire.Vector:
		return v.Len()
	case wire.Symbols:
		return len(v.Names)
	case wire.Texts:
		return len(v.Texts)
	case wire.List:
		return len(v.Items)
	}
	return 0
}

// element returns element i of a collection.
func element(v wire.Value, i int) wire.Value {
	switch v := v.(type) {
	case wire.Vector:
		if v.Of == wire.KindGUID {
			return wire.GUID{Bytes: [16]byte(v.Data[16*i:])}
		}
		s := v.At(i)
		if v.Attrs&wire.AttrNulls != 0 && s.IsNull() {
			return wire.NullOf(v.Of)
		}
		return s
	case wire.Symbols:
		return wire.Symbol{Name: v.Names[i]}
	case wire.Texts:
		return wire.Text{Text: v.Texts[i]}
	case wire.List:
		return v.Items[i]
	}
	return wire.Null{}
}

// elementsOf returns the elements of a collection.
func elementsOf(v wire.Value) []wire.Value {
	out := make([]wire.Value, length(v))
	for i := range out {
		out[i] = element(v, i)
	}
	return out
}

// mayHoldNulls reports whether v is a vector with the attribute of nulls.
func mayHoldNulls(v wire.Value) bool {
	x, ok := v.(wire.Vector)
	return ok && x.Attrs&wire.AttrNulls != 0
}

// hasNaN reports whether a vector of floats holds what is not a number.
func hasNaN(x wire.Value) bool {
	v, ok := x.(wire.Vector)
	if !ok || !isFloat(v.Of) {
		return false
	}
	for i := range v.Len() {
		if v.At(i).IsNull() {
			return true
		}
	}
	return false
}

// missing is the null that stands for an element which is not there.
func missing(v wire.Value) wire.Value {
	switch v := v.(type) {
	case wire.Vector:
		if v.Of == wire.KindGUID {
			return wire.GUID{Flags: wire.FlagNull}
		}
		return wire.NullOf(v.Of)
	case wire.Symbols:
		return wire.Symbol{}
	case wire.Texts:
		return wire.Text{Flags: wire.FlagNull}
	}
	return wire.NullOf(wire.KindI64)
}

// pack makes a vector of atoms of one kind, or of integers and floats mixed.
// Of none it makes an empty vector of i64.
func pack(atoms []wire.Value) (wire.Value, bool) {
	if len(atoms) == 0 {
		return wire.Vector{Of: wire.KindI64}, true
	}
	switch atoms[0].(type) {
	case wire.Symbol:
		names := make([]string, len(atoms))
		for i, a := range atoms {
			s, ok := a.(wire.Symbol)
			if !ok {
				return nil, false
			}
			names[i] = s.Name
		}
		return wire.Symbols{Names: names}, true
	case wire.Text:
		texts := make([]string, len(atoms))
		for i, a := range atoms {
			s, ok := a.(wire.Text)
			if !ok {
				return nil, false
			}
			texts[i] = s.Text
		}
		return wire.Texts{Texts: texts}, true
	case wire.GUID:
		v := wire.Vector{Of: wire.KindGUID}
		for _, a := range atoms {
			g, ok := a.(wire.GUID)
			if !ok {
				return nil, false
			}
			v.Data = append(v.Data, g.Bytes[:]...)
		}
		return v, true
	}
	kind, ok := commonKind(atoms)
	if !ok {
		return nil, false
	}
	return store(kind, atoms), true
}

// commonKind returns the kind of a vector of these atoms: the one that all have, or
// f64 if they are i64 and f64. If there is none, ok is false.
func commonKind(atoms []wire.Value) (kind wire.Kind, ok bool) {
	for i, a := range atoms {
		s, ok := a.(wire.Scalar)
		switch {
		case !ok:
			return 0, false
		case i == 0 || s.Of == kind:
			kind = s.Of
		case s.Of == wire.KindF64 && kind == wire.KindI64, s.Of == wire.KindI64 && kind == wire.KindF64:
			kind = wire.KindF64
		default:
			return 0, false
		}
	}
	return kind, true
}

// store makes a vector of a scalar kind, converting each of the scalars to it.
func store(kind wire.Kind, atoms []wire.Value) wire.Vector {
	v := wire.Vector{Of: kind, Data: make([]byte, 0, width(kind)*len(atoms))}
	for _, a := range atoms {
		s := convert(kind, a.(wire.Scalar))
		if s.IsNull() && kind > wire.KindU8 {
			v.Attrs |= wire.AttrNulls
		}
		v.Data = appendElement(v.Data, s)
	}
	return v
}

// convert converts a scalar to another kind: floats lose what is behind the point,
// integers the high bits that do not fit.
func convert(kind wire.Kind, s wire.Scalar) wire.Scalar {
	switch {
	case s.IsNull():
		return wire.NullOf(kind)
	case s.Of == kind:
		return s
	case isFloat(kind):
		return float(kind, s.Float())
	case isFloat(s.Of):
		return integer(kind, truncate(s.Float()))
	}
	return integer(kind, s.Int())
}

// truncate converts a float to an integer, the same on every machine: what is
// out of range becomes the null.
func truncate(f float64) int64 {
	if !(f >= -(1<<63) && f < 1<<63) {
		return -1 << 63
	}
	return int64(f)
}

// width is the size in bytes of an element of a scalar kind.
func width(k wire.Kind) int {
	switch k {
	case wire.KindBool, wire.KindU8:
		return 1
	case wire.KindI16:
		return 2
	case wire.KindI32, wire.KindF32, wire.KindDate, wire.KindTime:
		return 4
	}
	return 8
}

func appendElement(dst []byte, s wire.Scalar) []byte {
	switch width(s.Of) {
	case 1:
		return append(dst, byte(s.Bits))
	case 2:
		return binary.LittleEndian.AppendUint16(dst, uint16(s.Bits))
	case 4:
		return binary.LittleEndian.AppendUint32(dst, uint32(s.Bits))
	}
	return binary.LittleEndian.AppendUint64(dst, s.Bits)
}
