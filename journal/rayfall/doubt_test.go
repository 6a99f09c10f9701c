package rayfall_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"powercut/journal/rayfall"
	"powercut/journal/wire"
)

// rand, which is not evaluated, stands for any unsupported function. After each
// line the names behind the arrow are in doubt.
func TestDoubtful(t *testing.T) {
	for _, test := range []struct{ name, script string }{
		{"what is bound", `
			(set x 1) →
			(set y (rand 5)) → y
			(set z 2) → y
			(set y 3) →`},
		{"what is computed from it", `
			(set y (rand 5)) → y
			(set a (+ y 1)) → a y
			(set b 1) → a y
			(set b (+ a b)) → a b y
			(set a 0) → b y
			(del y) → b`},
		{"what comes before and behind it", `
			(do (set a 1) (set b (rand 5)) (set c 2)) → a b c
			(set c 3) → a b`},
		{"a branch that is not taken", `
			(set c (rand 5)) → c
			(if c (set a 1) (set b 2)) → a b c
			(if true (set a 1) (set c 2)) → b c`},
		{"what is changed in its place", `
			(set t (table [x] (list [1 2]))) →
			(set n 't) →
			(insert 't (list (rand 5))) → t
			(set u (select {from: t where: (> x 1)})) → t u
			(set t 0) → u
			(set t (table [x] (list [1 2]))) → u
			(insert n (list (rand 5))) → t u`},
		{"a query of a kind that is not evaluated", `
			(set t (table [x] (list [1 2]))) →
			(select {from: t by: x asc: x}) →
			(update {from: 't x: (rand 5)}) → t x
			(set v (select {from: t by: x asc: x})) → t v x
			(delete {from: 't where: (> x 1)}) → t v x`},
		{"an update that leaves its columns bound", `
			(set w (update {from: (table [x y] (list [1 2] [3 4])) x: (rand 5)})) → w x y
			(set x 1) → w y`},
		{"an update of what is not known", `
			(set w (update {from: (rand 5) x: 1})) → *`},
		{"a path into a dictionary", `
			(set a.b.c 1) → a a.b.c`},
		{"a function that binds", `
			(set f (fn [a] (set g a))) →
			(f (rand 5)) → g
			(set h (fn [a] (set k (rand a)))) → g
			(h 1) → g k
			(map f (rand 5)) → g k`},
		{"a function that is gone when the entry ends", `
			(set f (fn [a] (set z a))) →
			(set c 0) →
			(set c (rand 5)) → c
			(do (if c (f 1)) (set f 0)) → c f z`},
		{"what is only looked at", `
			(rand 5) →
			(set x 1) →`},
		{"what may bind any name", `
			(set x 1) →
			(eval "(set x 2)") → * x
			(set y 3) → * x
			(set x 4) → *
			(set z y) → *
			(set w nosuch) → *
			(set x w) → * x`},
		{"a source that can't be read", `
			(set x 1) →
			(set y 10:60:00) → * x`},
		{"a name that fails for want of it", `
			(set y (rand 5)) → y
			(del y) →
			(set y (rand 5)) → y
			(set a (+ y "s")) → a y`},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := rayfall.New()
			for line := range strings.Lines(test.script) {
				source, want, found := strings.Cut(strings.TrimSpace(line), " →")
				if !found {
					continue
				}
				err := m.Apply(entry(source))
				if got := strings.Join(m.Doubtful(), " "); got != strings.TrimSpace(want) {
					t.Errorf("%s (%v): got %q in doubt, want %q", source, err, got, strings.TrimSpace(want))
				}
			}
		})
	}
}

// Of two machines one can't evaluate what the other can. Whatever they differ in
// is in doubt there.
func TestDifferencesAreInDoubt(t *testing.T) {
	wrap := []string{"(do (rand 1) %s)", "(do %s (rand 1))", "(if (nil? (rand 1)) 0 %s)", "(list %s (rand 1))", "((fn [a] %s) (rand 1))"}
	rapid.Check(t, func(t *rapid.T) {
		whole, half := rayfall.New(), rayfall.New()
		for _, source := range []string{
			"(set x 1)", "(set v [1 2])", "(set f (fn [a] (if (> a 0) (self (- a 1)) (set y a))))", "(set g (fn [a b] (do (set x a) (list a b))))",
			"(set t (table [x s p] (list [3 1 2] [a b a] [0.5 1.5 2.5])))", "(set u 'v)", "(set h (list g f))",
		} {
			for _, m := range []*rayfall.Machine{whole, half} {
				if err := m.Apply(entry(source)); err != nil {
					t.Fatal(err)
				}
			}
		}
		var log []string
		for range rapid.IntRange(1, 6).Draw(t, "entries") {
			source := expression(t, 3)
			if rapid.Bool().Draw(t, "set") {
				source = fmt.Sprintf("(set %s %s)", rapid.SampledFrom([]string{"x", "y", "t", "v", "f", "g"}).Draw(t, "name"), source)
			}
			if rapid.IntRange(0, 4).Draw(t, "branch") == 0 {
				source = fmt.Sprintf("(if (> 2 %s) %s (%s 1 2))", rapid.SampledFrom([]string{"x", "y"}).Draw(t, "condition"), source, rapid.SampledFrom([]string{"g", "f"}).Draw(t, "other"))
			}
			other := source
			if rapid.IntRange(0, 3).Draw(t, "unsupported") == 0 {
				other = fmt.Sprintf(rapid.SampledFrom(wrap).Draw(t, "how"), source)
			}
			errWhole := whole.Apply(entry(source))
			errHalf := half.Apply(entry(other))
			log = append(log, fmt.Sprintf("%s: %v\n%s: %v", source, errWhole, other, errHalf))
			if whole.Doubtful() != nil {
				return // what comes now is not certain in either
			}
		}
		doubtful := half.Doubtful()
		for name := range names(whole, half) {
			a, _ := whole.Get(name)
			b, ok := half.Get(name)
			if (a == nil) == !ok && (a == nil || wire.Equal(a, b)) {
				continue
			}
			if !slices.Contains(doubtful, name) && !(b == nil && slices.Contains(doubtful, "*")) {
				t.Fatalf("%s: got %v, want %v, and only %v are in doubt:\n%s", name, b, a, doubtful, strings.Join(log, "\n"))
			}
		}
	})
}

func names(machines ...*rayfall.Machine) map[string]bool {
	all := map[string]bool{}
	for _, m := range machines {
		for name := range m.Env() {
			all[name] = true
		}
	}
	return all
}

// A copy has the doubts of its original, and what is restored has none.
func TestDoubtIsNoState(t *testing.T) {
	m := rayfall.New()
	for _, source := range []string{"(set x 1)", "(set y (rand 5))", "(set x y)"} {
		_ = m.Apply(entry(source)) // some fail
	}
	c := m.Clone()
	if err := c.Apply(entry("(set x 2)")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"x", "y"}, {"y"}}, [][]string{m.Doubtful(), c.Doubtful()}); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	snapshot, err := m.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Restore(snapshot); err != nil {
		t.Fatal(err)
	}
	if got := m.Doubtful(); got != nil {
		t.Errorf("restored: got %v in doubt", got)
	}
}
