package rayfall

import (
	"strings"

	"powercut/journal/wire"
)

// maxEffectSteps bounds the parts of an expression, and of the functions that it
// names, that are looked at. Of a larger one any effect is assumed.
const maxEffectSteps = 1 << 16

// effects is what an expression may do, whichever of its branches are taken: more
// than it does, and never less. Names of parameters and of let are taken for
// global ones.
type effects struct {
	m     *Machine
	reads bool            // a name that is in doubt
	binds map[string]bool // these names
	any   bool            // any name
	steps int
	seen  map[string]bool // names whose functions were looked at
}

// walk adds the effects of a value that is evaluated. nil is a source that could
// not be read: it may do anything.
func (f *effects) walk(v wire.Value, depth int) {
	if f.steps--; f.steps < 0 || depth > maxEvalDepth || v == nil {
		f.reads, f.any = true, true
		return
	}
	switch v := v.(type) {
	case wire.Symbol:
		if v.Quoted() {
			f.symbol(v.Name, depth)
		} else {
			f.name(v.Name, depth)
		}
	case wire.Builtin:
		f.builtin(v.Name)
	case wire.Lambda:
		f.walkBody(v, depth)
	case wire.Dict: // a query evaluates the values of its one
		if l, ok := v.Vals.(wire.List); ok {
			f.walkAll(l.Items, depth)
		}
	case wire.List:
		if len(v.Items) > 0 {
			f.call(v.Items[0], v.Items[1:], depth)
		}
	}
}

// walkBody adds the effects of a function's body, which is a list of expressions.
func (f *effects) walkBody(v wire.Lambda, depth int) {
	if l, ok := v.Body.(wire.List); ok {
		f.walkAll(l.Items, depth)
	}
}

func (f *effects) walkAll(vals []wire.Value, depth int) {
	for _, v := range vals {
		f.walk(v, depth+1)
	}
}

// name adds the effects of a name that is evaluated, and maybe called then.
func (f *effects) name(name string, depth int) {
	v, bound := f.m.env[name]
	if _, builtin := functions[name]; builtin && !bound && !f.m.doubt.names[name] {
		f.builtin(name)
		return
	}
	if f.m.doubt.holds(name) {
		f.reads = true
	}
	if !bound || f.seen[name] {
		return
	}
	f.seen[name] = true
	f.value(v, depth)
}

// symbol adds the effects of a symbol that stands for itself, and may be called
// later on: then it stands for a function.
func (f *effects) symbol(name string, depth int) {
	v, bound := f.m.env[name]
	switch {
	case bound && !f.seen[name]:
		f.seen[name] = true
		f.value(v, depth)
	case !bound:
		f.builtin(name)
	}
}

// value adds the effects of calling a value, or a function that it holds.
func (f *effects) value(v wire.Value, depth int) {
	switch v := v.(type) {
	case wire.Builtin:
		f.builtin(v.Name)
	case wire.Symbol:
		f.symbol(v.Name, depth)
	case wire.Lambda:
		f.walkBody(v, depth)
	case wire.List:
		f.values(v.Items, depth)
	case wire.Dict:
		f.values([]wire.Value{v.Keys, v.Vals}, depth)
	}
}

func (f *effects) values(vals []wire.Value, depth int) {
	for _, v := range vals {
		if f.steps--; f.steps < 0 || depth > maxEvalDepth {
			f.any = true
			return
		}
		f.value(v, depth+1)
	}
}

// builtin adds the effects of a function that is a value: whoever gets it may call
// it with whatever arguments.
func (f *effects) builtin(name string) {
	if b, ok := functions[name]; ok && b.mutates || isOpaque(name) {
		f.any = true
	}
}

// isOpaque reports whether a function of the original may bind any name, whatever
// its arguments look like.
func isOpaque(name string) bool {
	switch name {
	case ".log.sync":
		return false
	case "eval", "load", "parse", "resolve":
		return true
	}
	return strings.IndexByte(name, '.') >= 0
}

// call adds the effects of a call.
func (f *effects) call(head wire.Value, args []wire.Value, depth int) {
	name, known := f.callee(head)
	if !known {
		f.any = f.any || f.isOpen(head)
		f.walk(head, depth+1)
		f.walkAll(args, depth)
		return
	}
	switch name {
	case "quote":
	case "set", "let", "del":
		f.bindsFirst(args)
		f.walkAll(args[min(1, len(args)):], depth)
	case "insert", "upsert":
		f.targetFirst(args)
		f.walkAll(args, depth)
	case "alter":
		f.targetFirst(args)
		f.walkAll(args[min(2, len(args)):], depth) // the second names what it does
	case "update":
		f.update(args, depth)
	case "fn":
		f.walkAll(args[min(1, len(args)):], depth)
	case "self":
		f.walkAll(args, depth) // its body is around this
	default:
		if isOpaque(name) {
			f.any = true
		}
		if functions[name] == nil {
			f.unknownCall(name, args)
		}
		f.walkAll(args, depth)
	}
}

// isOpen reports whether it is not known which function the head of a call is: one
// that a call returns, or that a name or a symbol stands for which is in doubt.
func (f *effects) isOpen(head wire.Value) bool {
	switch v := head.(type) {
	case wire.List:
		return !isFn(v)
	case wire.Symbol:
		_, symbol := f.m.env[v.Name].(wire.Symbol)
		return symbol || f.m.doubt.holds(v.Name)
	}
	return false
}

// callee returns the name of a function of the original that is called. It is not
// known for what an entry has defined, or may have.
func (f *effects) callee(head wire.Value) (name string, known bool) {
	switch v := head.(type) {
	case wire.Builtin:
		return v.Name, true
	case wire.Symbol:
		bound, ok := f.m.env[v.Name]
		if b, builtin := bound.(wire.Builtin); builtin && !f.m.doubt.holds(v.Name) {
			return b.Name, true
		}
		if ok || f.m.doubt.names[v.Name] {
			return "", false
		}
		return v.Name, true
	}
	return "", false
}

func isFn(l wire.List) bool {
	if len(l.Items) == 0 {
		return false
	}
	s, ok := l.Items[0].(wire.Symbol)
	return ok && s.Name == "fn"
}

// bindsFirst notes the name that is the first argument of set, let or del.
func (f *effects) bindsFirst(args []wire.Value) {
	if len(args) == 0 {
		return
	}
	if s, ok := args[0].(wire.Symbol); ok {
		f.binds[s.Name] = true
		if head, _, dotted := strings.Cut(s.Name, "."); dotted {
			f.binds[head] = true // a path into a dictionary
		}
	}
}

// targetFirst notes what is changed in its place by the first argument's name.
func (f *effects) targetFirst(args []wire.Value) {
	if len(args) > 0 {
		f.target(args[0])
	}
}

// unknownCall notes what a function that is not evaluated here may change in its
// place: what its arguments name. One that the original does not have either is a
// parameter, or was bound by let, or in doubt.
func (f *effects) unknownCall(name string, args []wire.Value) {
	if !otherFunctions[name] {
		f.any = true
		f.reads = f.reads || f.m.doubt.holds(name)
	}
	for _, arg := range args {
		switch v := arg.(type) {
		case wire.Symbol:
			if v.Quoted() {
				f.changes(v.Name)
			}
		case wire.Dict:
			f.target(lookup(v, wire.Symbol{Name: "from"}))
		}
	}
}

// update notes the table that update changes in its place, and the names of its
// columns: for some expressions the original binds the columns to their names, and
// leaves them bound.
func (f *effects) update(args []wire.Value, depth int) {
	for _, arg := range args {
		d, ok := arg.(wire.Dict)
		if !ok {
			f.any = true
			continue
		}
		from := lookup(d, wire.Symbol{Name: "from"})
		f.target(from)
		f.columns(from)
	}
	f.walkAll(args, depth)
}

// columns notes the names of the columns of a table, which may be bound.
func (f *effects) columns(table wire.Value) {
	switch v := table.(type) {
	case wire.Symbol:
		t, ok := f.m.env[v.Name].(wire.Table)
		names, symbols := t.Names.(wire.Symbols)
		if !ok || !symbols || f.m.doubt.holds(v.Name) {
			f.any = true
			return
		}
		for _, name := range names.Names {
			f.binds[name] = true
		}
		return
	case wire.List: // a table that is written out
		if names, ok := tableNames(v); ok {
			for _, name := range names.Names {
				f.binds[name] = true
			}
			return
		}
	}
	f.any = true
}

// tableNames returns the names that a call of table gives its columns.
func tableNames(l wire.List) (names wire.Symbols, ok bool) {
	if len(l.Items) != 3 {
		return names, false
	}
	if head, ok := l.Items[0].(wire.Symbol); !ok || head.Name != "table" {
		return names, false
	}
	names, ok = l.Items[1].(wire.Symbols)
	return names, ok
}

// changes notes a name whose binding is read and bound anew.
func (f *effects) changes(name string) {
	f.binds[name] = true
	f.reads = f.reads || f.m.doubt.holds(name)
}

// target notes what is changed in its place: what a symbol names that e evaluates
// to, if it evaluates to one.
func (f *effects) target(e wire.Value) {
	switch v := e.(type) {
	case wire.Symbol:
		if v.Quoted() {
			f.changes(v.Name)
			return
		}
		value, bound := f.m.env[v.Name]
		if s, ok := value.(wire.Symbol); ok {
			f.changes(s.Name)
		}
		if !bound || f.m.doubt.holds(v.Name) {
			f.any = true // a parameter, or not known here
		}
	case wire.List:
		if len(v.Items) > 0 && !givesTable(v.Items[0]) {
			f.any = true
		}
	}
}

// givesTable reports whether a call of a function gives no symbol but one that it
// was given itself.
func givesTable(head wire.Value) bool {
	s, ok := head.(wire.Symbol)
	if !ok {
		return false
	}
	switch s.Name {
	case "table", "select", "update", "insert", "upsert", "modify", "xasc", "xdesc", "list", "concat", "til":
		return true
	}
	return false
}
