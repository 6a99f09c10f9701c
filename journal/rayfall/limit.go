package rayfall

import (
	"powercut/journal/wire"
)

const (
	// MaxEntryBytes bounds what one entry may build while it is evaluated, and
	// each value that it binds: every value inside of it counts as 32 bytes and
	// its contents, as often as it occurs.
	MaxEntryBytes = 64 << 20

	maxEvalDepth = 512
	// maxBoundDepth leaves room for the dictionary and the list that a
	// snapshot puts around a value.
	maxBoundDepth = wire.MaxDepth - 2
)

// spend takes n bytes, or n elements of the given size, out of what the entry
// may still build.
func (m *Machine) spend(n, size int) error {
	if n > m.room/size {
		return limited("size", "the entry would build more than %d bytes", MaxEntryBytes)
	}
	m.room -= n * size
	return nil
}

// checkBindable checks that a snapshot can hold v. A value may share its parts, so
// that a small one in memory is a huge one when serialised: the walk stops at
// the limit.
func checkBindable(v wire.Value) error {
	s := sizer{left: MaxEntryBytes}
	if !s.value(v, 1) {
		if s.left < 0 {
			return limited("size", "a value of more than %d bytes", MaxEntryBytes)
		}
		return limited("depth", "a value nested more than %d deep", maxBoundDepth)
	}
	return nil
}

type sizer struct{ left int }

func (s *sizer) value(v wire.Value, depth int) bool {
	if depth > maxBoundDepth {
		return false
	}
	s.left -= valueSize
	switch v := v.(type) {
	case wire.Symbol:
		s.left -= len(v.Name)
	case wire.Text:
		s.left -= len(v.Text)
	case wire.Vector:
		s.left -= len(v.Data)
	case wire.Symbols:
		for _, name := range v.Names {
			s.left -= 1 + len(name)
		}
	case wire.Texts:
		for _, text := range v.Texts {
			s.left -= 8 + len(text)
		}
	case wire.List:
		for _, item := range v.Items {
			if s.left < 0 || !s.value(item, depth+1) {
				return false
			}
		}
	case wire.Dict:
		return s.value(v.Keys, depth+1) && s.value(v.Vals, depth+1)
	case wire.Table:
		return s.value(v.Names, depth+1) && s.value(v.Values, depth+1)
	case wire.Lambda:
		return s.value(v.Params, depth+1) && s.value(v.Body, depth+1) &&
			(v.Closure == nil || s.value(v.Closure, depth+1))
	}
	return s.left >= 0
}
