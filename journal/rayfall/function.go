package rayfall

import "powercut/journal/wire"

// function is one of the language's own functions. Exactly one of form, unary,
// binary and variadic is set.
type function struct {
	name    string
	symbol  wire.Value // its name
	value   wire.Value // what the name stands for when it is not called
	arity   int        // -1 for any number of arguments
	mutates bool       // refused in a restricted entry

	// form gets its arguments unevaluated.
	form     func(m *Machine, args []wire.Value, depth int) (wire.Value, error)
	unary    func(m *Machine, x wire.Value) (wire.Value, error)
	binary   func(m *Machine, x, y wire.Value) (wire.Value, error)
	variadic func(m *Machine, args []wire.Value) (wire.Value, error)

	elementwise bool // of vectors: applied to each element
	takesNull   bool // of two arguments: null is one of the values it compares
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

	for name, op := range map[string]func(x, y wire.Value) (wire.Value, error){
		"+": add, "-": subtract, "*": multiply, "/": divide, "div": quotient, "%": remainder,
		"<":  comparison(func(c int) bool { return c < 0 }),
		"<=": comparison(func(c int) bool { return c <= 0 }),
		">":  comparison(func(c int) bool { return c > 0 }),
		">=": comparison(func(c int) bool { return c >= 0 }),
		"==": equality(true), "!=": equality(false),
	} {
		define(wire.KindBinary, function{
			name: name, arity: 2, elementwise: true, takesNull: name == "==" || name == "!=",
			binary: func(_ *Machine, x, y wire.Value) (wire.Value, error) { return op(x, y) },
		})
	}
	for name, op := range map[string]func(m *Machine, x, y wire.Value) (wire.Value, error){
		"concat": (*Machine).concat, "at": (*Machine).at, "get": (*Machine).at, "remove": (*Machine).remove,
	} {
		define(wire.KindBinary, function{name: name, arity: 2, binary: op})
	}
	for name, op := range map[string]func(m *Machine, x wire.Value) (wire.Value, error){
		"neg": (*Machine).negate, "not": (*Machine).not, "count": (*Machine).count, "sum": (*Machine).sum,
		"first": (*Machine).first, "last": (*Machine).last, "til": (*Machine).til,
		"reverse": (*Machine).reverse, "key": (*Machine).key, "value": (*Machine).value,
	} {
		define(wire.KindUnary, function{name: name, arity: 1, elementwise: name == "neg", unary: op})
	}
	define(wire.KindVariadic, function{name: "list", arity: -1, variadic: (*Machine).list})
	define(wire.KindVariadic, function{name: "enlist", arity: -1, variadic: (*Machine).enlist})
}

// symbol returns a name as a value, for a function's without making a new one.
func symbol(name []byte) wire.Value {
	if f, ok := functions[string(name)]; ok {
		return f.symbol
	}
	return wire.Symbol{Name: string(name)}
}
