package core_test

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"powercut/sim/core"
	"powercut/sim/internal/golden"
	"powercut/sim/internal/toys"
	"powercut/sim/internal/toys/slots"
)

// find finds a target of the toys by its name.
func find(name string) core.Target {
	for _, defect := range slots.Defects {
		if target := (toys.Slots{Defect: defect}); target.Name() == name {
			return target
		}
	}
	return nil
}

// violations are those of the first seeds of a target.
func violations(target core.Target, seeds core.Seed) []*core.Violation {
	var all []*core.Violation
	for seed := range seeds {
		if v := core.Execute(seed, target.Draw(seed.Streams()), false).Violation; v != nil {
			all = append(all, v)
		}
	}
	return all
}

// A violation's case is complete: read back from its text, which is what testdata
// has of the first seed, it violates the same law in the same words, again and
// again with one digest.
func TestCasesReproduce(t *testing.T) {
	for _, defect := range slots.Defects {
		t.Run(string(defect), func(t *testing.T) {
			all := violations(toys.Slots{Defect: defect}, 60)
			if sound := defect == slots.None; sound != (len(all) == 0) {
				t.Fatalf("%d violations", len(all))
			}
			for i, v := range all {
				text := v.Case.String()
				if i == 0 {
					golden.Compare(t, string(defect)+".case", text)
				}
				c, err := core.ParseCase(text, find)
				if err != nil {
					t.Fatalf("seed %s: %v in\n%s", v.Seed, err, text)
				}
				if diff := cmp.Diff(text, c.String()); diff != "" {
					t.Errorf("seed %s: the case reads back as another (-printed +read):\n%s", v.Seed, diff)
				}
				first, second := core.Reproduce(c, false), core.Reproduce(c, false)
				if got := first.Violation; got == nil || got.Law != v.Law || got.What != v.What || first.Missed {
					t.Errorf("seed %s: got %v, want %v, from\n%s", v.Seed, got, v, text)
				}
				if first.Digest != second.Digest {
					t.Errorf("seed %s: two digests, %s and %s", v.Seed, first.Digest, second.Digest)
				}
				if size := c.Size(); size != v.Case.Size() || size.Steps == 0 || size.Epochs != len(c.Epochs) {
					t.Errorf("seed %s: %s, and read back %s", v.Seed, v.Case.Size(), size)
				}
			}
		})
	}
}

// A damaged case is refused with the line and what is wrong with it; it is never
// misread. The texts and what is said of them are a golden text.
func TestCaseErrors(t *testing.T) {
	good, err := os.ReadFile("testdata/no-dir-sync.case")
	if err != nil {
		t.Fatal(err)
	}
	line := func(word, instead string) func(string) string {
		return func(text string) string {
			var b strings.Builder
			for l := range strings.Lines(text) {
				if strings.HasPrefix(l, word) {
					l = instead
				}
				b.WriteString(l)
			}
			return b.String()
		}
	}
	var report strings.Builder
	for _, test := range []struct {
		name   string
		damage func(good string) string
	}{
		{"empty", func(string) string { return "" }},
		{"no case", func(string) string { return "hello\n" }},
		{"a later format", line("powercut case", "powercut case 4\n")},
		{"format 0", line("powercut case", "powercut case 0\n")},
		{"cut short", func(good string) string { return strings.TrimSuffix(good, "end\n") }},
		{"more behind the end", func(good string) string { return good + "law x\n" }},
		{"another target", line("target", "target nosuch\n")},
		{"a law that there is not", line("law", "law frobnicate\n")},
		{"that law before the target", func(string) string { return "powercut case 1\nlaw frobnicate\ntarget slots-none\n" }},
		{"a law misspelt", line("law", "law slots-keep\n")},
		{"an unknown word", line("law", "lore slots-kept\n")},
		{"no law", line("law", "")},
		{"twice", line("sector", "sector 512\nsector 512\n")},
		{"an odd sector", line("sector", "sector 1000\n")},
		{"an odd profile", line("profile", "profile fat\n")},
		{"an odd seed", line("seed", "seed many\n")},
		{"an odd digest", line("seed", "seed 1\ndigest 12\n")},
		{"an odd workload", line("\tepoch 0", "\tepoch 0 client 0 jumps\n")},
		{"a workload before its target", func(string) string { return "powercut case 1\nworkload\n" }},
		{"an epoch's line before it", func(string) string { return "powercut case 1\nschedule 0\n" }},
		{"a block without a head", line("target", "\tx\n")},
		{"an odd fault", line("epoch", "epoch\nfaults\n\tfire on write\n")},
		{"an odd schedule", line("epoch", "epoch\nschedule x\n")},
		{"long schedules", line("epoch", "epoch\nschedule 0*3000000\nepoch\nschedule 0*3000000\n")},
		{"an odd crash", line("crash", "crash x power-cut posix\n")},
		{"crash 0", line("crash", "crash 0 power-cut posix\n")},
		{"an odd image", line("crash", "crash 3 nothing\n")},
		{"a binary in format 1", line("law", "binary 1234\nlaw slots-kept\n")},
		{"no binary", func(string) string { return "powercut case 3\nbinary\n" }},
		{"a module without a version", func(string) string { return "powercut case 3\nmodule example.com/a\n" }},
	} {
		_, err := core.ParseCase(test.damage(string(good)), find)
		if _, ok := errors.AsType[*core.CaseError](err); !ok {
			t.Errorf("%s: got %v, want a *CaseError", test.name, err)
			continue
		}
		fmt.Fprintf(&report, "%s\n\t%v\n", test.name, err)
	}
	golden.Compare(t, "case-errors.txt", report.String())

	_, err = core.ParseCase(line("target", "target nosuch\n")(string(good)), find)
	if _, ok := errors.AsType[*core.ForeignError](err); !ok {
		t.Errorf("a case of another target: got %v, want a *ForeignError within", err)
	}
}

// Whoever changes a copy of a case does not change the case; and nobody takes the
// copy's digest for its own.
func TestClone(t *testing.T) {
	v := violations(toys.Slots{Defect: slots.NoDirSync}, 60)[0]
	v.Case.Digest = 1
	text := v.Case.String()
	c := v.Case.Clone()
	c.Epochs[0].Crashes = nil
	if c.Digest != 0 || v.Case.String() != text {
		t.Errorf("the copy has digest %s, the case became\n%s", c.Digest, v.Case)
	}
}
