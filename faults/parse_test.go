package faults

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// drawRule gives any valid rule: what it draws that makes no sense together it
// drops again, clause by clause.
func drawRule(t *rapid.T) Rule {
	r := Rule{Kind: rapid.SampledFrom(Kinds()).Draw(t, "kind")}
	small := rapid.OneOf(rapid.Just(uint64(0)), rapid.Uint64Range(1, 20), rapid.Uint64())
	clauses := []func(r *Rule){
		func(r *Rule) { r.Ops = Ops(rapid.Uint32().Draw(t, "ops")) & r.Kind.Ops() },
		func(r *Rule) {
			r.Path = rapid.OneOf(rapid.StringMatching(`(/?[a-z*?]{1,3}){0,4}`), rapid.String()).Draw(t, "path")
		},
		func(r *Rule) { r.NewPath = rapid.StringN(0, 5, -1).Draw(t, "to") },
		func(r *Rule) { r.FirstSeq, r.LastSeq = small.Draw(t, "first"), small.Draw(t, "last") },
		func(r *Rule) { r.FirstSeq = small.Draw(t, "seq"); r.LastSeq = r.FirstSeq },
		func(r *Rule) { r.Budget = rapid.Int64Range(0, 1<<40).Draw(t, "budget") },
		func(r *Rule) { r.Budget = rapid.Int64Range(0, 1<<30).Draw(t, "KiB") << 10 },
		func(r *Rule) { r.From, r.Until = small.Draw(t, "from"), small.Draw(t, "until") },
		func(r *Rule) { r.From = small.Draw(t, "nth"); r.Until = r.From },
		func(r *Rule) { r.Every = small.Draw(t, "every") },
		func(r *Rule) { r.Chance = Chance{small.Draw(t, "num"), small.Draw(t, "den")} },
		func(r *Rule) { r.Sticky = rapid.Bool().Draw(t, "sticky") },
		func(r *Rule) { r.Times = small.Draw(t, "times") },
		func(r *Rule) { r.After = rapid.Bool().Draw(t, "after") },
		func(r *Rule) { r.Errno = rapid.SampledFrom(errnoNames).Draw(t, "errno").errno },
		func(r *Rule) { r.Bytes = Fixed(rapid.Int64Min(0).Draw(t, "n")) },
		func(r *Rule) { r.Sectors = rapid.Uint64().Draw(t, "sectors") },
		func(r *Rule) { r.Bit = Fixed(rapid.Int64Min(0).Draw(t, "bit")) },
		func(r *Rule) { r.At = Fixed(rapid.Int64Min(0).Draw(t, "at")) },
		func(r *Rule) { r.Into = rapid.String().Draw(t, "into") },
		func(r *Rule) { r.Delay = time.Duration(rapid.Int64Min(0).Draw(t, "delay")) },
		func(r *Rule) { r.Comment = drawComment(t) },
	}
	for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(clauses)-1), 0, 12).Draw(t, "clauses") {
		changed := r
		clauses[i](&changed)
		if changed.Validate() == nil {
			r = changed
		}
	}
	return r
}

func drawComment(t *rapid.T) string {
	lines := rapid.SliceOfN(rapid.StringMatching(`( ?[a-z#"=é]+){0,3}`), 0, 3).Draw(t, "comment")
	return strings.Join(lines, "\n")
}

func drawPlan(t *rapid.T) Plan {
	var p Plan
	for range rapid.IntRange(0, 4).Draw(t, "rules") {
		p.Rules = append(p.Rules, drawRule(t))
	}
	p.End = drawComment(t)
	return p
}

func TestParseUndoesPrint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawPlan(t)
		text := want.String()
		got, err := Parse(text)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("read back\n%#v\nwant\n%#v\nfrom\n%s", got, want, text)
		}
	})
}

// A Fixed at the top of its range has no number that could be printed.
func TestFixedRange(t *testing.T) {
	for _, f := range []Fixed{-1, math.MaxInt64} {
		if err := (Rule{Kind: ShortWrite, Bytes: f}).Validate(); err == nil {
			t.Errorf("n of Fixed(%d) was taken", f)
		}
	}
}

// parseRule reads a plan of one rule.
func parseRule(line string) (Rule, error) {
	plan, err := Parse(line)
	if err == nil && len(plan.Rules) != 1 {
		err = fmt.Errorf("%q has %d rules, want one", line, len(plan.Rules))
	}
	if err != nil {
		return Rule{}, err
	}
	return plan.Rules[0], nil
}

func TestEveryKindHasAnExample(t *testing.T) {
	for i, k := range Kinds() {
		e := exampleRules[i]
		if e.kind != k {
			t.Fatalf("example %d is of %s, want %s", i, e.kind, k)
		}
		r, err := parseRule(e.line)
		if err != nil {
			t.Error(err)
			continue
		}
		if r.Kind != k || r.String() != e.line {
			t.Errorf("%q reads back as %q", e.line, r)
		}
	}
	for name, c := range clauses {
		if !strings.Contains(clauseNames, name) {
			t.Errorf("clause %s is missing in %q", name, clauseNames)
		}
		if c.example == "" && (c.takesWord || c.isValue) {
			t.Errorf("clause %s has no example", name)
		}
		if c.example != "" {
			if _, err := parseRule(c.example); err != nil {
				t.Errorf("example of clause %s: %v", name, err)
			}
		}
	}
}

func TestKindNames(t *testing.T) {
	for _, k := range Kinds() {
		got, err := ParseKind(k.String())
		if err != nil || got != k {
			t.Errorf("ParseKind(%q) = %v, %v", k, got, err)
		}
		if k.Does() == "" || k.Ops() == 0 {
			t.Errorf("%s strikes %q, does %q", k, k.Ops(), k.Does())
		}
	}
	if _, err := ParseKind("lying-snyc"); err == nil || !strings.Contains(err.Error(), `"lying-sync"`) {
		t.Errorf("no help for a mistyped kind: %v", err)
	}
}

// Where a person would read the same rule in two ways, one of them is refused.
func TestParseErrors(t *testing.T) {
	for _, c := range []struct {
		text         string
		line, column int
		want         string // part of the message
	}{
		{"drop-clan", 1, 1, `did you mean "drop-clean"?`},
		{"# why\n\n  fail sync", 3, 3, "a kind of fault"},
		{"drop-clean on", 1, 14, `operations, each once`},
		{"drop-clean on sync,sync", 1, 15, "each once"},
		{"drop-clean on write", 1, 15, "sync,syncdir"},
		{"drop-clean of", 1, 14, `a path pattern after "of"`},
		{"drop-clean of *.log of *.qdb", 1, 21, "only once"},
		{"drop-clean of [", 1, 15, "a path pattern such as"},
		{`read-error of "/a b`, 1, 15, "in quotes, closed"},
		{`read-error of "/a b"x`, 1, 15, "with a space behind it"},
		{"drop-clean nth=0", 1, 16, "a number from 1 up"},
		{"drop-clean nth=-1", 1, 16, "a number from 1 up"},
		{"drop-clean nth 3", 1, 12, "one of on, of"},
		{"drop-clean nth=3 until=5", 1, 24, "no nth beside it"},
		{"drop-clean until=5 nth=3", 1, 24, "a number from 1 up"},
		{"drop-clean nth=3 sticky", 1, 18, "from=3"},
		{"drop-clean from=5 until=3", 1, 19, "5 or more"},
		{"drop-clean from=5 until=7 every=4", 1, 27, "3 at most"},
		{"drop-clean seq=9..3", 1, 12, "9 or more"},
		{"drop-clean seq=..", 1, 16, "the number of an operation"},
		{"drop-clean p=0.5", 1, 14, "as a fraction"},
		{"drop-clean p=3/2", 1, 14, "up to 1"},
		{"drop-clean p=0/2", 1, 14, "above 0"},
		{"drop-clean after", 1, 12, "drop-clean without it: it has only errno"},
		{"drop-clean errno=EWHAT", 1, 18, "an error's name"},
		{"drop-clean errno=EOF", 1, 12, "EOF is for short-read"},
		{"no-space budget=64KB", 1, 17, "KiB, MiB or GiB"},
		{"no-space budget=9999999999GiB", 1, 17, "a size"},
		{"no-space n=3", 1, 10, "on write"},
		{"torn-write n=3 sectors=0x1", 1, 16, "either n"},
		{"torn-write sectors=5", 1, 20, "in hexadecimal"},
		{"misdirected-write into=/b", 1, 19, "an offset with it"},
		{"read-error to *.log", 1, 15, "renames or links"},
		{"latency delay=3", 1, 15, "a duration"},
		{"latency sometimes", 1, 9, "one of on, of"},
	} {
		plan, err := Parse(c.text)
		e, ok := errors.AsType[*ParseError](err)
		if !ok {
			t.Errorf("%q: want a ParseError, got %v and %v", c.text, err, plan)
			continue
		}
		if e.Line != c.line || e.Column != c.column || !strings.Contains(e.Error(), c.want) {
			t.Errorf("%q: want line %d, column %d, %q, got\n%v", c.text, c.line, c.column, c.want, err)
		}
		if _, err := parseRule(e.Example); err != nil {
			t.Errorf("%q: the example that its message gives is wrong itself: %v", c.text, err)
		}
	}
}

func TestParseForms(t *testing.T) {
	for text, want := range map[string]string{
		"":                                       "",
		"\n\n":                                   "",
		"#":                                      "",
		"# a\r\n#b  \n":                          "# a\n# b\n",
		"drop-clean\tnth=3   of *.log\r":         "drop-clean of *.log nth=3\n",
		"drop-clean from=3 until=3":              "drop-clean nth=3\n",
		"no-space budget=65536":                  "no-space budget=64KiB\n",
		"no-space budget=1025":                   "no-space budget=1025\n",
		"read-error # why\n":                     "# why\nread-error\n",
		"# a\nread-error # b\n# c":               "# a\n# b\nread-error\n# c\n",
		`read-error of "*.log"`:                  "read-error of *.log\n",
		`read-error of a#b`:                      "read-error of a#b\n",
		`read-error of "#b"`:                     "read-error of \"#b\"\n",
		`misdirected-write into="/a b" at=0`:     "misdirected-write into=\"/a b\" at=0\n",
		"read-error of of":                       "read-error of of\n",
		"read-error of x=y":                      "read-error of x=y\n",
		"read-error seq=5..5":                    "read-error seq=5\n",
		"read-error seq=..7":                     "read-error seq=..7\n",
		"latency delay=0.5ms":                    "latency delay=500µs\n",
		"no-space on mkdir,open errno=EDQUOT":    "no-space on open,mkdir errno=EDQUOT\n",
		"torn-write sectors=0x0f nth=1":          "torn-write nth=1 sectors=0xf\n",
		"short-read p=2/4 times=1 sticky n=0":    "short-read p=2/4 sticky times=1 n=0\n",
		"rename-error after to *.qdb of *.tmp":   "rename-error of *.tmp to *.qdb after\n",
		"# one\nread-error\n\n# two\nstat-error": "# one\nread-error\n# two\nstat-error\n",
	} {
		plan, err := Parse(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := plan.String(); got != want {
			t.Errorf("%q prints as %q, want %q", text, got, want)
		}
	}
}

func TestKindAsText(t *testing.T) {
	var k Kind
	if err := k.UnmarshalText([]byte("torn-write")); err != nil || k != TornWrite {
		t.Errorf("got %v, %v", k, err)
	}
	if text, err := k.MarshalText(); err != nil || string(text) != "torn-write" {
		t.Errorf("got %s, %v", text, err)
	}
	if _, err := Kind(200).MarshalText(); err == nil {
		t.Error("kind 200 has a name")
	}
}

// FuzzParse holds bad input to its law: a typed error, no panic. What is read
// must print in a form that reads back as the same.
func FuzzParse(f *testing.F) {
	for _, e := range exampleRules {
		f.Add(e.line)
	}
	f.Add("# why\nno-space on write,truncate of \"/a b/**\" budget=64KiB until=5\n# end")
	f.Fuzz(func(t *testing.T, text string) {
		plan, err := Parse(text)
		if err != nil {
			if _, ok := errors.AsType[*ParseError](err); !ok {
				t.Fatalf("want a ParseError, got %T: %v", err, err)
			}
			return
		}
		again, err := Parse(plan.String())
		if err != nil {
			t.Fatalf("%q prints as %q: %v", text, plan.String(), err)
		}
		if !reflect.DeepEqual(again, plan) {
			t.Fatalf("%q reads as\n%#v\nbut prints as %q, which reads as\n%#v", text, plan, plan.String(), again)
		}
		NewInjector(plan, nil)
	})
}
