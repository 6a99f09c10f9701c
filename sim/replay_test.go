package sim

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/afero"

	"powercut/sim/core"
)

// A case that does not come to its crash any more says nothing, and that is no
// success: a bisection must not take it for good.
func TestReplayOfACaseThatSaysNothing(t *testing.T) {
	k := &corpus{target: &target{test: core.TestName{Package: "powercut/sim", Test: "TestToy"}, body: func(r *Run) {
		r.Workload(func(fs afero.Fs) error { return afero.WriteFile(fs, "/f", nil, 0o644) })
		r.Recover(func(afero.Fs) error { return nil })
	}}}
	for step, want := range map[string]string{"2": "", "99": "NOTHING SAID"} {
		file := filepath.Join(t.TempDir(), "c.case")
		text := "powercut case 2\ntarget test\ntest powercut/sim TestToy\nlaw recovers\nprofile posix\nsector 512\nseed 1\nworkload\nepoch\ncrash " +
			step + " power-cut posix\nend\n"
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := k.replay(file, ""); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("a crash before operation %s: got %q, want %q in it", step, got, want)
		}
	}
}

// The case of format 2 that docs/cases.md shows is one of a test.
func TestPageOfCases(t *testing.T) {
	page, err := os.ReadFile("../docs/cases.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, found := strings.Cut(string(page), "```case\npowercut case 2\n")
	text, _, _ = strings.Cut(text, "```")
	k := &corpus{target: &target{test: core.TestName{Package: "example.com/store", Test: "TestStore"}}}
	c, err := core.ParseCase("powercut case 2\n"+text, k.find)
	if !found || err != nil {
		t.Fatalf("found %v: %v", found, err)
	}
	if c.Test != k.target.test {
		t.Errorf("it is of %s", c.Test)
	}
}

// A file is named as the package's directory sees it, if it is in it.
func TestFromPackage(t *testing.T) {
	for _, test := range [][3]string{
		{"example.com/store/store.go", "example.com/store", "store.go"},
		{"example.com/store/log/log.go", "example.com/store", "log/log.go"},
		{"sim/toy_test.go", "powercut/sim", "toy_test.go"},
		{"example.com/other/a.go", "example.com/store", "example.com/other/a.go"},
		{"a.go", "store", "a.go"},
	} {
		if got := fromPackage(test[0], test[1]); got != test[2] {
			t.Errorf("%s from %s: got %s, want %s", test[0], test[1], got, test[2])
		}
	}
}
