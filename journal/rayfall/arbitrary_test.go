package rayfall_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/journal/wire"
)

// What arbitrary calls are made of: every function, and values of every kind.
var (
	anyFunction = strings.Fields(`+ - * / % div neg abs floor ceil round sqrt exp log xbar == != < <= > >= not and or
		list enlist concat raze at get take drop count first last til reverse where cut bin within like find in except
		union sect distinct group asc desc iasc idesc rank sum avg min max med dev map fold apply dict key value remove
		type nil? as upper lower raise table cols xasc xdesc modify select update insert upsert alter set let del if do
		fn try quote nosuch rand self f g t`)
	anyValue = strings.Split(`0|1|-1|7|9223372036854775807|-9223372036854775807|3h|-2i|0x0a|0xff|0Nl|0Ni|0Nh|0Nf|0Nd|0Nt|0Np|`+
		`2.5|-0.0|1e308|1e-310|true|false|null|"abc"|""|"a*"|'a|'x|'|2024.01.15|12:30:00|-00:00:01.5|2024.01.15D10:00:00.5|`+
		`[]|[1 2 3]|[0Nl 5]|[3h 0Nh]|[1i -2i]|[0x01 0xff]|[1.5 0Nf]|[true false]|[a b a]|["p" ""]|[2024.01.15 0Nd]|[10:00:00]|`+
		`()|(list)|(list 1 'a "s")|(list [1 2] [3 4])|(list 1 (list 2.5 0x01))|{}|{a: 1 b: [1 2]}|{x: 1 s: 'q p: 2.5}|{"k": 1}|`+
		`x|y|s|t|u|f|g|'t|'v|'I64|'SYM|'GUID|'DATE|+|neg|count|(table [x s] (list [1 2] [a b]))|`+
		`{from: t where: (> x 1)}|{from: t by: s n: (count x) a: (avg p)}|{from: 't x: (+ x 1)}|{from: t m: (max x) f: (first s)}|`+
		`(as 'GUID "d49f18a4-1969-49e8-9b8a-6bb9a4832eea")|(fn [a] (self a))|(fn [a b] (+ a b))|(fn [] 1)`, "|")
)

// alike are values that go together, so that calls get further than their first
// look at their arguments.
var alike = [][]string{
	{"0", "1", "7", "-5", "3h", "-2i", "0x0a", "2.5", "-0.5", "true", "0Nl", "0Nf", "0Nh", "9223372036854775807"},
	{"[1 2 3]", "[3 0Nl 3]", "[3h 0Nh 1h]", "[1i -2i 2i]", "[0x01 0xff 0x00]", "[1.5 0Nf 1.5]", "[true false true]", "2", "2.5", "(til 3)"},
	{"[1 2 3]", "[2 3 9]", "[0 1]", "[]", "1", "0", "2"},
	{`"abc"`, `""`, `"a*c"`, `"b"`, "'a", "'abc", `["p" "abc"]`, "[a b abc]", "1", "[0 2]"},
	{"'a", "'b", "[a b a]", "[b c]", "['a 'x]", "'"},
	{"2024.01.15", "12:30:00", "2024.01.15D10:00:00.5", "[2024.01.15 0Nd]", "[10:00:00]", "5", "0Np", "3i", "(as 'TIMESTAMP [1 2])"},
	{"{a: 1 b: [1 2]}", "{b: 2 c: 'q}", "'a", "[a b]", "(dict [1 2] [3 4])", "1", "{}"},
	{"(list 1 'a)", "(list [1 2] [3 4])", "(list)", "[1 2]", "1", "(list 1 2.5)", "(list \"a\" 'a)"},
	{"t", "(table [x s] (list [1 2] [a b]))", "'x", "'s", "['s 'x]", "1", "0", "neg", "upper", "{x: 7 s: 'z p: 0.5}", "(list 9 'k 1.5)",
		"(list [8 9] [k l] [0.5 1.5])", "'t", "[2 0]"},
	{"+", "neg", "count", "f", "g", "(fn [a] (+ a 1))", "(fn [a b] (* a b))", "[1 2 3]", "(list 1 [2 3])", "2", "1"},
}

// templates are calls whose arguments have to fit in more than their kinds.
var templates = []string{
	"(as '%s %%1)", "(alter 'v set 1 9)", "(alter 'v concat [3])", "(do (set l (list 1 2)) (alter 'l remove 0))",
	"(modify t 'x neg)", "(modify t 's upper)", "(upsert 't 1 %%8)", "(upsert t 's %%8)", "(insert 't %%8)", "(insert 'v %%0)",
	"(update {from: 't x: %%0 where: (> x 1)})", "(update {from: t s: 'q n: (* x p)})", "(select {from: t where: (in s [a b]) n: x m: (+ x p)})",
	"(select {from: t by: s m: (sum x) n: (min p)})", "(sum (+ %%1 %%0))", "(remove %%6 'a)", "(as '%s %%3)", "(as '%s %%5)",
}

var kinds = strings.Fields("B8 U8 I16 I32 I64 F64 DATE TIME TIMESTAMP GUID STR SYM")

// expression draws a call of whatever function with whatever arguments, or with
// some that go together.
func expression(t *rapid.T, depth int) string {
	from := func(pool []string) string { return rapid.SampledFrom(pool).Draw(t, "value") }
	if depth == 0 || rapid.IntRange(0, 3).Draw(t, "leaf") == 0 {
		return from(anyValue)
	}
	if rapid.IntRange(0, 3).Draw(t, "template") == 0 {
		text := strings.ReplaceAll(from(templates), "%s", from(kinds))
		for i, pool := range alike {
			hole := fmt.Sprintf("%%%%%d", i)
			for strings.Contains(text, hole) {
				text = strings.Replace(text, hole, from(pool), 1)
			}
		}
		return text
	}
	call := []string{from(anyFunction)}
	pool := rapid.SampledFrom(alike).Draw(t, "pool")
	for range rapid.SampledFrom([]int{1, 2, 2, 2, 3, 0, 4}).Draw(t, "arguments") {
		if rapid.IntRange(0, 3).Draw(t, "nested") == 0 {
			call = append(call, expression(t, depth-1))
		} else {
			call = append(call, from(pool))
		}
	}
	return "(" + strings.Join(call, " ") + ")"
}

// Whatever is called with whatever: it ends, within its limits and without a
// panic; its error is of a known type; twice it gives the same state; and that
// state survives a snapshot. A restricted entry changes nothing.
func TestArbitraryCalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var entries []journal.Entry
		for range rapid.IntRange(1, 4).Draw(t, "entries") {
			source := fmt.Sprintf("(set %s %s)", rapid.SampledFrom([]string{"x", "y", "t", "v", "f"}).Draw(t, "name"), expression(t, 3))
			if rapid.Bool().Draw(t, "bare") {
				source = expression(t, 3)
			}
			e := entry(source)
			e.Restricted = rapid.IntRange(0, 5).Draw(t, "restricted") == 0
			entries = append(entries, e)
		}
		run := func() (*rayfall.Machine, []string) {
			m := rayfall.New()
			for _, source := range []string{
				"(set x 1)", "(set v [1 2])", "(set f (fn [a] (if (> a 0) (self (- a 1)) a)))", "(set g (fn [a b] (list a b)))",
				"(set t (table [x s p] (list [3 1 2] [a b a] [0.5 1.5 2.5])))", "(set u (table [k] (list (list))))",
			} {
				if err := m.Apply(entry(source)); err != nil {
					t.Fatal(err)
				}
			}
			var outcomes []string
			for _, e := range entries {
				before := fmt.Sprint(state(m))
				err := m.Apply(e)
				var failed *rayfall.EvalError
				var outside *rayfall.UnsupportedError
				if err != nil && !errors.As(err, &failed) && !errors.As(err, &outside) {
					t.Fatalf("%s: got %T %v", e.Payload, err, err)
				}
				if after := fmt.Sprint(state(m)); e.Restricted && after != before {
					t.Fatalf("restricted %s: got %s, want %s", e.Payload, after, before)
				}
				outcomes = append(outcomes, fmt.Sprint(err))
			}
			return m, outcomes
		}
		one, first := run()
		two, second := run()
		if a, b := fmt.Sprint(first, state(one)), fmt.Sprint(second, state(two)); a != b {
			t.Fatalf("twice:\n%s\n%s", a, b)
		}
		snapshot, err := one.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		again := rayfall.New()
		if _, err := again.Restore(snapshot); err != nil {
			t.Fatal(err)
		}
		if copied, err := again.Snapshot(); err != nil || string(copied) != string(snapshot) {
			t.Fatalf("restored: got %x, %v, want %x", copied, err, snapshot)
		}
		for name, v := range one.Env() {
			if back, err := wire.Decode(wire.Encode(v)); err != nil || !wire.Equal(back, v) {
				t.Fatalf("%s: decoded %v, %v, want %v", name, back, err, v)
			}
		}
	})
}
