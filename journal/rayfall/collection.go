package rayfall

import (
	"powercut/journal/wire"
)

// list makes a list of its arguments.
func (m *Machine) list(args []wire.Value) (wire.Value, error) {
	return wire.List{Items: args}, nil
}

// enlist makes a vector of atoms of one kind, else a list. Numbers among which are
// both i64 and f64 all become f64.
func (m *Machine) enlist(args []wire.Value) (wire.Value, error) {
	if v, ok := pack(args); ok {
		return v, nil
	}
	var ints, floats, others bool
	for _, a := range args {
		s, ok := a.(wire.Scalar)
		switch {
		case !ok:
			others = true
		case s.Of == wire.KindI64:
			ints = true
		case s.Of == wire.KindF64:
			floats = true
		case s.Of != wire.KindBool && (!isInteger(s.Of) || !s.IsNull() && s.Int() < 0):
			others = true
		}
	}
	switch {
	case !ints || !floats:
		return wire.List{Items: args}, nil
	case others:
		return nil, unsupported("enlist", "of i64, f64 and others")
	}
	return store(wire.KindF64, args), nil
}

// til returns the numbers from 0 to one below its argument.
func (m *Machine) til(x wire.Value) (wire.Value, error) {
	s, ok := x.(wire.Scalar)
	if !ok || s.Of != wire.KindI64 {
		return nil, fail(ErrType, "til: got %v, want i64", x.Kind())
	}
	n := s.Int()
	if n < 0 {
		return nil, fail(ErrDomain, "til: got %d, want at least 0", n)
	}
	if n > 1<<48 {
		return nil, fail(ErrLimit, "til: %d elements", n)
	}
	if n > MaxEntryBytes {
		return nil, limited("til", "%d elements", n)
	}
	if err := m.spend(int(n), 8); err != nil {
		return nil, err
	}
	v := wire.Vector{Of: wire.KindI64, Data: make([]byte, 0, 8*n)}
	for i := range n {
		v.Data = appendElement(v.Data, integer(wire.KindI64, i))
	}
	return v, nil
}

// count returns the number of a collection's elements, a string's bytes, a
// dictionary's keys or a table's rows; 1 for any other value.
func (m *Machine) count(x wire.Value) (wire.Value, error) {
	switch v := x.(type) {
	case wire.Text:
		return wire.Int(int64(len(v.Text))), nil
	case wire.Dict:
		return wire.Int(int64(length(v.Keys))), nil
	case wire.Table:
		f, err := frameOf(v)
		if err != nil {
			return nil, err
		}
		return wire.Int(int64(f.rows())), nil
	case wire.Lambda, wire.Builtin:
		return nil, unsupported("count", "of a function")
	}
	if isCollection(x) {
		return wire.Int(int64(length(x))), nil
	}
	return wire.Int(1), nil
}

func (m *Machine) first(x wire.Value) (wire.Value, error) { return m.end(x, "first", false) }

func (m *Machine) last(x wire.Value) (wire.Value, error) { return m.end(x, "last", true) }

// end returns the first or the last element of a vector that is not null, the
// first or last of a list, the byte there of a string or the row there of a table.
// An atom is its own first and last.
func (m *Machine) end(x wire.Value, name string, last bool) (wire.Value, error) {
	switch v := x.(type) {
	case wire.Text:
		return endOfText(name, v.Text, last)
	case wire.Dict:
		return nil, fail(ErrType, "%s of a dict", name)
	case wire.Table:
		return m.endOfTable(name, v, last)
	case wire.List:
		return endOfList(name, v, last)
	}
	if !isCollection(x) {
		return x, nil
	}
	return endOfVector(name, x, last)
}

// endOf is the index of the first or the last of n elements.
func endOf(n int, last bool) int {
	if last {
		return n - 1
	}
	return 0
}

func endOfText(name, text string, last bool) (wire.Value, error) {
	if text == "" {
		return nil, fail(ErrDomain, "%s of an empty string", name)
	}
	i := endOf(len(text), last)
	return wire.Text{Text: text[i : i+1]}, nil
}

func (m *Machine) endOfTable(name string, t wire.Table, last bool) (wire.Value, error) {
	f, err := frameOf(t)
	if err != nil {
		return nil, err
	}
	if f.rows() == 0 {
		return nil, unsupported(name, "of a table without rows")
	}
	return m.atTable(t, wire.Int(int64(endOf(f.rows(), last))))
}

func endOfList(name string, l wire.List, last bool) (wire.Value, error) {
	if len(l.Items) == 0 {
		return missing(l), nil
	}
	e := l.Items[endOf(len(l.Items), last)]
	if isNull(e) {
		return nil, unsupported(name, "of a list that begins or ends with a null")
	}
	return e, nil
}

func endOfVector(name string, x wire.Value, last bool) (wire.Value, error) {
	n := length(x)
	for i := range n {
		if last {
			i = n - 1 - i
		}
		e := element(x, i)
		if s, ok := e.(wire.Symbol); ok && s.Name == "" {
			return nil, unsupported(name, "of symbols of which some are empty")
		}
		if g, ok := e.(wire.GUID); ok && isNull(g) {
			return nil, unsupported(name, "of guids of which some are null")
		}
		if !isMarkedNull(x, e) {
			return e, nil
		}
	}
	return missing(x), nil
}
