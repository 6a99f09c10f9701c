package rayfall

import (
	"bytes"
	"strconv"

	"powercut/journal/wire"
)

const (
	maxParseDepth  = 1024
	maxVector      = 4096 // elements of a vector literal
	maxEscaped     = 4094 // bytes of a string literal that has escapes
	maxExpressions = 256  // one after the other
)

// nameBytes says which bytes make up a name: letters, digits and what the
// language calls letters too.
var nameBytes = func() (set [256]bool) {
	for c := 'a'; c <= 'z'; c++ {
		set[c], set[c-'a'+'A'] = true, true
	}
	for c := '0'; c <= '9'; c++ {
		set[c] = true
	}
	for _, c := range "!#$%&*+,./<=>?@^_|~-" {
		set[c] = true
	}
	return set
}()

// Parse turns source text into the expression that an entry could hold in its
// place. Like the original it stops at a zero byte.
func Parse(source string) (wire.Value, error) { return parse([]byte(source)) }

func parse(source []byte) (wire.Value, error) {
	if i := bytes.IndexByte(source, 0); i >= 0 {
		source = source[:i]
	}
	p := parser{src: source}
	first, err := p.expression(1)
	if err != nil {
		return nil, err
	}
	if p.space(); p.at == len(p.src) {
		return first, nil
	}
	all := []wire.Value{wire.Name("do"), first}
	for p.space(); p.at < len(p.src); p.space() {
		if len(all) > maxExpressions {
			return nil, fail(ErrDomain, "more than %d expressions one after the other", maxExpressions)
		}
		v, err := p.expression(1)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return wire.List{Items: all}, nil
}

type parser struct {
	src []byte
	at  int
}

func (p *parser) fail(what string) error {
	return fail(ErrParse, "offset %d: %s", p.at, what)
}

// peek returns the byte n bytes on, 0 beyond the end.
func (p *parser) peek(n int) byte {
	if p.at+n < len(p.src) {
		return p.src[p.at+n]
	}
	return 0
}

// space passes over white space and comments.
func (p *parser) space() {
	for p.at < len(p.src) {
		switch p.src[p.at] {
		case ' ', '\t', '\n', '\r':
			p.at++
		case ';':
			for p.at < len(p.src) && p.src[p.at] != '\n' {
				p.at++
			}
		default:
			return
		}
	}
}

// word passes over the bytes of a name and returns them.
func (p *parser) word() []byte {
	start := p.at
	for p.at < len(p.src) && nameBytes[p.src[p.at]] {
		p.at++
	}
	return p.src[start:p.at]
}

func (p *parser) expression(depth int) (wire.Value, error) {
	if depth > maxParseDepth {
		return nil, fail(ErrParse, "nested more than %d deep", maxParseDepth)
	}
	p.space()
	var v wire.Value
	var err error
	switch c := p.peek(0); {
	case p.at == len(p.src):
		return nil, p.fail("end of source, want an expression")
	case c == '(':
		return p.list(depth)
	case c == '[':
		return p.vector(depth)
	case c == '{':
		return p.dict(depth)
	case c == '"':
		return p.text()
	case isDigit(c), c == '-' && isDigit(p.peek(1)):
		v, err = p.number()
	case c == '\'':
		v = p.quoted()
	case c == ':':
		p.at++
		word := p.word()
		if len(word) == 0 {
			return nil, p.fail("empty keyword")
		}
		v = wire.Symbol{Flags: wire.FlagQuoted, Name: string(word)}
	case nameBytes[c]:
		v = name(p.word())
	default:
		return nil, p.fail("unexpected " + strconv.QuoteRune(rune(c)))
	}
	if err != nil {
		return nil, err
	}
	// What is not closed by a bracket or a quote has to be followed by
	// something that cannot belong to it.
	if c := p.peek(0); c == '\'' || c == ':' || nameBytes[c] {
		return nil, p.fail("no space before " + strconv.QuoteRune(rune(c)))
	}
	return v, nil
}

func name(word []byte) wire.Value {
	switch string(word) {
	case "true":
		return wire.Bool(true)
	case "false":
		return wire.Bool(false)
	}
	return symbol(word)
}

func (p *parser) list(depth int) (wire.Value, error) {
	p.at++
	items := make([]wire.Value, 0, 4)
	for p.space(); p.peek(0) != ')'; p.space() {
		v, err := p.expression(depth + 1)
		if err != nil {
			return nil, err
		}
		items = append(items, v)
	}
	p.at++
	return wire.List{Items: items}, nil
}

func (p *parser) vector(depth int) (wire.Value, error) {
	p.at++
	var items []wire.Value
	for p.space(); p.peek(0) != ']'; p.space() {
		if len(items) == maxVector {
			return nil, fail(ErrLimit, "a vector literal of more than %d elements", maxVector)
		}
		v, err := p.expression(depth + 1)
		if err != nil {
			return nil, err
		}
		items = append(items, v)
	}
	p.at++
	v, ok := pack(items)
	if !ok {
		return nil, fail(ErrDomain, "a vector literal of different kinds")
	}
	return v, nil
}

func (p *parser) dict(depth int) (wire.Value, error) {
	p.at++
	var keys, vals []wire.Value
	for p.space(); p.peek(0) != '}'; p.space() {
		key, err := p.key()
		if err != nil {
			return nil, err
		}
		if p.space(); p.peek(0) != ':' {
			return nil, p.fail("want a colon after a dictionary's key")
		}
		p.at++
		val, err := p.expression(depth + 1)
		if err != nil {
			return nil, err
		}
		keys, vals = append(keys, key), append(vals, val)
	}
	p.at++
	if len(keys) == 0 {
		return wire.Dict{Keys: wire.List{}, Vals: wire.List{}}, nil
	}
	packed, ok := pack(keys)
	if !ok {
		packed = wire.List{Items: keys}
	}
	return wire.Dict{Keys: packed, Vals: wire.List{Items: vals}}, nil
}

// key reads a dictionary's key: a string, or a bare word.
func (p *parser) key() (wire.Value, error) {
	if p.peek(0) == '"' {
		return p.text()
	}
	word := p.word()
	if len(word) == 0 {
		return nil, p.fail("want a dictionary's key")
	}
	return symbol(word), nil
}

// quoted reads 'name, or 'c' which is a string of one byte.
func (p *parser) quoted() wire.Value {
	p.at++
	if c := p.peek(0); c == '\\' {
		if ch, n := escape(p.src[p.at+1:], true); n > 0 && p.peek(1+n) == '\'' {
			p.at += n + 2
			return wire.String(string([]byte{ch}))
		}
	} else if !isClosing(c) && p.peek(1) == '\'' {
		p.at += 2
		return wire.String(string([]byte{c}))
	}
	return wire.Symbol{Flags: wire.FlagQuoted, Name: string(p.word())}
}

// isClosing reports whether c ends an empty symbol.
func isClosing(c byte) bool {
	switch c {
	case 0, ' ', '\t', '\n', ')', ']', '}':
		return true
	}
	return false
}

func (p *parser) text() (wire.Value, error) {
	start := p.at + 1
	end, escaped := start, false
	for end < len(p.src) && p.src[end] != '"' {
		if p.src[end] == '\\' && end+1 < len(p.src) {
			escaped = true
			end++
		}
		end++
	}
	if end >= len(p.src) {
		return nil, p.fail("a string without its closing quote")
	}
	p.at = end + 1
	raw := p.src[start:end]
	if !escaped {
		return wire.Text{Text: string(raw)}, nil
	}
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); {
		if len(out) >= maxEscaped {
			return nil, fail(ErrDomain, "a string with escapes of more than %d bytes", maxEscaped)
		}
		if raw[i] != '\\' || i+1 == len(raw) {
			out = append(out, raw[i])
			i++
			continue
		}
		c, n := escape(raw[i+1:], false)
		if n == 0 { // not an escape: both bytes stand
			out = append(out, '\\', raw[i+1])
			i += 2
			continue
		}
		out = append(out, c)
		i += 1 + n
	}
	return wire.Text{Text: string(out)}, nil
}

// escape reads what follows a backslash: the byte meant, and how many bytes
// were read, 0 if it is not an escape. In a character (and not in a string)
// every byte is one.
func escape(s []byte, char bool) (byte, int) {
	if len(s) == 0 {
		return 0, 0
	}
	switch c := s[0]; c {
	case 'n':
		return '\n', 1
	case 't':
		return '\t', 1
	case 'r':
		return '\r', 1
	case '\\':
		return c, 1
	case '0', '1', '2', '3', '4', '5', '6', '7':
		v, n := c-'0', 1
		for n < 3 && n < len(s) && s[n] >= '0' && s[n] <= '7' {
			v = v<<3 | (s[n] - '0')
			n++
		}
		return v, n
	case '"':
		return c, 1
	default:
		if char {
			return c, 1
		}
		return 0, 0
	}
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
