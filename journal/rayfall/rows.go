package rayfall

import (
	"bytes"
	"slices"

	"powercut/journal/wire"
)

// pick returns those elements of a collection that stand at the given indices, in
// that order, as a collection of the same kind.
func (m *Machine) pick(v wire.Value, rows []int) (wire.Value, error) {
	if err := m.spend(len(rows), 16); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case wire.Symbols:
		names := make([]string, len(rows))
		for i, r := range rows {
			names[i] = v.Names[r]
		}
		return wire.Symbols{Names: names}, nil
	case wire.Texts:
		texts := make([]string, len(rows))
		for i, r := range rows {
			texts[i] = v.Texts[r]
		}
		return wire.Texts{Texts: texts}, nil
	case wire.List:
		items := make([]wire.Value, len(rows))
		for i, r := range rows {
			items[i] = v.Items[r]
		}
		return wire.List{Items: items}, nil
	}
	x := v.(wire.Vector)
	size := len(x.Data) / max(x.Len(), 1)
	out := wire.Vector{Of: x.Of, Data: make([]byte, 0, size*len(rows))}
	for _, r := range rows {
		cell := x.Data[r*size : (r+1)*size]
		out.Data = append(out.Data, cell...)
		if x.Attrs&wire.AttrNulls != 0 && x.Of != wire.KindGUID && x.At(r).IsNull() {
			out.Attrs |= wire.AttrNulls
		}
	}
	return out, nil
}

// equalAtoms reports whether two values are the same to the functions of sets
// and of dictionaries: nulls are, whatever their kinds; numbers are by value, and
// so are lists and vectors by their elements.
func equalAtoms(x, y wire.Value) bool {
	if xn, yn := isNull(x), isNull(y); xn || yn {
		return xn && yn
	}
	switch a := x.(type) {
	case wire.Scalar:
		b, ok := y.(wire.Scalar)
		return ok && equalScalars(a, b)
	case wire.Text:
		b, ok := y.(wire.Text)
		return ok && a.Text == b.Text
	case wire.Symbol:
		b, ok := y.(wire.Symbol)
		return ok && a.Name == b.Name
	case wire.GUID:
		b, ok := y.(wire.GUID)
		return ok && a.Bytes == b.Bytes
	}
	return equalCollections(x, y)
}

// equalScalars compares two scalars that are not null: floats by value, since
// both zeros are equal, and numbers of different kinds as floats.
func equalScalars(a, b wire.Scalar) bool {
	switch {
	case a.Of == b.Of && !isFloat(a.Of):
		return a.Bits == b.Bits
	case isNumeric(a.Of) && isNumeric(b.Of):
		return a.Float() == b.Float()
	}
	return false
}

func equalCollections(x, y wire.Value) bool {
	switch a := x.(type) {
	case wire.List:
		b, ok := y.(wire.List)
		return ok && slices.EqualFunc(a.Items, b.Items, equalAtoms)
	case wire.Vector:
		b, ok := y.(wire.Vector)
		return ok && a.Of == b.Of && bytes.Equal(a.Data, b.Data)
	case wire.Symbols:
		b, ok := y.(wire.Symbols)
		return ok && slices.Equal(a.Names, b.Names)
	case wire.Texts:
		b, ok := y.(wire.Texts)
		return ok && slices.Equal(a.Texts, b.Texts)
	}
	return false
}
