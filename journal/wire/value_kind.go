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

var kindNames = map[Kind]string{
	KindList: "list", KindBool: "bool", KindU8: "u8", KindI16: "i16", KindI32: "i32", KindI64: "i64",
	KindF32: "f32", KindF64: "f64", KindDate: "date", KindTime: "time", KindTimestamp: "timestamp",
	KindGUID: "guid", KindSymbol: "symbol", KindString: "string", KindTable: "table", KindDict: "dict",
	KindLambda: "lambda", KindUnary: "unary", KindBinary: "binary", KindVariadic: "variadic", KindNull: "null",
}

// String returns the kind's name, in lower case.
func (k Kind) String() string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	return "kind " + strconv.Itoa(int(k))
}
