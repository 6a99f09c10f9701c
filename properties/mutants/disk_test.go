package mutants

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// diskInDefaultRun is the mutant of the disk that every test run builds and catches.
const diskInDefaultRun = "exchange-by-halves"

// knownTests are tests that catch a mutant of the disk, so that the others need not run:
// of a rule dropped, of a digest, of who is told of an error.
var knownTests = map[string]string{
	"exchange-by-halves":       "TestGoldens",
	"digest-without-links":     "TestDigestIsOfWhatShows",
	"later-opener-is-not-told": "TestWhoIsToldOfAFailure",
}

// Each mutant of the disk fits the source, compiles, and is caught by the disk's own
// tests.
func TestDiskMutantsAreCaught(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("building a mutant needs the Go toolchain on the path")
	}
	all, err := Disk()
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 25 {
		t.Errorf("%d mutants of the disk", len(all))
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
			if m.Name != diskInDefaultRun && os.Getenv("POWERCUT_SOAK") == "" {
				t.Skip("compiled and run with POWERCUT_SOAK=1")
			}
			binary := filepath.Join(t.TempDir(), "vfs.test")
			if err := m.BuildTests(t.Context(), root, "./vfs", binary); err != nil {
				t.Fatal(err)
			}
			run := exec.CommandContext(t.Context(), binary, "-test.failfast", "-test.run="+knownTests[m.Name], "-rapid.seed=1", "-rapid.nofailfile", "-rapid.shrinktime=0s")
			run.Dir = filepath.Join(root, "vfs")
			out, err := run.CombinedOutput()
			if _, failed := errors.AsType[*exec.ExitError](err); !failed {
				t.Fatalf("%s\nthe disk's tests ended with %v, want that one fails:\n%.2000s", m.Why, err, out)
			}
		})
	}
}
