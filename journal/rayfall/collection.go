package rayfall

import (
	"math"
	"slices"

	"powercut/journal/wire"
)

func (m *Machine) list(args []wire.Value) (wire.Value, error) {
	return wire.List{Items: args}, nil
}

// enlist makes a vector of atoms of one kind, else a list.
func (m *Machine) enlist(args []wire.Value) (wire.Value, error) {
	if v, ok := pack(args); ok {
		return v, nil
	}
	return wire.List{Items: args}, nil
}

func (m *Machine) til(x wire.Value) (wire.Value, error) {
	s, ok := x.(wire.Scalar)
	if !ok || s.Of != wire.KindI64 {
		return nil, fail(ErrType, "til: got %v, want i64", x.Kind())
	}
	n := s.Int()
	if n < 0 {
		return nil, fail(ErrDomain, "til: got %d, want at least 0", n)
	}
	if n > MaxEntryBytes {
		return nil, fail(ErrLimit, "til: %d elements", n)
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

func (m *Machine) count(x wire.Value) (wire.Value, error) {
	switch v := x.(type) {
	case wire.Text:
		return wire.Int(int64(len(v.Text))), nil
	case wire.Dict:
		return wire.Int(int64(length(v.Keys))), nil
	case wire.Table:
		columns := v.Values.(wire.List).Items // of a table that was decoded
		if len(columns) == 0 {
			return wire.Int(0), nil
		}
		return wire.Int(int64(length(columns[0]))), nil
	}
	if isCollection(x) {
		return wire.Int(int64(length(x))), nil
	}
	return wire.Int(1), nil
}

// sum adds up numbers, leaving out nulls. An atom is its own sum.
func (m *Machine) sum(x wire.Value) (wire.Value, error) {
	switch v := x.(type) {
	case wire.Scalar:
		if v.Of == wire.KindU8 || v.Of == wire.KindI16 {
			return wire.Int(v.Int()), nil
		}
		return v, nil
	case wire.Vector:
		if !isNumeric(v.Of) && v.Of != wire.KindTime {
			break
		}
		return sumVector(v), nil
	case wire.List:
		return sumList(v.Items)
	case wire.Symbols, wire.Texts, wire.Dict, wire.Table:
	default:
		return x, nil
	}
	return nil, fail(ErrType, "sum: got %v, want numbers", x.Kind())
}

func sumVector(v wire.Vector) wire.Value {
	var ints int64
	var floats float64
	for i := range v.Len() {
		s := v.At(i)
		if v.Attrs&wire.AttrNulls != 0 && s.IsNull() {
			continue
		}
		if isFloat(v.Of) {
			floats += s.Float()
		} else {
			ints += s.Int()
		}
	}
	switch {
	case isFloat(v.Of):
		return wire.Float(floats)
	case v.Of == wire.KindTime:
		return integer(wire.KindTime, ints)
	}
	return wire.Int(ints)
}

func sumList(items []wire.Value) (wire.Value, error) {
	var ints int64
	var floats float64
	anyFloat := false
	for _, item := range items {
		s, ok := item.(wire.Scalar)
		if !ok || !isNumeric(s.Of) {
			return nil, fail(ErrType, "sum: got %v in a list, want numbers", item.Kind())
		}
		anyFloat = anyFloat || isFloat(s.Of)
		if s.IsNull() {
			continue
		}
		floats += s.Float()
		if !isFloat(s.Of) {
			ints += s.Int()
		}
	}
	if anyFloat {
		return wire.Float(floats), nil
	}
	return wire.Int(ints), nil
}

func (m *Machine) first(x wire.Value) (wire.Value, error) { return end(x, "first", 0) }
func (m *Machine) last(x wire.Value) (wire.Value, error)  { return end(x, "last", math.MaxInt) }

// end returns the element at i, or the last one if there are fewer. An atom is
// its own first and last.
func end(x wire.Value, name string, i int) (wire.Value, error) {
	switch v := x.(type) {
	case wire.Text:
		if v.Text == "" {
			return nil, fail(ErrDomain, "%s of an empty string", name)
		}
		i = min(i, len(v.Text)-1)
		return wire.Text{Text: v.Text[i : i+1]}, nil
	case wire.Dict:
		return nil, fail(ErrType, "%s of a dict", name)
	case wire.Table:
		return nil, fail(ErrUnsupported, "%s of a table", name)
	}
	if !isCollection(x) {
		return x, nil
	}
	n := length(x)
	if n == 0 {
		return missing(x), nil
	}
	return element(x, min(i, n-1)), nil
}

func (m *Machine) reverse(x wire.Value) (wire.Value, error) {
	if !isCollection(x) {
		return nil, fail(ErrType, "reverse: got %v, want a vector or a list", x.Kind())
	}
	n := length(x)
	if n <= 1 {
		return x, nil
	}
	if err := m.spend(n, 16); err != nil {
		return nil, err
	}
	switch v := x.(type) {
	case wire.Symbols:
		v.Names = slices.Clone(v.Names)
		slices.Reverse(v.Names)
		return v, nil
	case wire.Texts:
		v.Texts = slices.Clone(v.Texts)
		slices.Reverse(v.Texts)
		return v, nil
	case wire.List:
		v.Items = slices.Clone(v.Items)
		slices.Reverse(v.Items)
		return wire.List{Items: v.Items}, nil
	}
	v := x.(wire.Vector)
	size := len(v.Data) / n
	data := make([]byte, 0, len(v.Data))
	for i := n - 1; i >= 0; i-- {
		data = append(data, v.Data[i*size:(i+1)*size]...)
	}
	return wire.Vector{Of: v.Of, Attrs: v.Attrs, Data: data}, nil
}
