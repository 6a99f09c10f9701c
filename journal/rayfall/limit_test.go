package rayfall_test

import (
	"errors"
	"strings"
	"testing"

	"powercut/journal/rayfall"
	"powercut/journal/wire"
)

// No entry exhausts memory or the stack, by its own size or by what earlier
// ones have left.
func TestLimits(t *testing.T) {
	deep := func(open, inner, end string, n int) string {
		return strings.Repeat(open, n) + inner + strings.Repeat(end, n)
	}
	for _, test := range []struct {
		name   string
		setup  string // applied until it fails
		source string
		class  error
	}{
		{"til of 10^12", "", "(til 1000000000000)", rayfall.ErrLimit},
		{"til of the largest integer", "", "(til 9223372036854775807)", rayfall.ErrLimit},
		{"many large vectors in one entry", "", "(do " + strings.Repeat("(til 1000000)", 10) + ")", rayfall.ErrLimit},
		{"calls nested", "", deep("(neg ", "1", ")", 600), rayfall.ErrLimit},
		{"source nested", "", deep("(", "", ")", 1025), rayfall.ErrParse},
		{"vectors nested", "", deep("[", "", "]", 1<<20), rayfall.ErrParse},
		{"a dictionary too deep to be kept", "", "(set d " + deep("{a: ", "1", "}", 600) + ")", rayfall.ErrLimit},
		{"a list that doubles", "(if (count v) (set v (list v v)))", "(set v (list v v v))", rayfall.ErrLimit},
		{"a string that doubles", "(set s (concat s s))", "(set s (concat s s))", rayfall.ErrLimit},
		{"indices nested", "(set i (list i i))", "(at [1] (list i i i i))", rayfall.ErrLimit},
		{"elements nested", "(set i (list i i))", "(+ (list i i i i) 1)", rayfall.ErrLimit},
		{"a vector literal", "", "[" + strings.Repeat("1 ", 4097) + "]", rayfall.ErrLimit},
		{"a string with escapes", "", `"` + strings.Repeat(`\n`, 4095) + `"`, rayfall.ErrDomain},
		{"too many expressions", "", strings.Repeat("1 ", 257), rayfall.ErrDomain},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := rayfall.New()
			for _, source := range []string{"(set v [1])", "(set i 0)", `(set s "abc")`} {
				if err := m.Apply(entry(source)); err != nil {
					t.Fatal(err)
				}
			}
			for n := 0; test.setup != "" && m.Apply(entry(test.setup)) == nil; n++ {
				if n == 40 {
					t.Fatalf("%s: no limit", test.setup)
				}
			}
			if err := m.Apply(entry(test.source)); !errors.Is(err, test.class) {
				t.Errorf("got %v, want %v", err, test.class)
			}
			snapshot, err := m.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			if err := wire.Check(snapshot); err != nil {
				t.Errorf("snapshot: %v", err)
			}
		})
	}
}
