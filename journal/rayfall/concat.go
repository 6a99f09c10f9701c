package rayfall

import (
	"strings"

	"powercut/journal/wire"
)

// maxJoined is the longest string, in bytes, that concat makes of two.
const maxJoined = 8192

// concat joins two values. Two atoms of one kind make a vector, and an atom
// extends a vector of its kind; two strings make a string, and one is added to
// each of a vector of strings; values of different kinds make a list; of two
// dictionaries the second's values win.
func (m *Machine) concat(x, y wire.Value) (wire.Value, error) {
	if v, joined, err := m.concatTexts(x, y); joined {
		return v, err
	}
	xc, yc := isCollection(x), isCollection(y)
	switch {
	case xc && yc:
		if isList(x) || isList(y) || x.Kind() != y.Kind() {
			return m.joinLists(x, y)
		}
		return m.join(x, y)
	case isAtom(x) && isAtom(y):
		return m.pair(x, y)
	case xc && isAtom(y), yc && isAtom(x):
		if isList(x) || isList(y) {
			return m.joinLists(x, y)
		}
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
	if x.Kind() == wire.KindTable || y.Kind() == wire.KindTable {
		return nil, unsupported("concat", "of tables")
	}
	return nil, fail(ErrType, "concat of %v and %v", x.Kind(), y.Kind())
}

// concatTexts joins a string to another, or to each of a vector of strings. For
// other values it does nothing: joined is false.
func (m *Machine) concatTexts(x, y wire.Value) (v wire.Value, joined bool, err error) {
	a, at := x.(wire.Text)
	b, bt := y.(wire.Text)
	if at && bt {
		v, err = m.joinTexts(a.Text, b.Text)
		return v, true, err
	}
	if texts, ok := x.(wire.Texts); ok && bt {
		v, err = m.affix(texts, "", b.Text)
		return v, true, err
	}
	if texts, ok := y.(wire.Texts); ok && at {
		v, err = m.affix(texts, a.Text, "")
		return v, true, err
	}
	return nil, false, nil
}

// joinTexts makes one string of two. Zero bytes at the end of either do not
// count, and the result has the original's limit.
func (m *Machine) joinTexts(a, b string) (wire.Value, error) {
	a, b = strings.TrimRight(a, "\x00"), strings.TrimRight(b, "\x00")
	if len(a)+len(b) > maxJoined {
		return nil, fail(ErrLimit, "concat: got %d bytes, want at most %d", len(a)+len(b), maxJoined)
	}
	return wire.Text{Text: a + b}, nil
}

// affix puts one string before and one behind each of a vector of strings.
func (m *Machine) affix(v wire.Texts, front, end string) (wire.Value, error) {
	texts := make([]string, len(v.Texts))
	for i, text := range v.Texts {
		if err := m.spend(16+len(front)+len(text)+len(end), 1); err != nil {
			return nil, err
		}
		texts[i] = front + text + end
	}
	return wire.Texts{Texts: texts}, nil
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
	if v, ok := x.(wire.Vector); ok && atEnd {
		if s, ok := atom.(wire.Scalar); ok && v.Of == s.Of {
			return m.push(v, s)
		}
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

// push extends a vector by a scalar of its kind. Most entries of a journal of
// counters and lists do this, so it copies as little as it can.
func (m *Machine) push(v wire.Vector, s wire.Scalar) (wire.Value, error) {
	if s.IsNull() {
		s = wire.NullOf(v.Of)
		v.Attrs |= wire.AttrNulls
	}
	size := len(v.Data) + width(v.Of)
	if err := m.spend(size, 1); err != nil {
		return nil, err
	}
	if !m.isGrown(v.Data) || cap(m.grown) < size {
		m.grown = append(make([]byte, 0, size+size/4), v.Data...)
	}
	m.grown = appendElement(m.grown, s)
	v.Data = m.grown[:size:size]
	return v, nil
}

// isGrown reports whether data is the whole of the vector that was extended last.
// No value refers to the bytes behind it then, and it can be extended in place.
func (m *Machine) isGrown(data []byte) bool {
	return len(data) > 0 && len(data) == len(m.grown) && &data[0] == &m.grown[0]
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
