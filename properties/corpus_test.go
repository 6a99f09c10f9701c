package properties

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"powercut/sim"
)

// Every case in corpus/ says the same today: one of the journal's must hold,
// since its defect is mended; one of the original's must still violate its law.
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
			c, err := sim.ParseCase(string(text), FindTarget)
			if err != nil {
				t.Fatal(err)
			}
			if strings.TrimSpace(c.Why) == "" {
				t.Error("the case doesn't say why it is here")
			}
			result := sim.Reproduce(c, false)
			switch v := result.Violation; {
			case c.Target == Journal.Name() && v != nil:
				t.Errorf("a mended defect is back: %v\n%s", v, v.Diff)
			case c.Target == Original.Name() && (v == nil || v.Law != c.Law):
				t.Errorf("got %v, want a violation of %s: the port isn't faithful any more, or the harness is blind", v, c.Law)
			}
			if c.Digest != 0 && c.Digest != result.Digest {
				t.Errorf("digest %s, want %s", result.Digest, c.Digest)
			}
		})
	}
}
