package mutants

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/fstest"
)

const seeds = "200"

// Each mutant fits the source. With POWERCUT_SOAK=1 it is also compiled, and caught by a
// campaign: in every test run the script of simrun mutants does so with one of them.
func TestMutantsAreCaught(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("building a mutant needs the Go toolchain on the path")
	}
	all, err := All()
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		t.Run(m.Name, func(t *testing.T) {
			if err := m.Fits(root); err != nil {
				t.Fatal(err)
			}
			if os.Getenv("POWERCUT_SOAK") == "" {
				t.Skip("compiled and run with POWERCUT_SOAK=1")
			}
			simrun := filepath.Join(t.TempDir(), "simrun")
			if err := m.Build(t.Context(), root, "./cmd/simrun", simrun); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), simrun, "campaign", "--seeds", seeds, "--raw", "--vary=false", "--corpus=", "--json").Output()
			exit, failed := errors.AsType[*exec.ExitError](err)
			if !failed || exit.ExitCode() != 1 {
				t.Fatalf("%s\na campaign of %s seeds ended with %v, want exit status 1:\n%.2000s", m.Why, seeds, err, out)
			}
			var report struct {
				Violations []struct{ Law, What string }
			}
			if err := json.Unmarshal(out, &report); err != nil || len(report.Violations) == 0 {
				t.Fatalf("no violation in the report (%v):\n%.2000s", err, out)
			}
			for _, v := range report.Violations {
				t.Logf("%s: %s", v.Law, v.What)
			}
		})
	}
}

func TestLoad(t *testing.T) {
	for name, text := range map[string]string{
		"no why":      "-- target --\na.go\n-- replace --\nx\n-- with --\ny\n",
		"no target":   "why\n-- replace --\nx\n-- with --\ny\n",
		"no replace":  "why\n-- target --\na.go\n-- with --\ny\n",
		"other files": "why\n-- target --\na.go\n-- replace --\nx\n-- instead --\ny\n",
	} {
		if _, err := Load(fstest.MapFS{"m.txtar": {Data: []byte(text)}}); err == nil {
			t.Errorf("%s: was read as a mutant", name)
		}
	}
	all, err := Load(fstest.MapFS{"m.txtar": {Data: []byte("why\n-- target --\na.go\n-- replace --\nx\n-- with --\n")}})
	if err != nil || len(all) != 1 || all[0].Name != "m" || all[0].Target != "a.go" || all[0].Replace != "x\n" || all[0].With != "" {
		t.Errorf("got %+v, %v", all, err)
	}
}
