package rayfall

import (
	"powercut/journal/wire"
)

// finder looks up elements of a vector by their hash. It finds what the original
// finds, which hashes too: whole numbers among whole numbers of any kind, floats
// among floats, and one null in place of another.
type finder struct {
	name  string      // of the function that looks up, for its errors
	of    wire.Value  // the vector
	first map[any]int // by hashKey: where an element stands first
	null  int         // the first null's index, -1 for none
}

// hashKey is what an element is hashed by: equal for what counts as one element.
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

// isMarkedNull reports whether e, an element of v, counts as null: the bits of a
// null do so only in a vector whose attribute says that it may hold nulls.
func isMarkedNull(v, e wire.Value) bool {
	x, ok := v.(wire.Vector)
	return ok && x.Attrs&wire.AttrNulls != 0 && isNull(e)
}

// find returns where e, an element of the vector v, stands in the finder's vector;
// -1 if it does not. Whether the original finds a float that equals a whole number
// depends on its hashes: that is unsupported.
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
