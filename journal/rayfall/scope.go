package rayfall

import (
	"slices"

	"powercut/journal/wire"
)

// scope is where let binds: the names that a do, a function or a query has bound so
// far. The last binding of a name is the one that counts.
type scope struct {
	locals []local
	// depth is how many dos, functions and queries are being evaluated, and
	// functions how many of them are functions.
	depth, functions int
	// start is where the bindings of the innermost scope begin, and base where
	// those of the innermost function do, of which it sees none before.
	start, base int
}

type local struct {
	name  string
	value wire.Value
}

// enter begins a scope. It returns the outer one, for leave.
func (m *Machine) enter() (outer scope) {
	outer = m.scope
	m.scope.depth++
	m.scope.start = len(m.scope.locals)
	return outer
}

// leave ends a scope and forgets what was bound in it.
func (m *Machine) leave(outer scope) { m.scope = outer }

// bindLocal binds a name in the innermost scope.
func (m *Machine) bindLocal(name string, v wire.Value) {
	for i := len(m.scope.locals) - 1; i >= m.scope.start; i-- {
		if m.scope.locals[i].name == name {
			m.scope.locals = slices.Clone(m.scope.locals)
			m.scope.locals[i].value = v
			return
		}
	}
	m.scope.locals = append(m.scope.locals, local{name, v})
}

// lookupLocal finds a name that is bound in a scope. A function that uses a name of
// its caller is unsupported: in the original that works or not, as it has compiled
// the function or not.
func (m *Machine) lookupLocal(name string) (wire.Value, bool, error) {
	for i := len(m.scope.locals) - 1; i >= 0; i-- {
		if m.scope.locals[i].name == name {
			if i < m.scope.base {
				return nil, false, unsupported("fn", "that uses %q of its caller", name)
			}
			return m.scope.locals[i].value, true, nil
		}
	}
	return nil, false, nil
}

// let binds a name until the end of the do or function that it stands in. On
// its own it binds as set does.
func (m *Machine) let(args []wire.Value, depth int) (wire.Value, error) {
	if m.scope.depth == 0 {
		if m.restricted {
			return nil, unsupported("let", "at the top of a restricted entry")
		}
		return m.set(args, depth)
	}
	name, ok := args[0].(wire.Symbol)
	if !ok {
		return nil, fail(ErrType, "let: got %v, want a name", args[0].Kind())
	}
	if m.scope.functions > 0 && m.scope.start != m.scope.base {
		return nil, unsupported("let", "in a do inside of a function")
	}
	v, err := m.eval(args[1], depth+1)
	if err != nil {
		return nil, err
	}
	if err := checkName(name.Name); err != nil {
		return nil, err
	}
	m.bindLocal(name.Name, v)
	return v, nil
}
