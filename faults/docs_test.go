package faults

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The plans of docs/faults.md are plans; it names every kind of fault; and it says of
// each what Kind.Suspends says.
func TestPageOfFaults(t *testing.T) {
	raw, err := os.ReadFile("../docs/faults.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(raw)
	plans := regexp.MustCompile("(?ms)^```plan\n(.*?)^```$").FindAllStringSubmatch(page, -1)
	if len(plans) < 4 {
		t.Errorf("%d plans: this test does not see the page", len(plans))
	}
	rules := 0
	for _, plan := range plans {
		parsed, err := Parse(plan[1])
		if err != nil {
			t.Errorf("%v in the plan\n%s", err, plan[1])
		}
		rules += len(parsed.Rules)
	}
	if lines := strings.Count(page, "```plan"); rules < 4*lines {
		t.Errorf("%d rules in %d plans", rules, lines)
	}

	_, kindsOf, _ := strings.Cut(page, "## The kinds")
	kindsOf, _, _ = strings.Cut(kindsOf, "\n## Mixes")
	_, table, _ := strings.Cut(page, "## Faults that suspend a law")
	got := make(map[string][]string)
	for _, row := range regexp.MustCompile(`(?m)^\| (.*) \| (.*) \|$`).FindAllStringSubmatch(table, -1) {
		for _, kind := range regexp.MustCompile("`([a-z-]+)`").FindAllStringSubmatch(row[1], -1) {
			got[kind[1]] = strings.Split(row[2], ", ")
		}
	}
	want := make(map[string][]string)
	for _, kind := range append(Kinds(), EnvironmentKinds()...) {
		if !strings.Contains(kindsOf, "`"+kind.String()+"`") {
			t.Errorf("the page does not say what %s does", kind)
		}
		if laws := kind.Suspends(); len(laws) > 0 {
			want[kind.String()] = laws
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("which laws are suspended (-code +page):\n%s", diff)
	}
}
