package sim_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The documentation of the package lists each flag that it gives a test binary, and no
// other.
func TestFlagsAreDocumented(t *testing.T) {
	source, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	listed := make(map[string]bool)
	for _, m := range regexp.MustCompile(`(?m)^//\t-(powercut\.[a-z-]+)\s`).FindAllStringSubmatch(string(source), -1) {
		listed[m[1]] = true
		if flag.Lookup(m[1]) == nil {
			t.Errorf("there is no flag -%s", m[1])
		}
	}
	flags := 0
	flag.VisitAll(func(f *flag.Flag) {
		if !strings.HasPrefix(f.Name, "powercut.") {
			return
		}
		if flags++; !listed[f.Name] {
			t.Errorf("go doc says nothing of -%s", f.Name)
		}
	})
	if flags == 0 {
		t.Error("there are no flags")
	}
}
