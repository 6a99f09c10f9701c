package properties

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"powercut/sim/core"
)

// The laws that package core lists as a target's are those that have a name here, and
// code other than a test reports each of them.
func TestLawsAreListed(t *testing.T) {
	var source strings.Builder
	for _, dir := range []string{".", "../sim/core"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no source in %s (%v)", dir, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(text)
		}
	}
	names := make(map[core.Law]string) // of the constants
	for _, m := range regexp.MustCompile(`(?m)^\t(\w+) +(?:core\.)?Law += "([a-z-]+)"`).FindAllStringSubmatch(source.String(), -1) {
		names[core.Law(m[2])] = m[1]
	}
	for _, law := range core.Laws() {
		name := names[law.Law]
		delete(names, law.Law)
		uses := 0
		if name != "" {
			uses = len(regexp.MustCompile(`(?:f\(|, |return |= |Law: |core\.)`+name+`\b`).FindAllString(source.String(), -1))
		}
		if uses == 0 {
			t.Errorf("%s: judged by %s, and the code that may report it refers to it (as %q) %d times", law.Law, law.Judge, name, uses)
		}
	}
	if len(names) > 0 {
		t.Errorf("not on the list of core.Laws: %v", names)
	}
}

// A case that names no law is refused with an error that programs can tell, and that
// says which law may have been meant.
func TestCaseOfNoLaw(t *testing.T) {
	good := violations(t, 5)[0].Case
	for _, law := range []core.Law{"frobnicate", "recover", ""} {
		c := *good
		c.Law = law
		_, err := core.ParseCase(c.String(), FindTarget)
		var ofCase *core.CaseError
		var ofLaw *core.LawError
		if !errors.As(err, &ofCase) || !errors.As(err, &ofLaw) || ofCase.Line == 0 {
			t.Errorf("law %q: got %v, want a *CaseError with its line that wraps a *LawError", law, err)
		}
	}
}
