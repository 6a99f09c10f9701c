package rayfall

import (
	"cmp"
	"slices"

	"powercut/journal/wire"
)

// finder looks elements of vectors up, as the original does that hashes them:
// there whole numbers are found among whole numbers, floats among floats, and
// all nulls are one.
type finder struct {
	name  string
	of    wire.Value
	first map[any]int
	null  int // the first null's index, -1 for none
}

// key is what an element is hashed by.
func hashKey(v wire.Value) any {
	switch v := v.(type) {
	case wire.Scalar:
		if isFloat(v.Of) {
			return v.Float() + 0 // both zeros are one
		}
		return [2]int64{int64(hashClass(v.Of)), v.Int()}
	case wire.Symbol:
		return v.Name
	case wire.Text:
		return [1]string{v.Text}
	case wire.GUID:
		return v.Bytes
	}
	return nil
}

// hashClass is the kind that stands for all whose values equal each other.
func hashClass(k wire.Kind) wire.Kind {
	if isNumeric(k) {
		return wire.KindI64
	}
	return k
}

func newFinder(name string, v wire.Value) *finder {
	f := &finder{name: name, of: v, first: map[any]int{}, null: -1}
	for i := range length(v) {
		e := element(v, i)
		if isMarkedNull(v, e) {
			if f.null < 0 {
				f.null = i
			}
			continue
		}
		if _, seen := f.first[hashKey(e)]; !seen {
			f.first[hashKey(e)] = i
		}
	}
	return f
}

// isMarkedNull says whether an element counts as null: if its vector says that
// it may hold some.
func isMarkedNull(v, e wire.Value) bool {
	x, ok := v.(wire.Vector)
	return ok && x.Attrs&wire.AttrNulls != 0 && isNull(e)
}

// find returns where an element of the vector v stands, -1 for nowhere. A whole
// number that equals a float is found or not by what the original's hashes
// happen to be.
func (f *finder) find(v, e wire.Value) (int, error) {
	if isMarkedNull(v, e) {
		return f.null, nil
	}
	if i, ok := f.first[hashKey(e)]; ok {
		return i, nil
	}
	a, b := v.Kind(), f.of.Kind()
	if isNumeric(a) && isNumeric(b) && isFloat(a) != isFloat(b) {
		for i := range length(f.of) {
			if equalAtoms(element(f.of, i), e) {
				return 0, unsupported(f.name, "of a %v and a %v that are equal", a, b)
			}
		}
	}
	return -1, nil
}

// distinct returns each of a collection's values once: numbers, dates and times
// in order, others as they come; of a list the atoms before the collections. Of
// a string it returns the bytes that occur, in order.
func (m *Machine) distinct(x wire.Value) (wire.Value, error) {
	switch v := x.(type) {
	case wire.Text:
		bytes := []byte(v.Text)
		slices.Sort(bytes)
		return wire.Text{Text: string(slices.Compact(bytes))}, nil
	case wire.Table:
		return nil, unsupported("distinct", "of a table")
	case wire.List:
		return m.distinctList(v)
	}
	if !isCollection(x) {
		return nil, fail(ErrType, "distinct: got %v, want a vector or a list", x.Kind())
	}
	if hasNaN(x) {
		return nil, unsupported("distinct", "of floats and nulls")
	}
	f := newFinder("distinct", x)
	var rows []int
	for i := range length(x) {
		at, err := f.find(x, element(x, i))
		if err != nil {
			return nil, err
		}
		if at == i {
			rows = append(rows, i)
		}
	}
	if v, ok := x.(wire.Vector); ok && v.Of != wire.KindGUID {
		slices.SortStableFunc(rows, func(a, b int) int { return orderRaw(v.At(a), v.At(b)) })
	}
	return m.pick(x, rows)
}

// orderRaw orders two scalars of a kind, the null as the least value that it is.
func orderRaw(a, b wire.Scalar) int {
	if isFloat(a.Of) {
		return cmp.Compare(a.Float(), b.Float())
	}
	return cmp.Compare(a.Int(), b.Int())
}

// hasNaN reports whether a vector of floats holds what is not a number.
func hasNaN(x wire.Value) bool {
	v, ok := x.(wire.Vector)
	if !ok || !isFloat(v.Of) {
		return false
	}
	for i := range v.Len() {
		if v.At(i).IsNull() {
			return true
		}
	}
	return false
}

// maxListSet bounds the lists of which each element is compared with each.
const maxListSet = 2048

func (m *Machine) distinctList(x wire.List) (wire.Value, error) {
	if len(x.Items) > maxListSet {
		return nil, limited("distinct", "of a list of %d elements", len(x.Items))
	}
	var out []wire.Value
	for _, e := range x.Items {
		if !slices.ContainsFunc(out, func(o wire.Value) bool { return equalAtoms(o, e) }) {
			out = append(out, e)
		}
	}
	for i := range out {
		for j := i + 1; j < len(out); j++ {
			if isCompound(out[i]) && !isCompound(out[j]) {
				out[i], out[j] = out[j], out[i]
			}
		}
	}
	if len(x.Items) == 0 {
		return x, nil
	}
	return wire.List{Items: out}, nil
}

// isCompound reports whether a value is no atom to the original.
func isCompound(v wire.Value) bool { return v.Kind() == wire.KindList || isCollection(v) || !isAtom(v) }

// in tells whether a value, or each of a collection, is in another collection;
// of a string, each of its bytes.
func (m *Machine) in(x, y wire.Value) (wire.Value, error) {
	return m.isIn(x, y, 1)
}

func (m *Machine) isIn(x, y wire.Value, depth int) (wire.Value, error) {
	if depth > maxEvalDepth {
		return nil, limited("in", "lists nested more than %d deep", maxEvalDepth)
	}
	if t, ok := x.(wire.Text); ok {
		switch y := y.(type) {
		case wire.Text:
			return m.bytesIn(t.Text, func(c byte) bool {
				return slices.Contains([]byte(y.Text), c)
			})
		case wire.List:
			return m.bytesIn(t.Text, func(c byte) bool {
				return slices.ContainsFunc(y.Items, func(e wire.Value) bool {
					return equalAtoms(wire.Text{Text: string([]byte{c})}, e)
				})
			})
		}
	}
	if isFunction(x) || isFunction(y) {
		return nil, unsupported("in", "of a function")
	}
	if !isCompound(x) && !isCompound(y) {
		return wire.Bool(equalAtoms(x, y)), nil
	}
	if isCollection(x) {
		return m.eachIn(x, y, depth)
	}
	if !isCollection(y) {
		return nil, fail(ErrType, "in: got %v, want a vector or a list", y.Kind())
	}
	if err := m.spend(length(y), 1); err != nil {
		return nil, err
	}
	for i := range length(y) {
		e := element(y, i)
		if isNull(x) != isMarkedNull(y, e) && !isList(y) {
			continue
		}
		if equalAtoms(x, e) {
			return wire.Bool(true), nil
		}
	}
	return wire.Bool(false), nil
}

func isFunction(v wire.Value) bool {
	switch v.(type) {
	case wire.Lambda, wire.Builtin, wire.Null:
		return true
	}
	return false
}

func (m *Machine) bytesIn(text string, has func(c byte) bool) (wire.Value, error) {
	if err := m.spend(len(text), 64); err != nil {
		return nil, err
	}
	out := make([]byte, len(text))
	for i := range out {
		if has(text[i]) {
			out[i] = 1
		}
	}
	return wire.Vector{Of: wire.KindBool, Data: out}, nil
}

// eachIn is in of each element of a collection: a vector of booleans, or a list
// if the first is not one boolean.
func (m *Machine) eachIn(x, y wire.Value, depth int) (wire.Value, error) {
	n := length(x)
	if n == 0 {
		return wire.List{}, nil
	}
	if !isList(x) && isCollection(y) && !isList(y) {
		return m.vectorIn(x, y)
	}
	if err := m.spend(n, valueSize); err != nil {
		return nil, err
	}
	out := make([]wire.Value, n)
	flat := true
	for i := range out {
		var err error
		if out[i], err = m.isIn(element(x, i), y, depth+1); err != nil {
			return nil, err
		}
		one := out[i].Kind() == wire.KindBool && !isCollection(out[i])
		if i == 0 {
			flat = one
		} else if flat && !one {
			return nil, unsupported("in", "of a list whose first element is an atom and whose others are not")
		}
	}
	if flat {
		return store(wire.KindBool, out), nil
	}
	return wire.List{Items: out}, nil
}

func (m *Machine) vectorIn(x, y wire.Value) (wire.Value, error) {
	if k, l := x.Kind(), y.Kind(); k != l && (isTemporal(k) && l <= wire.KindTimestamp || isTemporal(l) && k <= wire.KindTimestamp) {
		return nil, unsupported("in", "of %v in %v", k, l)
	}
	if err := m.spend(length(x)+length(y), valueSize); err != nil {
		return nil, err
	}
	out := make([]byte, length(x))
	mixed := isNumeric(x.Kind()) && isNumeric(y.Kind()) && isFloat(x.Kind()) != isFloat(y.Kind())
	if mixed && (mayHoldNulls(x) || mayHoldNulls(y)) {
		return nil, unsupported("in", "of %v with nulls in %v", x.Kind(), y.Kind())
	}
	if mixed { // compared as floats, without hashes
		x, y = asFloats(x), asFloats(y)
	}
	f := newFinder("in", y)
	for i := range out {
		at, err := f.find(x, element(x, i))
		if err != nil {
			return nil, err
		}
		if at >= 0 {
			out[i] = 1
		}
	}
	return wire.Vector{Of: wire.KindBool, Data: out}, nil
}

// asFloats is a vector of numbers as one of floats.
func asFloats(x wire.Value) wire.Value { return store(wire.KindF64, elementsOf(x)) }

func mayHoldNulls(v wire.Value) bool {
	x, ok := v.(wire.Vector)
	return ok && x.Attrs&wire.AttrNulls != 0
}

// elementsOf returns the elements of a collection.
func elementsOf(v wire.Value) []wire.Value {
	out := make([]wire.Value, length(v))
	for i := range out {
		out[i] = element(v, i)
	}
	return out
}

// choosing returns those elements of a vector that are in another, or that are
// not.
func (m *Machine) choosing(name string, x, y wire.Value, want bool) (wire.Value, error) {
	if err := m.spend(length(x)+length(y), valueSize); err != nil {
		return nil, err
	}
	f := newFinder(name, y)
	var rows []int
	for i := range length(x) {
		at, err := f.find(x, element(x, i))
		if err != nil {
			return nil, err
		}
		if (at >= 0) == want {
			rows = append(rows, i)
		}
	}
	return m.pick(x, rows)
}

// comparing bounds the work on lists of which each element is compared with
// each of another.
func (m *Machine) comparing(name string, x, y wire.Value) error {
	if length(x) > maxListSet || length(y) > maxListSet {
		return limited(name, "of lists of %d and %d elements", length(x), length(y))
	}
	return m.spend(length(x)+length(y), valueSize)
}

// except returns the elements of the first collection that are not in the
// second, or that are not the second if it is an atom.
func (m *Machine) except(x, y wire.Value) (wire.Value, error) {
	if !isCollection(x) {
		return nil, fail(ErrType, "except: got %v, want a vector or a list", x.Kind())
	}
	if isFunction(y) || y.Kind() == wire.KindTable {
		return nil, unsupported("except", "of a %v", y.Kind())
	}
	if !isList(x) && isCollection(y) && !isList(y) {
		return m.choosing("except", x, y, false)
	}
	if err := m.comparing("except", x, y); err != nil {
		return nil, err
	}
	var others []wire.Value
	switch d := y.(type) {
	case wire.Dict: // to the original a list of its keys and its values
		others = []wire.Value{d.Keys, d.Vals}
	default:
		others = []wire.Value{y}
		if isCollection(y) {
			others = elementsOf(y)
		}
	}
	var rows []int
	for i := range length(x) {
		e := element(x, i)
		if !slices.ContainsFunc(others, func(o wire.Value) bool { return equalAtoms(o, e) }) {
			rows = append(rows, i)
		}
	}
	if !isList(x) && isCompound(y) && len(rows) > 0 {
		return m.pick(wire.List{Items: elementsOf(x)}, rows)
	}
	return m.pick(x, rows)
}

// union returns the elements of the first collection and those of the second
// that the first does not hold.
func (m *Machine) union(x, y wire.Value) (wire.Value, error) {
	if !isCollection(x) || !isCollection(y) {
		return nil, fail(ErrType, "union: got %v and %v, want vectors or lists", x.Kind(), y.Kind())
	}
	if !isList(x) && !isList(y) {
		rest, err := m.choosing("union", y, x, false)
		if err != nil {
			return nil, err
		}
		return m.concat(x, rest)
	}
	if err := m.comparing("union", x, y); err != nil {
		return nil, err
	}
	out := elementsOf(x)
	for _, e := range elementsOf(y) {
		if !slices.ContainsFunc(out, func(o wire.Value) bool { return equalAtoms(o, e) }) {
			out = append(out, e)
		}
	}
	return wire.List{Items: out}, nil
}

// sect returns the elements of the first collection that are in the second.
func (m *Machine) sect(x, y wire.Value) (wire.Value, error) {
	if !isCollection(x) || !isCollection(y) {
		return nil, fail(ErrType, "sect: got %v and %v, want vectors or lists", x.Kind(), y.Kind())
	}
	if !isList(x) && !isList(y) {
		return m.choosing("sect", x, y, true)
	}
	if err := m.comparing("sect", x, y); err != nil {
		return nil, err
	}
	var out []wire.Value
	others := elementsOf(y)
	for _, e := range elementsOf(x) {
		if slices.ContainsFunc(others, func(o wire.Value) bool { return equalAtoms(o, e) }) {
			out = append(out, e)
		}
	}
	return wire.List{Items: out}, nil
}

// find returns the index of a value in a collection, or of each of several; the
// null for what is not there. Of one byte in a string it returns its offset.
func (m *Machine) find(x, y wire.Value) (wire.Value, error) {
	if t, ok := x.(wire.Text); ok {
		if b, ok := y.(wire.Text); ok && len(b.Text) == 1 {
			for i := range len(t.Text) {
				if t.Text[i] == b.Text[0] {
					return wire.Int(int64(i)), nil
				}
			}
			return wire.NullOf(wire.KindI64), nil
		}
	}
	if isFunction(y) || y.Kind() == wire.KindTable {
		return nil, unsupported("find", "of a %v", y.Kind())
	}
	if !isCollection(x) {
		if isCollection(y) && (length(y) == 0 || x.Kind() == wire.KindString) {
			return nil, unsupported("find", "of several in a %v", x.Kind())
		}
		return nil, fail(ErrType, "find: got %v, want a vector or a list", x.Kind())
	}
	if !isCollection(y) {
		return m.findOne(x, y)
	}
	n := length(y)
	out := make([]wire.Value, n)
	if isList(x) || isList(y) {
		if err := m.comparing("find", x, y); err != nil {
			return nil, err
		}
		for i := range out {
			var err error
			if e := element(y, i); isCollection(e) {
				return nil, unsupported("find", "of a list of collections")
			} else if out[i], err = m.findOne(x, e); err != nil {
				return nil, err
			}
		}
		return store(wire.KindI64, out), nil
	}
	if err := m.spend(length(x)+n, valueSize); err != nil {
		return nil, err
	}
	f := newFinder("find", x)
	for i := range out {
		at, err := f.find(y, element(y, i))
		if err != nil {
			return nil, err
		}
		if out[i] = wire.Int(int64(at)); at < 0 {
			out[i] = wire.NullOf(wire.KindI64)
		}
	}
	return store(wire.KindI64, out), nil
}

func (m *Machine) findOne(x, y wire.Value) (wire.Value, error) {
	if err := m.spend(length(x), 1); err != nil {
		return nil, err
	}
	for i := range length(x) {
		e := element(x, i)
		if !isList(x) && isNull(y) != isMarkedNull(x, e) {
			continue
		}
		if equalAtoms(e, y) {
			return wire.Int(int64(i)), nil
		}
	}
	return wire.NullOf(wire.KindI64), nil
}

// group returns a dictionary of a vector's or a list's values, as they come, to
// the indices at which each stands.
func (m *Machine) group(x wire.Value) (wire.Value, error) {
	switch x.(type) {
	case wire.Text, wire.Dict, wire.Table:
		return nil, unsupported("group", "of a %v", x.Kind())
	case wire.List, wire.Vector, wire.Symbols:
	case wire.Texts:
		return nil, unsupported("group", "of strings")
	default:
		return nil, fail(ErrType, "group: got %v, want a vector or a list", x.Kind())
	}
	first, groups, err := m.groups(x)
	if err != nil {
		return nil, err
	}
	keys, err := m.pick(x, first)
	if err != nil {
		return nil, err
	}
	vals := make([]wire.Value, len(groups))
	for i, rows := range groups {
		v := wire.Vector{Of: wire.KindI64, Data: make([]byte, 0, 8*len(rows))}
		for _, r := range rows {
			v.Data = appendElement(v.Data, integer(wire.KindI64, int64(r)))
		}
		vals[i] = v
	}
	return wire.Dict{Keys: keys, Vals: wire.List{Items: vals}}, nil
}

// groups returns, for each of a collection's values as they come, where it
// stands first and where it stands at all.
func (m *Machine) groups(x wire.Value) (first []int, rows [][]int, err error) {
	n := length(x)
	if err := m.spend(n, valueSize+16); err != nil {
		return nil, nil, err
	}
	if isList(x) {
		if n > maxListSet {
			return nil, nil, limited("group", "of a list of %d elements", n)
		}
		for i := range n {
			e := element(x, i)
			g := slices.IndexFunc(first, func(f int) bool { return equalAtoms(element(x, f), e) })
			if g < 0 {
				g = len(first)
				first, rows = append(first, i), append(rows, nil)
			}
			rows[g] = append(rows[g], i)
		}
		return first, rows, nil
	}
	if hasNaN(x) {
		return nil, nil, unsupported("group", "of floats and nulls")
	}
	f := newFinder("group", x)
	of := map[int]int{}
	for i := range n {
		at, err := f.find(x, element(x, i))
		if err != nil {
			return nil, nil, err
		}
		g, seen := of[at]
		if !seen {
			g = len(first)
			of[at] = g
			first, rows = append(first, i), append(rows, nil)
		}
		rows[g] = append(rows[g], i)
	}
	return first, rows, nil
}
