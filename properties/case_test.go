package properties

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"powercut/sim/core"
	"powercut/sim/shrink"
)

// violations runs seeds of the port of the original protocol, which has plenty.
func violations(t *testing.T, seeds core.Seed) []*core.Violation {
	t.Helper()
	var all []*core.Violation
	for seed := range seeds {
		if v := core.Execute(seed, Original.Draw(seed.Streams()), false).Violation; v != nil {
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		t.Fatalf("no violation in %d seeds", seeds)
	}
	return all
}

// A violation's case is complete: read back from its text, it violates the same
// law in the same words, again and again with one digest.
func TestCasesReproduce(t *testing.T) {
	for _, v := range violations(t, 150) {
		text := v.Case.String()
		c, err := core.ParseCase(text, FindTarget)
		if err != nil {
			t.Fatalf("seed %s: %v in\n%s", v.Seed, err, text)
		}
		if diff := cmp.Diff(text, c.String()); diff != "" {
			t.Errorf("seed %s: the case reads back as another (-printed +read):\n%s", v.Seed, diff)
		}
		first, second := core.Reproduce(c, false), core.Reproduce(c, false)
		if got := first.Violation; got == nil || got.Law != v.Law || got.What != v.What {
			t.Errorf("seed %s: got %v, want %v, from\n%s", v.Seed, got, v, text)
		}
		if first.Digest != second.Digest {
			t.Errorf("seed %s: two digests, %s and %s", v.Seed, first.Digest, second.Digest)
		}
	}
}

// The mildest profile is one in which the case still violates its law.
func TestMildestProfile(t *testing.T) {
	for _, v := range violations(t, 40) {
		mild := shrink.Mildest(v.Case)
		if got := core.Reproduce(mild, false).Violation; got == nil || got.Law != v.Law {
			t.Errorf("seed %s: in %s got %v, want a violation of %s", v.Seed, mild.Profile, got, v.Law)
		}
	}
}

// A damaged case is refused with the line and the reason; it's never misread.
func TestCaseErrors(t *testing.T) {
	good := violations(t, 5)[0].Case.String()
	for _, test := range []struct{ name, text, want string }{
		{"empty", "", "empty"},
		{"no case", "hello\n", "this is no case"},
		{"future version", strings.Replace(good, "case 1", "case 99", 1), "newer powercut"},
		{"version 0", strings.Replace(good, "case 1", "case 0", 1), "no format 0"},
		{"cut short", strings.TrimSuffix(good, "end\n"), "cut short"},
		{"more after the end", good + "law x\n", "after \"end\""},
		{"unknown target", strings.Replace(good, "target original", "target nosuch", 1), "no target"},
		{"unknown word", strings.Replace(good, "law ", "lore ", 1), "unknown word"},
		{"unknown law", strings.Replace(good, "law ", "law frobnicate", 1), "there is no law \"frobnicate"},
		{"unknown law before the target", "powercut case 1\nlaw frobnicate\ntarget original\n", "there is no law \"frobnicate"},
		{"misspelt law", regexp.MustCompile(`(?m)^law .*$`).ReplaceAllString(good, "law recover"), "did you mean \"recovers\"?"},
		{"twice", strings.Replace(good, "sector", "seed 1\nsector", 1), "second time"},
		{"bad sector", strings.Replace(good, "sector ", "sector 1", 1), "512 or 4096"},
		{"bad step", strings.Replace(good, "\tclient", "\tclient jump", 1), "unknown step"},
		{"bad schedule", strings.Replace(good, "epoch\n", "epoch\nschedule x\n", 2), "schedule"},
		{"long schedules", strings.Replace(good, "\nepoch\n", "\nepoch\nschedule 0*3000000\nepoch\nschedule 0*3000000\n", 1), "the schedules have more than 4194304 choices"},
		{"endless schedule", strings.Replace(good, "\nepoch\n", "\nepoch\nschedule 0 0*9223372036854775807\n", 1), "is not ACTOR or ACTOR*TIMES"},
		{"block without a head", strings.Replace(good, "target", "\tx\ntarget", 1), "indented"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := core.ParseCase(test.text, FindTarget)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error that says %q", err, test.want)
			}
		})
	}
}

// addCases gives a fuzz target the cases of the corpus to begin with.
func addCases(f *testing.F) {
	f.Helper()
	f.Add("powercut case 1\ntarget journal\nlaw works\nprofile posix\nsector 512\nseed 1\nworkload\n\tmode sync\n\tepoch\n\tclient push\nepoch\nend\n")
	files, err := filepath.Glob("../corpus/*.case")
	if err != nil || len(files) == 0 {
		f.Fatalf("no cases in ../corpus (%v)", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
}

// maxFuzzedOperations bounds the cases that FuzzRunCase runs.
const maxFuzzedOperations = 2000

// Arbitrary text as a case is run on the journal. Without faults that damage or
// lie every law holds; with them, since a text may strike each read in the same
// way, which nobody could tell from what was written, it comes to its end at
// least, and without a panic.
func FuzzRunCase(f *testing.F) {
	addCases(f)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := core.ParseCase(text, func(string) core.Target { return Journal })
		if err != nil || c.Workload.Operations() > maxFuzzedOperations {
			return
		}
		damaged := false
		for _, e := range c.Epochs {
			damaged = damaged || len(e.Plan.Suspended()) > 0
		}
		v := core.Reproduce(c, false).Violation
		if v != nil && (!damaged || v.Law == core.NoPanic || v.Law == core.Progress) {
			t.Errorf("%v\n%s\n%s", v, v.Diff, v.Case)
		}
	})
}

// Arbitrary text as a case: a typed error, or a case that prints and reads back.
func FuzzParseCase(f *testing.F) {
	addCases(f)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := core.ParseCase(text, FindTarget)
		if err != nil {
			if _, ok := err.(*core.CaseError); !ok {
				t.Fatalf("an error of type %T: %v", err, err)
			}
			return
		}
		again, err := core.ParseCase(c.String(), FindTarget)
		if err != nil {
			t.Fatalf("%v in what was printed:\n%s", err, c)
		}
		if diff := cmp.Diff(c.String(), again.String()); diff != "" {
			t.Fatal(diff)
		}
	})
}
