package properties

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"powercut/sim/core"
)

// Every case in corpus/ says the same today: one of the journal's must hold,
// since its defect is mended; one of the original's must still violate its law;
// and both must come to their crash.
func TestCorpus(t *testing.T) {
	files, err := filepath.Glob("../corpus/*.case")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in ../corpus (%v)", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".case"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			c, err := core.ParseCase(string(text), FindTarget)
			if err != nil {
				t.Fatal(err)
			}
			if strings.TrimSpace(c.Why) == "" {
				t.Error("the case doesn't say why it is here")
			}
			k := RunCorpusCase(c)
			if problem := k.Problem(); problem != "" {
				t.Errorf("%s: %v", problem, k.Result.Violation)
			}
		})
	}
}
