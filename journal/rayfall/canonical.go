package rayfall

import (
	"slices"

	"powercut/journal/wire"
)

// decode reads a serialised value as the original does.
func decode(payload []byte) (wire.Value, error) {
	v, err := wire.Decode(payload)
	if err != nil {
		return nil, err
	}
	v, _ = canonical(v)
	return v, nil
}

// canonical returns a value as the original keeps it, whatever bytes a client has
// sent for it: each kind has one value for its null, and the names of a table have
// one attribute. changed says that this is not v itself.
func canonical(v wire.Value) (kept wire.Value, changed bool) {
	switch v := v.(type) {
	case wire.Scalar:
		if null := wire.NullOf(v.Of); v.Flags&wire.FlagNull != 0 && v.Bits != null.Bits {
			v.Bits = null.Bits
			return v, true
		}
	case wire.List:
		if items, changed := canonicalAll(v.Items); changed {
			v.Items = items
			return v, true
		}
	case wire.Dict:
		if parts, changed := canonicalAll([]wire.Value{v.Keys, v.Vals}); changed {
			v.Keys, v.Vals = parts[0], parts[1]
			return v, true
		}
	case wire.Table:
		parts, changed := canonicalAll([]wire.Value{v.Names, v.Values})
		if names, ok := parts[0].(wire.Symbols); ok && names.Attrs != attrNames {
			names.Attrs = attrNames
			return wire.Table{Attrs: v.Attrs, Names: names, Values: parts[1]}, true
		}
		return wire.Table{Attrs: v.Attrs, Names: parts[0], Values: parts[1]}, changed
	case wire.Lambda:
		parts := []wire.Value{v.Params, v.Body}
		if v.Closure != nil {
			parts = append(parts, v.Closure)
		}
		if parts, changed := canonicalAll(parts); changed {
			v.Params, v.Body = parts[0], parts[1]
			if len(parts) > 2 {
				v.Closure = parts[2]
			}
			return v, true
		}
	}
	return v, false
}

// canonicalAll returns values as the original keeps them: the same slice if they
// are so already.
func canonicalAll(vals []wire.Value) (kept []wire.Value, changed bool) {
	kept = vals
	for i, v := range vals {
		c, other := canonical(v)
		if other && !changed {
			kept, changed = slices.Clone(vals), true
		}
		if other {
			kept[i] = c
		}
	}
	return kept, changed
}
