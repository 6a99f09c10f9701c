package mutants

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// caseInDefaultRun is the case that every test run sees violated by its defect; the others
// wait for POWERCUT_SOAK=1, since for each the journal and simrun are compiled.
const caseInDefaultRun = "journal-adoption-torn"

// A case of the corpus holds since its defect is mended: with the defect put
// back it must be violated, or it proves nothing. corpus/defects has what puts
// it back, by the name of the case, where no campaign of a mutant does.
func TestCasesSeeTheirDefects(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	all, err := Load(os.DirFS(filepath.Join(root, "corpus", "defects")))
	if err != nil || len(all) == 0 {
		t.Fatalf("no defects in corpus/defects (%v)", err)
	}
	for _, m := range all {
		t.Run(m.Name, func(t *testing.T) {
			if err := m.Fits(root); err != nil {
				t.Fatal(err)
			}
			if m.Name != caseInDefaultRun && os.Getenv("POWERCUT_SOAK") == "" {
				t.Skip("compiled and run with POWERCUT_SOAK=1")
			}
			simrun := filepath.Join(t.TempDir(), "simrun")
			if err := m.Build(t.Context(), root, "./cmd/simrun", simrun); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(root, "corpus", m.Name+".case")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "a.case"), text, 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), simrun, "corpus", dir, "--json").Output()
			exit, ended := errors.AsType[*exec.ExitError](err)
			// "violates" alone is of the law that the case names.
			if !ended || exit.ExitCode() != 1 || !strings.Contains(string(out), `"got": "violates",`) {
				t.Fatalf("with the defect back: %v, want exit status 1 and a violation of the case's law\n%s", err, out)
			}
		})
	}
}
