package rayfall

import (
	"strings"

	"powercut/journal/wire"
)

// concat joins two values. Two atoms of one kind make a vector, and an atom
// extends a vector of its kind; two strings make a string; whatever is of
// different kinds makes a list; of two dictionaries the second's values win.
func (m *Machine) concat(x, y wire.Value) (wire.Value, error) {
	a, at := x.(wire.Text)
	b, bt := y.(wire.Text)
	if at && bt {
		if err := m.spend(len(a.Text)+len(b.Text), 1); err != nil {
			return nil, err
		}
		// Zero bytes at the end do not count, as in the original.
		return wire.Text{Text: strings.TrimRight(a.Text, "\x00") + strings.TrimRight(b.Text, "\x00")}, nil
	}
	xc, yc := isCollection(x), isCollection(y)
	_, xl := x.(wire.List)
	_, yl := y.(wire.List)
	switch {
	case xc && yc && !xl && !yl && x.Kind() == y.Kind():
		return m.join(x, y)
	case xc && yc:
		return m.joinLists(x, y)
	case isAtom(x) && isAtom(y):
		return m.pair(x, y)
	case (xl && isAtom(y)) || (yl && isAtom(x)):
		return m.joinLists(x, y)
	case (xc && isAtom(y)) || (yc && isAtom(x)):
		if x.Kind() != y.Kind() {
			break
		}
		return m.extend(x, y, xc)
	}
	d, xd := x.(wire.Dict)
	e, yd := y.(wire.Dict)
	if xd && yd {
		return m.merge(d, e)
	}
	return nil, fail(ErrType, "concat of %v and %v", x.Kind(), y.Kind())
}

// join makes one vector of two of a kind.
func (m *Machine) join(x, y wire.Value) (wire.Value, error) {
	switch a := x.(type) {
	case wire.Symbols:
		b := y.(wire.Symbols)
		if err := m.spend(len(a.Names)+len(b.Names), 16); err != nil {
			return nil, err
		}
		return wire.Symbols{Attrs: a.Attrs | b.Attrs, Names: joined(a.Names, b.Names)}, nil
	case wire.Texts:
		b := y.(wire.Texts)
		if err := m.spend(len(a.Texts)+len(b.Texts), 16); err != nil {
			return nil, err
		}
		return wire.Texts{Attrs: a.Attrs | b.Attrs, Texts: joined(a.Texts, b.Texts)}, nil
	}
	a, b := x.(wire.Vector), y.(wire.Vector)
	if err := m.spend(len(a.Data)+len(b.Data), 1); err != nil {
		return nil, err
	}
	return wire.Vector{Of: a.Of, Attrs: a.Attrs | b.Attrs, Data: joined(a.Data, b.Data)}, nil
}

// extend adds an atom to a vector of its kind, at the end or at the front.
func (m *Machine) extend(x, y wire.Value, atEnd bool) (wire.Value, error) {
	atom := x
	if atEnd {
		atom = y
	}
	one, ok := pack([]wire.Value{atom})
	if !ok {
		return nil, fail(ErrType, "concat of %v and %v", x.Kind(), y.Kind())
	}
	if atEnd {
		return m.join(x, one)
	}
	return m.join(one, y)
}

// pair makes a vector of two atoms of one kind, else a list.
func (m *Machine) pair(x, y wire.Value) (wire.Value, error) {
	if x.Kind() == y.Kind() {
		if v, ok := pack([]wire.Value{x, y}); ok {
			return v, nil
		}
		return nil, fail(ErrType, "concat of %v and %v", x.Kind(), y.Kind())
	}
	return wire.List{Items: []wire.Value{x, y}}, nil
}

// joinLists makes one list of two values: of the elements of a collection and
// of an atom itself.
func (m *Machine) joinLists(x, y wire.Value) (wire.Value, error) {
	if err := m.spend(length(x)+length(y)+2, valueSize); err != nil {
		return nil, err
	}
	items := make([]wire.Value, 0, length(x)+length(y)+1)
	for _, v := range []wire.Value{x, y} {
		if !isCollection(v) {
			items = append(items, v)
			continue
		}
		if l, ok := v.(wire.List); ok {
			items = append(items, l.Items...)
			continue
		}
		for i := range length(v) {
			items = append(items, element(v, i))
		}
	}
	return wire.List{Items: items}, nil
}

func joined[T any](a, b []T) []T {
	return append(append(make([]T, 0, len(a)+len(b)), a...), b...)
}
