package faults

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// ParseError says where a plan can't be read, and what was expected there.
type ParseError struct {
	Line    int // from 1
	Column  int // from 1, in bytes
	Want    string
	Got     string
	Example string // a line that is right
}

func (e *ParseError) Error() string {
	return fmt.Sprintf("faults: plan: line %d, column %d: want %s, got %s; for example: %s", e.Line, e.Column, e.Want, e.Got, e.Example)
}

// Parse reads a plan in the language of the package comment. Whatever the text
// is, every error is a *ParseError, and Parse(p.String()) equals p for every
// valid p.
func Parse(text string) (Plan, error) {
	var plan Plan
	var comment []string
	number := 0
	for line := range strings.SplitSeq(text, "\n") {
		number++
		p := lineParser{rest: strings.TrimSuffix(line, "\r"), line: number}
		rule, ok, err := p.rule()
		if err != nil {
			return Plan{}, err
		}
		if p.commented {
			comment = append(comment, p.comment)
		}
		if ok {
			rule.Comment = strings.Join(comment, "\n")
			comment = nil
			plan.Rules = append(plan.Rules, rule)
		}
	}
	plan.End = strings.Join(comment, "\n")
	return plan, nil
}

const exampleLine = "drop-clean of *.log nth=3"

// word is a token: a word, a quoted text, or key=value.
type word struct {
	column int
	text   string // as it stands, without quotes
	key    string // before "=", "" if there is none
	value  string // behind it, without quotes
}

type lineParser struct {
	rest      string
	line      int
	column    int // of rest, from 0
	commented bool
	comment   string
	columns   map[string]int // of each clause read, for errors of the whole
}

func (p *lineParser) fail(column int, want, got, example string) error {
	return &ParseError{p.line, column, want, got, example}
}

// next returns the next word of the line, false at its end.
func (p *lineParser) next() (word, bool, error) {
	n := len(p.rest) - len(strings.TrimLeft(p.rest, " \t"))
	p.skip(n)
	w := word{column: p.column + 1}
	if p.rest == "" {
		return w, false, nil
	}
	if text, ok := strings.CutPrefix(p.rest, "#"); ok {
		p.commented, p.comment = true, strings.TrimRight(strings.TrimPrefix(text, " "), " \t\r")
		p.rest = ""
		return w, false, nil
	}
	end := strings.IndexAny(p.rest, " \t")
	if end < 0 {
		end = len(p.rest)
	}
	start := 0 // of the value
	if i := strings.IndexByte(p.rest[:end], '='); i >= 0 && p.rest[0] != '"' {
		w.key, start = p.rest[:i], i+1
	}
	if start == end || p.rest[start] != '"' {
		w.text, w.value = p.rest[:end], p.rest[start:end]
		p.skip(end)
		return w, true, nil
	}
	quoted, err := strconv.QuotedPrefix(p.rest[start:])
	if err == nil {
		w.value, err = strconv.Unquote(quoted)
	}
	after := p.rest[min(start+len(quoted), len(p.rest)):]
	if err != nil || after != "" && after[0] != ' ' && after[0] != '\t' {
		return w, false, p.fail(p.column+start+1, "a text in quotes, closed, with a space behind it", cite(p.rest[start:]), `read-error of "/a b.log"`)
	}
	w.text = w.value
	if w.key != "" {
		w.text = w.key + "=" + w.value
	}
	p.skip(start + len(quoted))
	return w, true, nil
}

func (p *lineParser) skip(n int) { p.column, p.rest = p.column+n, p.rest[n:] }

// cite shows a piece of text in a message, whatever it holds.
func cite(s string) string {
	if s == "" {
		return "the end of the line"
	}
	const most = 40
	if len(s) > most {
		return strconv.Quote(s[:most]) + "…"
	}
	return strconv.Quote(s)
}

// rule reads the line; false if there is no rule in it.
func (p *lineParser) rule() (r Rule, ok bool, err error) {
	w, ok, err := p.next()
	if !ok || err != nil {
		return r, false, err
	}
	if r.Kind, err = ParseKind(w.text); err != nil {
		return r, false, p.fail(w.column, "a kind of fault", cite(w.text)+" ("+kindHint(w.text)+")", exampleLine)
	}
	p.columns = map[string]int{"kind": w.column}
	for {
		w, ok, err = p.next()
		if err != nil {
			return r, false, err
		}
		if !ok {
			break
		}
		if err = p.clause(&r, w); err != nil {
			return r, false, err
		}
	}
	if err := r.Validate(); err != nil {
		e := err.(*RuleError)
		column, ok := p.columns[e.Clause]
		if !ok {
			column = p.columns["nth"]
		}
		return r, false, p.fail(max(column, 1), e.Want, cite(e.Got), kindExample(r.Kind))
	}
	return r, true, nil
}

// clause reads one clause, which begins with w.
func (p *lineParser) clause(r *Rule, w word) error {
	name := w.text
	if w.key != "" {
		name = w.key
	}
	c, ok := clauses[name]
	if !ok || c.isValue != (w.key != "") {
		return p.fail(w.column, "one of "+clauseNames, cite(w.text), kindExample(r.Kind))
	}
	if _, twice := p.columns[name]; twice {
		return p.fail(w.column, name+" only once in a rule", "it again", kindExample(r.Kind))
	}
	p.columns[name] = w.column
	value, column := w.value, w.column+len(w.key)+1
	if c.takesWord {
		next, ok, err := p.next()
		if err != nil {
			return err
		}
		if !ok {
			return p.fail(next.column, c.want+" after \""+name+"\"", "the end of the line", c.example)
		}
		value, column = next.text, next.column
		p.columns[name] = column
	}
	if !c.read(r, value) {
		return p.fail(column, c.want, cite(value), c.example)
	}
	return nil
}

// kindExample is a rule of this kind that reads well.
func kindExample(k Kind) string {
	for _, r := range exampleRules {
		if r.kind == k {
			return r.line
		}
	}
	return exampleLine
}

func readCount(to *uint64) func(string) bool {
	return func(s string) bool {
		n, err := strconv.ParseUint(s, 10, 64)
		*to = n
		return err == nil && n > 0
	}
}

func readFixed(to *Fixed, s string) bool {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64-2 {
		return false
	}
	*to = Fix(n)
	return true
}

func readOps(r *Rule, s string) bool {
	for name := range strings.SplitSeq(s, ",") {
		k, ok := opNamed(name)
		if !ok || r.Ops.Has(k) {
			return false
		}
		r.Ops |= OpsOf(k)
	}
	return true
}

func readSeq(r *Rule, s string) bool {
	first, last, isRange := strings.Cut(s, "..")
	if !isRange {
		ok := readCount(&r.FirstSeq)(s)
		r.LastSeq = r.FirstSeq
		return ok
	}
	return (first != "" || last != "") &&
		(first == "" || readCount(&r.FirstSeq)(first)) &&
		(last == "" || readCount(&r.LastSeq)(last))
}

func readSize(r *Rule, s string) bool {
	unit := int64(1)
	for _, u := range sizeUnits {
		if number, ok := strings.CutSuffix(s, u.name); ok {
			s, unit = number, u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n <= 0 || n > math.MaxInt64/unit {
		return false
	}
	r.Budget = n * unit
	return true
}

func readChance(r *Rule, s string) bool {
	num, den, ok := strings.Cut(s, "/")
	return ok && readCount(&r.Chance.Num)(num) && readCount(&r.Chance.Den)(den) && r.Chance.Num <= r.Chance.Den
}

func readDelay(r *Rule, s string) bool {
	d, err := time.ParseDuration(s)
	r.Delay = d
	return err == nil && d > 0
}
