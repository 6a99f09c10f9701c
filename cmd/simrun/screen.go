package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// screen is where text for a person goes: a terminal, which has a width and may have
// colours, or anything else, which has neither.
type screen struct {
	out     io.Writer
	columns int // 0: lines are as long as they are
	colours bool
}

// screenOf finds out what a writer is. Colours are left out where NO_COLOR is set, to
// whatever, as https://no-color.org asks, and on a terminal that says it is dumb.
func screenOf(out io.Writer) screen {
	s := screen{out: out}
	f, ok := out.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return s
	}
	if columns, _, err := term.GetSize(int(f.Fd())); err == nil {
		s.columns = columns
	}
	s.colours = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	return s
}

// The colours of a verdict.
const (
	good   = "32"
	bad    = "31;1"
	unsure = "33"
)

// verdict prints a line that begins with a word in a colour.
func (s screen) verdict(word, colour, rest string) {
	text := wrap(word+": "+rest, s.columns, 2)
	if s.colours {
		text = "\x1b[" + colour + "m" + word + "\x1b[0m" + strings.TrimPrefix(text, word)
	}
	fmt.Fprintln(s.out, text)
}

// line prints a line that is indented by two, and what does not fit by four.
func (s screen) line(format string, args ...any) {
	fmt.Fprintln(s.out, wrap("  "+fmt.Sprintf(format, args...), s.columns, 4))
}

// wrap breaks a text at its spaces, so that no line is longer than that, if its words
// allow it. The lines after the first are indented by hang. Columns 0 breaks nothing.
func wrap(text string, columns, hang int) string {
	if columns == 0 {
		return text
	}
	indent := text[:len(text)-len(strings.TrimLeft(text, " "))]
	var b strings.Builder
	b.WriteString(indent)
	at, begun := len(indent), false
	for _, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case !begun:
		case at+1+n > columns:
			b.WriteString("\n" + strings.Repeat(" ", hang))
			at = hang
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at, begun = at+n, true
	}
	return b.String()
}

// count is a number with what is counted: "1 run", "2 runs".
func count[N ~int | ~uint64](n N, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
