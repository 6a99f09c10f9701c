package properties

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"powercut/sim/core"
)

// docs/laws.md has every law, with the sentence that the commands print, an example of
// a breach, and what the law does not say; the cases and mutants that it names are there.
func TestPageOfLaws(t *testing.T) {
	page := pageText(t, "../docs/laws.md")
	for _, law := range core.Laws() {
		_, section, found := strings.Cut(page, "\n### "+string(law.Law)+"\n")
		section, _, _ = strings.Cut(section, "\n##")
		switch {
		case !found:
			t.Errorf("the page has no law %s", law.Law)
		case !strings.Contains(section, "\n> "+law.Sentence+"\n"):
			t.Errorf("%s: its sentence is\n> %s", law.Law, law.Sentence)
		case !strings.Contains(section, "**A breach:**") || !strings.Contains(section, "**It does not say**"):
			t.Errorf("%s: want an example of a breach, and what it does not say", law.Law)
		}
	}
	mutants := regexp.MustCompile("mutants?\\s+`([a-z-]+)`").FindAllStringSubmatch(page, -1)
	for _, m := range mutants {
		if _, err := os.Stat("mutants/" + m[1] + ".txtar"); err != nil {
			t.Error(err)
		}
	}
	if len(mutants) < 6 {
		t.Errorf("%d mutants: this test does not see the page", len(mutants))
	}
}

// The cases that docs/cases.md shows are cases.
func TestPageOfCases(t *testing.T) {
	cases := regexp.MustCompile("(?ms)^```case\n(.*?)^```$").FindAllStringSubmatch(pageText(t, "../docs/cases.md"), -1)
	for _, c := range cases {
		if strings.HasPrefix(c[1], "powercut case 2\n") {
			continue // package sim reads it: only a test can be its target
		}
		if _, err := core.ParseCase(c[1], FindTarget); err != nil {
			t.Error(err)
		}
	}
	if len(cases) != 2 {
		t.Errorf("%d cases, want one of each format", len(cases))
	}
}

func pageText(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
