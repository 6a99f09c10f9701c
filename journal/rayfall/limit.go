package rayfall

import (
	"powercut/journal/wire"
)

const (
	// MaxEntryBytes bounds what one entry may build while it is evaluated, and
	// each value that it binds. Every value inside of another counts as 32 bytes
	// and its contents, as often as it occurs.
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

// checkBindable checks that a snapshot can hold v. Parts of v may be one value in
// memory and many when they are serialised: so the walk stops at the limit.
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

// sizer adds up what values count in bytes.
type sizer struct{ left int } // bytes up to the limit

// value counts a value that is nested so deep. It reports whether the value is
// within both limits.
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
		s.strings(v.Names, 1)
	case wire.Texts:
		s.strings(v.Texts, 8)
	case wire.List:
		return s.values(depth+1, v.Items...)
	case wire.Dict:
		return s.values(depth+1, v.Keys, v.Vals)
	case wire.Table:
		return s.values(depth+1, v.Names, v.Values)
	case wire.Lambda:
		return s.values(depth+1, v.Params, v.Body) && (v.Closure == nil || s.value(v.Closure, depth+1))
	}
	return s.left >= 0
}

func (s *sizer) values(depth int, vals ...wire.Value) bool {
	for _, v := range vals {
		if s.left < 0 || !s.value(v, depth) {
			return false
		}
	}
	return s.left >= 0
}

// strings counts strings. Each takes overhead bytes beside its own.
func (s *sizer) strings(texts []string, overhead int) {
	for _, text := range texts {
		s.left -= overhead + len(text)
	}
}
