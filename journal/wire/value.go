package wire

import (
	"encoding/binary"
	"math"
	"strings"
)

// Value is one serialised value in memory. It is one of: [Null], [Scalar],
// [GUID], [Symbol], [Text], [Vector], [Symbols], [Texts], [List], [Dict],
// [Table], [Lambda], [Builtin]. Values are immutable: whoever holds one may
// share it, and nobody changes a slice that is inside of one.
type Value interface {
	// Kind is the value's kind: for an atom, that of its type.
	Kind() Kind
	// String renders the value for people, in the database's own notation
	// where it has one.
	String() string

	// appendTo is what closes the sum.
	appendTo(dst []byte) []byte
}

// Flags of an atom and attributes of a vector or compound.
const (
	FlagNull    uint8 = 0x01 // the atom is the null of its type
	FlagQuoted  uint8 = 0x20 // the symbol stands for itself, not for a variable
	AttrNulls   uint8 = 0x40 // the vector may hold nulls
	AttrClosure uint8 = 0x01 // the lambda carries a dictionary of captured variables
)

// Null is the value of an expression that has none.
type Null struct{}

// Scalar is an atom of fixed width up to 8 bytes: bool, u8, i16, i32, i64,
// f32, f64, date, time or timestamp.
type Scalar struct {
	Of    Kind
	Flags uint8
	// Bits holds the element's bytes, zero-extended: math.Float64bits of an
	// f64, uint64(uint16(v)) of an i16.
	Bits uint64
}

// GUID is an atom of 16 bytes.
type GUID struct {
	Flags uint8
	Bytes [16]byte
}

// Symbol is a name: of a variable or, with FlagQuoted, standing for itself.
type Symbol struct {
	Flags uint8
	Name  string // without zero bytes
}

// Text is a string of bytes. As a payload it is source text.
type Text struct {
	Flags uint8
	Text  string
}

// Vector is a vector of a fixed-width kind.
type Vector struct {
	Of    Kind
	Attrs uint8
	Data  []byte // elements as they are serialised
}

// Symbols is a vector of symbols.
type Symbols struct {
	Attrs uint8
	Names []string // without zero bytes
}

// Texts is a vector of strings.
type Texts struct {
	Attrs uint8
	Texts []string
}

// List is a list of values of any kind. As a payload it is an expression.
type List struct {
	Attrs uint8
	Items []Value
}

// Dict is a dictionary: two sequences of the same length.
type Dict struct {
	Attrs      uint8
	Keys, Vals Value
}

// Table is a table: its columns' names (symbols, or i64) and the columns.
type Table struct {
	Attrs         uint8
	Names, Values Value
}

// Lambda is a function of the database's language.
type Lambda struct {
	Attrs        uint8
	Params, Body Value
	Closure      Value // a Dict, or nil without AttrClosure
}

// Builtin is one of the database's own functions, by name.
type Builtin struct {
	Of   Kind // KindUnary, KindBinary or KindVariadic
	Name string
}

// The kinds of the values.
func (Null) Kind() Kind      { return KindNull }
func (v Scalar) Kind() Kind  { return v.Of }
func (GUID) Kind() Kind      { return KindGUID }
func (Symbol) Kind() Kind    { return KindSymbol }
func (Text) Kind() Kind      { return KindString }
func (v Vector) Kind() Kind  { return v.Of }
func (Symbols) Kind() Kind   { return KindSymbol }
func (Texts) Kind() Kind     { return KindString }
func (List) Kind() Kind      { return KindList }
func (Dict) Kind() Kind      { return KindDict }
func (Table) Kind() Kind     { return KindTable }
func (Lambda) Kind() Kind    { return KindLambda }
func (v Builtin) Kind() Kind { return v.Of }

// Int returns an i64 atom.
func Int(i int64) Value { return Scalar{Of: KindI64, Bits: uint64(i)} }

// Float returns an f64 atom.
func Float(f float64) Value { return Scalar{Of: KindF64, Bits: math.Float64bits(f)} }

// Bool returns a bool atom.
func Bool(b bool) Value {
	v := Scalar{Of: KindBool}
	if b {
		v.Bits = 1
	}
	return v
}

// String returns a string atom: as a payload, source text to evaluate.
func String(text string) Value { return Text{Text: text} }

// Name returns a symbol that stands for the variable of that name. The name
// ends before its first zero byte, which the format cannot hold.
func Name(name string) Value { return Symbol{Name: cutName(name)} }

// Quoted returns a symbol that stands for itself. See [Name].
func Quoted(name string) Value { return Symbol{Flags: FlagQuoted, Name: cutName(name)} }

// Bytes returns a byte vector (type 2) holding a copy of b. As a payload it
// evaluates to itself and changes nothing.
func Bytes(b []byte) Value {
	return Vector{Of: KindU8, Data: append([]byte(nil), b...)}
}

// Ints returns a vector of i64.
func Ints(is ...int64) Value {
	data := make([]byte, 0, 8*len(is))
	for _, i := range is {
		data = binary.LittleEndian.AppendUint64(data, uint64(i))
	}
	return Vector{Of: KindI64, Data: data}
}

// Floats returns a vector of f64.
func Floats(fs ...float64) Value {
	data := make([]byte, 0, 8*len(fs))
	for _, f := range fs {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(f))
	}
	return Vector{Of: KindF64, Data: data}
}

// Values returns a list. It takes the slice over.
func Values(vs ...Value) Value { return List{Items: vs} }

// NewDict returns a dictionary from names to values. The i-th name belongs to
// the i-th value: a different number of them is a mistake of the caller's, and
// panics.
func NewDict(names []string, vals []Value) Value {
	if len(names) != len(vals) {
		panic("wire: a dictionary of unequal numbers of names and values")
	}
	cut := make([]string, len(names))
	for i, name := range names {
		cut[i] = cutName(name)
	}
	return Dict{Keys: Symbols{Names: cut}, Vals: List{Items: vals}}
}

// cutName is what a name is worth on the wire, where a zero byte ends it.
func cutName(name string) string {
	if i := strings.IndexByte(name, 0); i >= 0 {
		return name[:i]
	}
	return name
}

// IsNull reports whether the atom is the null of its type: because its flag
// says so or because it has the one value that the type keeps for it, the
// least integer or a NaN.
func (v Scalar) IsNull() bool {
	if v.Flags&FlagNull != 0 {
		return true
	}
	switch v.Of {
	case KindI16:
		return uint16(v.Bits) == 1<<15
	case KindI32, KindDate, KindTime:
		return uint32(v.Bits) == 1<<31
	case KindI64, KindTimestamp:
		return v.Bits == 1<<63
	case KindF32, KindF64:
		return math.IsNaN(v.Float())
	}
	return false
}

// NullOf returns the null of a scalar kind.
func NullOf(k Kind) Scalar {
	v := Scalar{Of: k, Flags: FlagNull}
	switch k {
	case KindI16:
		v.Bits = 1 << 15
	case KindI32, KindDate, KindTime:
		v.Bits = 1 << 31
	case KindI64, KindTimestamp:
		v.Bits = 1 << 63
	case KindF32:
		v.Bits = 0x7fc00000
	case KindF64:
		v.Bits = 0x7ff8000000000000
	}
	return v
}

// Int returns the value of an integer, boolean or temporal scalar,
// sign-extended.
func (v Scalar) Int() int64 {
	switch v.Of {
	case KindI16:
		return int64(int16(v.Bits))
	case KindI32, KindDate, KindTime:
		return int64(int32(v.Bits))
	}
	return int64(v.Bits)
}

// Float returns the value of an f32 or f64 scalar, and of the others the
// nearest float to Int.
func (v Scalar) Float() float64 {
	switch v.Of {
	case KindF32:
		return float64(math.Float32frombits(uint32(v.Bits)))
	case KindF64:
		return math.Float64frombits(v.Bits)
	}
	return float64(v.Int())
}

// Quoted reports whether the symbol stands for itself.
func (v Symbol) Quoted() bool { return v.Flags&FlagQuoted != 0 }

// Len returns the number of elements.
func (v Vector) Len() int { return len(v.Data) / v.Of.width() }

// At returns element i of a vector of any kind but guid, as an atom.
func (v Vector) At(i int) Scalar {
	s := Scalar{Of: v.Of}
	switch v.Of.width() {
	case 1:
		s.Bits = uint64(v.Data[i])
	case 2:
		s.Bits = uint64(binary.LittleEndian.Uint16(v.Data[2*i:]))
	case 4:
		s.Bits = uint64(binary.LittleEndian.Uint32(v.Data[4*i:]))
	case 8:
		s.Bits = binary.LittleEndian.Uint64(v.Data[8*i:])
	}
	return s
}

// SourceText returns the text of a payload that is a string, without copying
// it, and false for any other payload. A null string has no text.
func SourceText(payload []byte) (text []byte, ok bool) {
	const head = 10 // type, flags, length
	if len(payload) < head || int8(payload[0]) != -int8(KindString) {
		return nil, false
	}
	n := binary.LittleEndian.Uint64(payload[2:])
	if n > uint64(len(payload)-head) {
		return nil, false
	}
	if payload[1]&FlagNull != 0 {
		n = 0
	}
	return payload[head : head+n], true
}
