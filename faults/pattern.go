package faults

import (
	"fmt"
	"path"
	"strings"
)

// pattern matches the rooted, cleaned path of an operation:
//
//	(nothing)   every path
//	wal-*.log   without a slash: the last element, in any directory
//	/db/*.log   with a leading slash: the whole path
//	db/*.log    with a slash elsewhere: the path's end, from a slash on
//	/db/**      ** alone between slashes stands for any number of elements
//
// Within an element the syntax is that of path.Match: * ? [a-z] \x.
type pattern struct {
	text  string
	form  patternForm
	elems []string
	// The last answer: programs stay with a file for a while.
	lastName string
	lastOK   bool
}

type patternForm uint8

const (
	matchAll    patternForm = iota
	matchExact              // the whole path, no special character
	matchSuffix             // "*" and literal text: the form of most rules
	matchBase               // the last element
	matchElems
)

func compilePattern(text string) (pattern, error) {
	p := pattern{text: text}
	if text == "" || text == "**" {
		return p, nil
	}
	for elem := range strings.SplitSeq(text, "/") {
		if _, err := path.Match(elem, ""); err != nil {
			return p, fmt.Errorf("want a path pattern as path.Match knows it, got %.80q", text)
		}
	}
	literal := !strings.ContainsAny(text, `*?[\`)
	switch {
	case literal && text[0] == '/':
		p.form = matchExact
	case strings.Contains(text, "/"):
		p.form = matchElems
		rooted := strings.HasPrefix(text, "/")
		p.elems = strings.Split(strings.TrimPrefix(text, "/"), "/")
		if !rooted && p.elems[0] != "**" {
			p.elems = append([]string{"**"}, p.elems...)
		}
	case text[0] == '*' && !strings.ContainsAny(text[1:], `*?[\`):
		p.form = matchSuffix
		p.elems = []string{text[1:]}
	default:
		p.form = matchBase
	}
	return p, nil
}

// match allocates nothing: it runs for every operation of a run.
func (p *pattern) match(name string) bool {
	switch p.form {
	case matchAll:
		return true
	case matchExact:
		return name == p.text
	case matchSuffix:
		// The text before the suffix is a part of the last element, since the
		// suffix holds no slash; it only has to be within that element.
		return strings.HasSuffix(name, p.elems[0]) && len(lastElement(name)) >= len(p.elems[0])
	}
	if name == p.lastName {
		return p.lastOK
	}
	p.lastName = name
	if p.form == matchBase {
		p.lastOK = matchElement(p.text, lastElement(name))
	} else {
		p.lastOK = matchElements(p.elems, strings.TrimPrefix(name, "/"))
	}
	return p.lastOK
}

func lastElement(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// matchElements goes back at most to the last "**" that it passed, as is usual
// for globs: earlier ones need never match more. So its cost is bounded by the
// product of the lengths whatever a plan says.
func matchElements(elems []string, name string) bool {
	i, rest, done := 0, name, name == ""
	star, starRest, starDone := -1, "", false
	for !done {
		elem, after, more := strings.Cut(rest, "/")
		switch {
		case i < len(elems) && elems[i] == "**":
			star, starRest, starDone = i, rest, done
			i++
			continue
		case i < len(elems) && matchElement(elems[i], elem):
			i, rest, done = i+1, after, !more
			continue
		case star >= 0 && !starDone:
			// Let the "**" take one more element.
			_, starRest, more = strings.Cut(starRest, "/")
			starDone = !more
			i, rest, done = star+1, starRest, starDone
			continue
		}
		return false
	}
	for i < len(elems) && elems[i] == "**" {
		i++
	}
	return i == len(elems)
}

func matchElement(elem, name string) bool {
	ok, _ := path.Match(elem, name)
	return ok
}

// literalPattern returns a pattern that matches only this path.
func literalPattern(name string) string {
	if !strings.ContainsAny(name, `*?[\`) {
		return name
	}
	var b strings.Builder
	for i := range len(name) {
		if strings.IndexByte(`*?[\`, name[i]) >= 0 {
			b.WriteByte('\\')
		}
		b.WriteByte(name[i])
	}
	return b.String()
}

// MatchPath compiles a pattern of paths, as rules have them, for use elsewhere.
func MatchPath(text string) (match func(name string) bool, err error) {
	p, err := compilePattern(text)
	if err != nil {
		return nil, err
	}
	return p.match, nil
}
