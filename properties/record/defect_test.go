package record

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each row says what is wrong, and where it is tested or why it isn't.
func TestDefects(t *testing.T) {
	for _, d := range Defects() {
		if d.Engine == "" || d.Has == "" && d.Test != "" || d.What == "" {
			t.Errorf("%+v: want an engine, its version, and what is wrong", d)
		}
		if d.Test == "" && d.Missed == "" {
			t.Errorf("%s: %s: want a test, or why there is none", d.Engine, d.What)
		}
		if d.Test != "" && (d.Module == "" || d.Dir == "" || d.Promised == "") {
			t.Errorf("%s: %s: want its module, the directory of its test, and what is promised", d.Engine, d.Test)
		}
		if d.Report != "" && !strings.HasPrefix(d.Report, "https://") {
			t.Errorf("%s: the address %q", d.Engine, d.Report)
		}
	}
}

// Every test that is named by a row, or by what was measured, is there: the commands that
// run them would end at one that is not, after minutes or hours.
func TestNamedTestsAreThere(t *testing.T) {
	type named struct{ Dir, Test string }
	var all []named
	for _, d := range Defects() {
		if d.Test != "" {
			all = append(all, named{d.Dir, d.Test})
		}
	}
	for _, file := range []string{"silence/runs.json", "sooner/searches.json"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var some []named
		if err := json.Unmarshal(text, &some); err != nil || len(some) == 0 {
			t.Fatalf("%s: %d tests, %v", file, len(some), err)
		}
		all = append(all, some...)
	}
	for _, n := range all {
		if !hasTest(t, filepath.Join("..", "..", n.Dir), n.Test) {
			t.Errorf("%s has no test called %s", n.Dir, n.Test)
		}
	}
}

// hasTest says whether a directory has a test; a part's name counts up to the first slash.
func hasTest(t *testing.T, dir, test string) bool {
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	test, _, _ = strings.Cut(test, "/")
	declared := regexp.MustCompile(`(?m)^func ` + regexp.QuoteMeta(test) + `\(t \*testing\.T\)`)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if declared.Match(text) {
			return true
		}
	}
	return false
}
