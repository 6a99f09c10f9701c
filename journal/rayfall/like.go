package rayfall

import (
	"strings"

	"powercut/journal/wire"
)

// like tells whether a string or a symbol, or each of a vector of them, matches a
// pattern in which * stands for any bytes and ? for any one.
func (m *Machine) like(x, pattern wire.Value) (wire.Value, error) {
	p, ok := pattern.(wire.Text)
	switch {
	case isFunction(pattern) || isFunction(x) || pattern.Kind() == wire.KindSymbol && !isCollection(pattern):
		return nil, unsupported("like", "%v", pattern.Kind())
	case !ok:
		return nil, fail(ErrType, "like: got a pattern of kind %v, want a string", pattern.Kind())
	case strings.ContainsAny(p.Text, `[]\{}^`):
		return nil, unsupported("like", "the pattern %.40q", p.Text)
	}
	match := func(text string) (byte, error) {
		if err := m.spend(len(text)*(1+len(p.Text)), 1); err != nil {
			return 0, err
		}
		if matches(text, p.Text) {
			return 1, nil
		}
		return 0, nil
	}
	var texts []string
	switch v := x.(type) {
	case wire.Text:
		b, err := match(v.Text)
		return wire.Bool(b == 1), err
	case wire.Symbol:
		b, err := match(v.Name)
		return wire.Bool(b == 1), err
	case wire.Symbols:
		texts = v.Names
	case wire.Texts:
		texts = v.Texts
	default:
		return nil, unsupported("like", "of a %v", x.Kind())
	}
	out := make([]byte, len(texts))
	for i := range out {
		var err error
		if out[i], err = match(texts[i]); err != nil {
			return nil, err
		}
	}
	return wire.Vector{Of: wire.KindBool, Data: out}, nil
}

// matches reports whether the whole text matches a pattern. It takes time
// proportional to the product of the two lengths at most.
func matches(text, pattern string) bool {
	t, p, star, mark := 0, 0, -1, 0
	for t < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, t
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == text[t]):
			t, p = t+1, p+1
		case star >= 0:
			mark++
			t, p = mark, star+1
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
