package rayfall

import (
	"math"
	"strings"

	"powercut/journal/wire"
)

// function is one of the language's own functions. Exactly one of form, unary,
// binary and variadic is set. Only sum has two: form where it is called by name,
// unary where it is a value, as in map.
type function struct {
	name    string
	symbol  wire.Value // its name
	value   wire.Value // what the name evaluates to
	arity   int        // -1 for any number of arguments
	mutates bool       // refused in a restricted entry

	// form gets its arguments unevaluated.
	form     func(m *Machine, args []wire.Value, depth int) (wire.Value, error)
	unary    func(m *Machine, x wire.Value) (wire.Value, error)
	binary   func(m *Machine, x, y wire.Value) (wire.Value, error)
	variadic func(m *Machine, args []wire.Value) (wire.Value, error)

	elementwise bool   // of vectors: applied to each element
	kernel      kernel // computes two vectors of numbers at once; nil: there is none
	compares    bool   // gives booleans; its kernel takes two of one kind
	takesNull   bool   // null is one of the values it takes
	overloaded  bool   // with two arguments it is another function in the original
	passesAtoms bool   // returns an atom as it is
}

// functions are the language's own, by name. It is never changed.
var functions = map[string]*function{}

func define(kind wire.Kind, f function) {
	f.symbol = wire.Name(f.name)
	f.value = wire.Builtin{Of: kind, Name: f.name}
	functions[f.name] = &f
}

func init() {
	define(wire.KindBinary, function{name: "set", arity: 2, mutates: true, form: (*Machine).set})
	define(wire.KindVariadic, function{name: "del", arity: -1, mutates: true, form: (*Machine).del})
	define(wire.KindVariadic, function{name: "if", arity: -1, form: (*Machine).choose})
	define(wire.KindVariadic, function{name: "do", arity: -1, form: (*Machine).do})
	define(wire.KindVariadic, function{name: "and", arity: -1, form: (*Machine).and})
	define(wire.KindVariadic, function{name: "or", arity: -1, form: (*Machine).or})
	define(wire.KindBinary, function{name: "let", arity: 2, form: (*Machine).let})
	define(wire.KindVariadic, function{name: "fn", arity: -1, form: (*Machine).lambda})
	define(wire.KindBinary, function{name: "try", arity: 2, form: (*Machine).try})
	define(wire.KindVariadic, function{name: "quote", arity: -1, form: (*Machine).quote})
	define(wire.KindVariadic, function{name: "select", arity: -1, form: (*Machine).selectRows})
	define(wire.KindVariadic, function{name: "update", arity: -1, mutates: true, form: (*Machine).update})
	define(wire.KindVariadic, function{name: "insert", arity: -1, mutates: true, form: (*Machine).insert})
	define(wire.KindVariadic, function{name: "upsert", arity: -1, mutates: true, form: (*Machine).upsert})
	define(wire.KindVariadic, function{name: "alter", arity: -1, mutates: true, form: (*Machine).alter})
	define(wire.KindVariadic, function{name: ".log.sync", arity: -1, form: (*Machine).logSync})
	// In the original these are no forms. Here they are, since a form is told how
	// deep it is nested, and these call functions.
	define(wire.KindVariadic, function{name: "map", arity: -1, form: (*Machine).mapOver})
	define(wire.KindVariadic, function{name: "fold", arity: -1, form: (*Machine).fold})
	define(wire.KindVariadic, function{name: "apply", arity: -1, form: (*Machine).applyTo})
	define(wire.KindVariadic, function{name: "modify", arity: -1, mutates: true, form: (*Machine).modify})

	less := func(c int) bool { return c < 0 }
	atMost := func(c int) bool { return c <= 0 }
	more := func(c int) bool { return c > 0 }
	atLeast := func(c int) bool { return c >= 0 }
	for _, op := range []struct {
		name   string
		op     func(x, y wire.Value) (wire.Value, error)
		kernel kernel
	}{
		{"+", add, arithmetic("+", func(a, b int64) int64 { return a + b }, func(a, b float64) float64 { return a + b })},
		{"-", subtract, arithmetic("-", func(a, b int64) int64 { return a - b }, func(a, b float64) float64 { return a - b })},
		{"*", multiply, arithmetic("*", func(a, b int64) int64 { return a * b }, func(a, b float64) float64 { return a * b })},
		{"/", divide, divideKernel}, {"%", remainder, remainderKernel}, {"div", quotient, nil},
		{"<", comparison(less), compareKernel(less)}, {"<=", comparison(atMost), compareKernel(atMost)},
		{">", comparison(more), compareKernel(more)}, {">=", comparison(atLeast), compareKernel(atLeast)},
		{"==", equality(true), compareKernel(func(c int) bool { return c == 0 })},
		{"!=", equality(false), compareKernel(func(c int) bool { return c != 0 })},
	} {
		define(wire.KindBinary, function{
			name: op.name, arity: 2, elementwise: true, kernel: op.kernel,
			compares: strings.ContainsAny(op.name, "<>="), takesNull: op.name == "==" || op.name == "!=",
			binary: func(_ *Machine, x, y wire.Value) (wire.Value, error) { return op.op(x, y) },
		})
	}
	for name, op := range map[string]func(m *Machine, x, y wire.Value) (wire.Value, error){
		"concat": (*Machine).concat, "at": (*Machine).at, "get": (*Machine).at, "remove": (*Machine).remove,
		"in": (*Machine).in, "except": (*Machine).except, "union": (*Machine).union, "sect": (*Machine).sect,
		"find": (*Machine).find, "take": (*Machine).take, "drop": (*Machine).drop, "cut": (*Machine).cut, "like": (*Machine).like, "bin": (*Machine).bin,
		"within": (*Machine).within, "dict": (*Machine).newDict, "table": (*Machine).newTable, "as": (*Machine).as,
		"xasc": (*Machine).xasc, "xdesc": (*Machine).xdesc, "xbar": (*Machine).xbar,
	} {
		define(wire.KindBinary, function{name: name, arity: 2, binary: op})
	}
	for name, op := range map[string]func(m *Machine, x wire.Value) (wire.Value, error){
		"not": (*Machine).not, "count": (*Machine).count, "avg": (*Machine).avg,
		"min": (*Machine).min, "max": (*Machine).max, "med": (*Machine).med, "dev": (*Machine).dev,
		"first": (*Machine).first, "last": (*Machine).last, "til": (*Machine).til, "where": (*Machine).where,
		"reverse": (*Machine).reverse, "key": (*Machine).key, "value": (*Machine).value, "cols": (*Machine).cols,
		"distinct": (*Machine).distinct, "group": (*Machine).group, "raze": (*Machine).raze,
		"asc": (*Machine).asc, "desc": (*Machine).desc, "iasc": (*Machine).iasc, "idesc": (*Machine).idesc,
		"rank": (*Machine).rank, "nil?": (*Machine).isNil, "type": (*Machine).typeOf,
		"raise": (*Machine).raise, "upper": (*Machine).upper, "lower": (*Machine).lower,
	} {
		define(wire.KindUnary, function{name: name, arity: 1, takesNull: name == "nil?" || name == "type",
			overloaded: name == "min" || name == "max", passesAtoms: name == "reverse" || name == "asc" || name == "desc", unary: op})
	}
	for name, op := range map[string]func(m *Machine, x wire.Value) (wire.Value, error){
		"neg": (*Machine).negate, "abs": numberFunction("abs", itself, absolute),
		"floor": numberFunction("floor", itself, rounding(math.Floor)), "ceil": numberFunction("ceil", itself, rounding(math.Ceil)),
		"round": numberFunction("round", nullFloat, rounded), "sqrt": numberFunction("sqrt", nullFloat, squareRoot),
		"exp": numberFunction("exp", nullFloat, exponential), "log": numberFunction("log", nullFloat, logarithm),
	} {
		define(wire.KindUnary, function{name: name, arity: 1, elementwise: true, unary: op})
	}
	define(wire.KindUnary, function{name: "sum", arity: 1, form: (*Machine).sumOf, unary: (*Machine).sum})
	define(wire.KindVariadic, function{name: "list", arity: -1, variadic: (*Machine).list})
	define(wire.KindVariadic, function{name: "enlist", arity: -1, variadic: (*Machine).enlist})
}

// symbol returns a name as a value. For the name of a function it makes no new one.
func symbol(name []byte) wire.Value {
	if f, ok := functions[string(name)]; ok {
		return f.symbol
	}
	return wire.Symbol{Name: string(name)}
}
