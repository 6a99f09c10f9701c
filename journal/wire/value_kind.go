package wire

import "strconv"

// Kind is the type byte of a vector or compound. The atom of a kind has the
// negated byte.
type Kind int8

// The kinds of value.
const (
	KindList      Kind = 0
	KindBool      Kind = 1
	KindU8        Kind = 2
	KindI16       Kind = 3
	KindI32       Kind = 4
	KindI64       Kind = 5
	KindF32       Kind = 6
	KindF64       Kind = 7
	KindDate      Kind = 8  // i32, days since 2000-01-01
	KindTime      Kind = 9  // i32, milliseconds
	KindTimestamp Kind = 10 // i64, nanoseconds since 2000-01-01
	KindGUID      Kind = 11
	KindSymbol    Kind = 12
	KindString    Kind = 13
	KindTable     Kind = 98
	KindDict      Kind = 99
	KindLambda    Kind = 100
	KindUnary     Kind = 101
	KindBinary    Kind = 102
	KindVariadic  Kind = 103
	KindNull      Kind = 126
)

// width is the size in bytes of one element of a fixed-width kind, 0 for the
// others.
func (k Kind) width() int {
	switch k {
	case KindBool, KindU8:
		return 1
	case KindI16:
		return 2
	case KindI32, KindF32, KindDate, KindTime:
		return 4
	case KindI64, KindF64, KindTimestamp:
		return 8
	case KindGUID:
		return 16
	}
	return 0
}

// String returns the kind's name, in lower case.
func (k Kind) String() string {
	switch k {
	case KindList:
		return "list"
	case KindBool:
		return "bool"
	case KindU8:
		return "u8"
	case KindI16:
		return "i16"
	case KindI32:
		return "i32"
	case KindI64:
		return "i64"
	case KindF32:
		return "f32"
	case KindF64:
		return "f64"
	case KindDate:
		return "date"
	case KindTime:
		return "time"
	case KindTimestamp:
		return "timestamp"
	case KindGUID:
		return "guid"
	case KindSymbol:
		return "symbol"
	case KindString:
		return "string"
	case KindTable:
		return "table"
	case KindDict:
		return "dict"
	case KindLambda:
		return "lambda"
	case KindUnary:
		return "unary"
	case KindBinary:
		return "binary"
	case KindVariadic:
		return "variadic"
	case KindNull:
		return "null"
	}
	return "kind " + strconv.Itoa(int(k))
}
