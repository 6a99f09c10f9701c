package faults

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// String prints the plan in the form that Parse reads: every rule on a line,
// below its comment. The empty plan is the empty string.
func (p Plan) String() string {
	var b strings.Builder
	for i := range p.Rules {
		writeComment(&b, p.Rules[i].Comment)
		b.WriteString(p.Rules[i].line())
		b.WriteByte('\n')
	}
	writeComment(&b, p.End)
	return b.String()
}

// String prints the rule as a line of a plan, without its comment.
func (r Rule) String() string { return r.line() }

func writeComment(b *strings.Builder, text string) {
	if text == "" {
		return
	}
	for line := range strings.SplitSeq(text, "\n") {
		b.WriteString(strings.TrimRight("# "+line, " \t\r"))
		b.WriteByte('\n')
	}
}

// line prints the clauses in the order in which the grammar lists them.
func (r *Rule) line() string {
	w := lineWriter{buf: []byte(r.Kind.String())}
	if r.Ops != 0 {
		w.words("on", r.Ops.String())
	}
	if r.Path != "" {
		w.words("of", quote(r.Path))
	}
	if r.NewPath != "" {
		w.words("to", quote(r.NewPath))
	}
	if r.Disk != "" {
		w.value("disk", quote(r.Disk))
	}
	switch {
	case r.FirstSeq == 0 && r.LastSeq == 0:
	case r.FirstSeq == r.LastSeq:
		w.value("seq", formatUint(r.FirstSeq))
	default:
		w.value("seq", formatBound(r.FirstSeq)+".."+formatBound(r.LastSeq))
	}
	if r.Budget != 0 {
		w.value("budget", formatSize(r.Budget))
	}
	if r.From != 0 && r.From == r.Until {
		w.value("nth", formatUint(r.From))
	} else {
		w.count("from", r.From)
		w.count("until", r.Until)
	}
	w.count("every", r.Every)
	if r.Chance != (Chance{}) {
		w.value("p", formatUint(r.Chance.Num)+"/"+formatUint(r.Chance.Den))
	}
	if r.Sticky {
		w.words("sticky")
	}
	w.count("times", r.Times)
	if r.After {
		w.words("after")
	}
	if r.Errno != 0 {
		name, ok := errnoName(r.Errno)
		if !ok {
			name = strconv.Itoa(int(r.Errno))
		}
		w.value("errno", name)
	}
	w.fixed("n", r.Bytes)
	if r.Sectors != 0 {
		w.value("sectors", "0x"+strconv.FormatUint(r.Sectors, 16))
	}
	w.fixed("bit", r.Bit)
	if r.Into != "" {
		w.value("into", quote(r.Into))
	}
	w.fixed("at", r.At)
	if r.Delay != 0 {
		w.value("delay", r.Delay.String())
	}
	w.fixed("page", r.Page)
	return string(w.buf)
}

type lineWriter struct{ buf []byte }

func (w *lineWriter) words(words ...string) {
	for _, word := range words {
		w.buf = append(append(w.buf, ' '), word...)
	}
}

func (w *lineWriter) value(key, value string) { w.words(key + "=" + value) }

func (w *lineWriter) count(key string, n uint64) {
	if n != 0 {
		w.value(key, formatUint(n))
	}
}

func (w *lineWriter) fixed(key string, f Fixed) {
	if n, ok := f.Value(); ok {
		w.value(key, strconv.FormatInt(n, 10))
	}
}

func formatUint(n uint64) string { return strconv.FormatUint(n, 10) }

// formatBound prints the end of a range, which is open if it is 0.
func formatBound(n uint64) string {
	if n == 0 {
		return ""
	}
	return formatUint(n)
}

// sizeUnits are tried from the largest, so that a size prints short.
var sizeUnits = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}}

func formatSize(n int64) string {
	for _, u := range sizeUnits {
		if n%u.bytes == 0 {
			return strconv.FormatInt(n/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10)
}

// quote puts a path in quotes if the plan's words could not be told apart
// otherwise.
func quote(s string) string {
	plain := s != "" && s[0] != '#' && utf8.ValidString(s) &&
		!strings.ContainsFunc(s, func(c rune) bool { return c == '"' || !unicode.IsGraphic(c) || unicode.IsSpace(c) })
	if plain {
		return s
	}
	return strconv.Quote(s)
}
