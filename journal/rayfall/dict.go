package rayfall

import (
	"slices"

	"powercut/journal/wire"
)

// newDict is dict: a dictionary of a vector of keys and as many values. An atom
// is the value of every key.
func (m *Machine) newDict(keys, vals wire.Value) (wire.Value, error) {
	switch keys.(type) {
	case wire.Vector, wire.Symbols, wire.Texts:
	case wire.Table, wire.Lambda, wire.Builtin:
		return nil, unsupported("dict", "with keys of %v", keys.Kind())
	default:
		return nil, fail(ErrType, "dict: got keys of kind %v, want a vector", keys.Kind())
	}
	n := length(keys)
	if err := m.spend(n, valueSize); err != nil {
		return nil, err
	}
	items := make([]wire.Value, n)
	for i := range items {
		switch {
		case !isCollection(vals):
			items[i] = vals
		case i < length(vals):
			items[i] = element(vals, i)
		case isList(vals):
			items[i] = wire.NullOf(wire.KindI64)
		default:
			return nil, unsupported("dict", "of fewer values than keys, where the original takes what lies in memory")
		}
	}
	return wire.Dict{Keys: keys, Vals: wire.List{Items: items}}, nil
}

func (m *Machine) key(x wire.Value) (wire.Value, error) {
	switch v := x.(type) {
	case wire.Dict:
		return v.Keys, nil
	case wire.Table:
		return m.cols(v)
	}
	return nil, fail(ErrType, "key: got %v, want a dictionary", x.Kind())
}

func (m *Machine) value(x wire.Value) (wire.Value, error) {
	switch v := x.(type) {
	case wire.Dict:
		return v.Vals, nil
	case wire.Table:
		f, err := frameOf(v)
		if err != nil {
			return nil, err
		}
		return wire.List{Items: f.columns}, nil
	}
	return nil, fail(ErrType, "value: got %v, want a dictionary", x.Kind())
}

// keyIndex returns the index of a key, -1 if it is not there. A vector of keys
// holds only keys of its own kind.
func keyIndex(d wire.Dict, key wire.Value) int {
	if !isAtom(key) {
		return -1
	}
	_, mixed := d.Keys.(wire.List)
	if !mixed && d.Keys.Kind() != key.Kind() {
		return -1
	}
	if names, ok := d.Keys.(wire.Symbols); ok { // without an atom for each
		return slices.Index(names.Names, key.(wire.Symbol).Name)
	}
	for i := range length(d.Keys) {
		if same(element(d.Keys, i), key) {
			return i
		}
	}
	return -1
}

// lookup returns the value of a key, the null of i64 if it is not there.
func lookup(d wire.Dict, key wire.Value) wire.Value {
	if i := keyIndex(d, key); i >= 0 && i < length(d.Vals) {
		return element(d.Vals, i)
	}
	return wire.NullOf(wire.KindI64)
}

// elements returns the elements of a collection as a slice of its own, with
// room for extra more.
func (m *Machine) elements(v wire.Value, extra int) ([]wire.Value, error) {
	n := length(v)
	if err := m.spend(n+extra, valueSize); err != nil {
		return nil, err
	}
	items := make([]wire.Value, n, n+extra)
	for i := range items {
		items[i] = element(v, i)
	}
	return items, nil
}

// remove returns a dictionary without a key.
func (m *Machine) remove(x, key wire.Value) (wire.Value, error) {
	d, ok := x.(wire.Dict)
	if !ok {
		return nil, fail(ErrType, "remove: got %v, want a dictionary", x.Kind())
	}
	i := keyIndex(d, key)
	if i < 0 || i >= length(d.Vals) {
		return d, nil
	}
	keys, err := m.elements(d.Keys, 0)
	if err != nil {
		return nil, err
	}
	vals, err := m.elements(d.Vals, 0)
	if err != nil {
		return nil, err
	}
	return wire.Dict{
		Attrs: d.Attrs,
		Keys:  keysLike(d.Keys, slices.Delete(keys, i, i+1)),
		Vals:  wire.List{Items: slices.Delete(vals, i, i+1)},
	}, nil
}

// merge returns a dictionary of the keys of both, with the second's values for
// those in both.
func (m *Machine) merge(d, e wire.Dict) (wire.Value, error) {
	if length(d.Keys) != length(d.Vals) || length(e.Keys) != length(e.Vals) {
		return nil, fail(ErrDomain, "concat of a dictionary of unequal numbers of keys and values")
	}
	keys, err := m.elements(d.Keys, length(e.Keys))
	if err != nil {
		return nil, err
	}
	vals, err := m.elements(d.Vals, length(e.Keys))
	if err != nil {
		return nil, err
	}
	like := d.Keys
	if len(keys) == 0 {
		like = e.Keys
	}
	for i := range length(e.Keys) {
		key, val := element(e.Keys, i), element(e.Vals, i)
		if j := slices.IndexFunc(keys, func(k wire.Value) bool { return same(k, key) }); j >= 0 {
			vals[j] = val
			continue
		}
		if _, mixed := like.(wire.List); !mixed && key.Kind() != like.Kind() {
			return nil, fail(ErrType, "concat: got a key of kind %v, want %v", key.Kind(), like.Kind())
		}
		keys, vals = append(keys, key), append(vals, val)
	}
	return wire.Dict{Attrs: d.Attrs, Keys: keysLike(like, keys), Vals: wire.List{Items: vals}}, nil
}

// keysLike makes keys of the form that like has: a vector of its kind, or a list.
func keysLike(like wire.Value, keys []wire.Value) wire.Value {
	switch v := like.(type) {
	case wire.Symbols:
		if len(keys) == 0 {
			return wire.Symbols{}
		}
	case wire.Texts:
		if len(keys) == 0 {
			return wire.Texts{}
		}
	case wire.Vector:
		if len(keys) == 0 {
			return wire.Vector{Of: v.Of}
		}
	case wire.List:
		return wire.List{Items: keys}
	}
	if packed, ok := pack(keys); ok {
		return packed
	}
	return wire.List{Items: keys}
}
