package faults

import (
	"path"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		pattern string
		yes, no []string
	}{
		{"", []string{"/", "/a", "/a/b"}, nil},
		{"**", []string{"/", "/a", "/a/b"}, nil},
		{"*.log", []string{"/a.log", "/d/a.log", "/d/.log"}, []string{"/a.log/b", "/a.log2", "/log"}},
		{"wal-?.log", []string{"/wal-1.log", "/d/wal-2.log"}, []string{"/wal-10.log", "/wal-/.log"}},
		{"a.log", []string{"/a.log", "/d/a.log"}, []string{"/ba.log", "/a.log/b"}},
		{"/a.log", []string{"/a.log"}, []string{"/d/a.log"}},
		{"/", []string{"/"}, []string{"/a"}},
		{"/*", []string{"/a"}, []string{"/a/b", "/"}},
		{"/d/**", []string{"/d", "/d/a", "/d/a/b"}, []string{"/da", "/e/d"}},
		{"/**/*.log", []string{"/a.log", "/d/a.log", "/d/e/a.log"}, []string{"/a.log/b"}},
		{"d/*.log", []string{"/d/a.log", "/c/d/a.log"}, []string{"/cd/a.log", "/d/e/a.log"}},
		{"**/d/**/e", []string{"/d/e", "/x/d/y/z/e", "/d/d/e/e"}, []string{"/d", "/e/d"}},
		{"/a/**/b/**/c", []string{"/a/b/c", "/a/x/b/b/y/c"}, []string{"/a/c/b", "/a/b/c/d"}},
		{`/a\*`, []string{"/a*"}, []string{"/ab"}},
		{"*[0-9]", []string{"/x1"}, []string{"/x"}},
	} {
		p, err := compilePattern(c.pattern)
		if err != nil {
			t.Errorf("%q: %v", c.pattern, err)
			continue
		}
		for _, name := range c.yes {
			if !p.match(name) {
				t.Errorf("%q doesn't match %q", c.pattern, name)
			}
		}
		for _, name := range c.no {
			if p.match(name) {
				t.Errorf("%q matches %q", c.pattern, name)
			}
		}
	}
}

// slowMatch is what a pattern means, without regard for cost.
func slowMatch(elems, names []string) bool {
	switch {
	case len(elems) == 0:
		return len(names) == 0
	case elems[0] == "**":
		return slowMatch(elems[1:], names) || len(names) > 0 && slowMatch(elems, names[1:])
	case len(names) == 0:
		return false
	}
	ok, _ := path.Match(elems[0], names[0])
	return ok && slowMatch(elems[1:], names[1:])
}

func TestPatternMeansWhatItSays(t *testing.T) {
	elem := rapid.SampledFrom([]string{"a", "b", "ab", "*", "a*", "**", "?"})
	name := rapid.SampledFrom([]string{"a", "b", "ab", "ba"})
	rapid.Check(t, func(t *rapid.T) {
		elems := rapid.SliceOfN(elem, 1, 6).Draw(t, "pattern")
		names := rapid.SliceOfN(name, 0, 6).Draw(t, "path")
		text, file := "/"+strings.Join(elems, "/"), "/"+strings.Join(names, "/")
		p, err := compilePattern(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := p.match(file), slowMatch(elems, names); got != want {
			t.Fatalf("%q on %q: got %v, want %v", text, file, got, want)
		}
	})
}

func TestLiteralPattern(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		file := "/" + rapid.StringMatching(`[ab*?\[\]\\]{1,5}(/[ab*?\[\]\\]{1,5})?`).Draw(t, "path")
		other := "/" + rapid.StringMatching(`[ab*?\[\]\\]{1,5}`).Draw(t, "other")
		p, err := compilePattern(literalPattern(file))
		if err != nil {
			t.Fatal(err)
		}
		if !p.match(file) || other != file && p.match(other) {
			t.Fatalf("the pattern %q for %q: own %v, of %q %v", p.text, file, p.match(file), other, p.match(other))
		}
	})
}

// A pattern with many stars on a long path must not take exponential time.
func TestPatternCost(t *testing.T) {
	p, err := compilePattern("/" + strings.Repeat("**/a/", 30) + "b")
	if err != nil {
		t.Fatal(err)
	}
	if p.match(strings.Repeat("/a", 2000)) {
		t.Error("matches")
	}
}
