package rayfall

import (
	"slices"

	"powercut/journal/wire"
)

func (m *Machine) min(x wire.Value) (wire.Value, error) {
	return m.extreme("min", x, func(c int) bool { return c < 0 })
}

func (m *Machine) max(x wire.Value) (wire.Value, error) {
	return m.extreme("max", x, func(c int) bool { return c > 0 })
}

// extreme is min or max: of a collection the least or the greatest element that
// is not null, and any atom itself. better says so of the order of two elements,
// as order gives it.
func (m *Machine) extreme(name string, x wire.Value, better func(c int) bool) (wire.Value, error) {
	switch x.(type) {
	case wire.Scalar, wire.Symbol, wire.Text:
		return x, nil
	}
	if err := checkExtreme(name, x); err != nil {
		return nil, err
	}
	if err := m.spend(length(x), 16); err != nil {
		return nil, err
	}
	var best wire.Value
	for i := range length(x) {
		e := element(x, i)
		if s, ok := e.(wire.Scalar); ok && s.IsNull() {
			continue
		}
		if best == nil {
			best = e
		} else if c, _ := order(e, best); better(c) {
			best = e
		}
	}
	if best == nil {
		return nil, unsupported(name, "of nothing")
	}
	if l, ok := x.(wire.List); ok && best.Kind() != wire.KindF64 {
		for _, e := range l.Items {
			if e.Kind() != best.Kind() {
				return nil, unsupported(name, "of a list of several kinds")
			}
		}
	}
	return best, nil
}

// checkExtreme checks that x is a collection whose elements have an order, and
// that it is known which of them the original prefers.
func checkExtreme(name string, x wire.Value) error {
	switch v := x.(type) {
	case wire.Dict:
		return fail(ErrType, "%s of a dictionary", name)
	case wire.List:
		return checkExtremeOfList(name, v)
	case wire.Symbols:
		if slices.Contains(v.Names, "") {
			return unsupported(name, "of empty symbols")
		}
		return nil
	case wire.Vector:
		switch v.Of {
		case wire.KindBool, wire.KindI64, wire.KindF64, wire.KindDate:
			return nil
		}
		return unsupported(name, "of a vector of %v", v.Of)
	}
	return unsupported(name, "of a %v", x.Kind())
}

// checkExtremeOfList allows lists of numbers.
func checkExtremeOfList(name string, x wire.List) error {
	if len(x.Items) == 0 {
		return fail(ErrType, "%s of an empty list", name)
	}
	for _, e := range x.Items {
		if e.Kind() == wire.KindDict || e.Kind() == wire.KindList {
			return fail(ErrType, "%s of a list of %v", name, e.Kind())
		}
		if s, ok := e.(wire.Scalar); !ok || !isNumeric(s.Of) || s.IsNull() || s.Of == wire.KindF32 {
			return unsupported(name, "of a list of %v", e.Kind())
		}
	}
	return nil
}
