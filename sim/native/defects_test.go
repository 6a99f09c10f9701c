//go:build powercut && linux && amd64

package native_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"powercut/sim"
	"powercut/vfs"
)

// twoDefects promises what it never made durable: a file's content, and another one's
// name.
func twoDefects(r *sim.Run) {
	content, name := false, false
	r.WorkloadDir(func(dir string) error {
		f, err := os.Create(dir + "/content")
		if err != nil {
			return err
		}
		d, err := os.Open(dir)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), d.Sync(), d.Close()); err != nil {
			return err
		}
		if _, err := f.WriteString("new"); err != nil {
			return err
		}
		content = true
		g, err := os.Create(dir + "/name")
		if err != nil {
			return err
		}
		name = true
		return errors.Join(f.Close(), g.Close())
	})
	r.RecoverDir(func(dir string) error {
		if _, err := os.Stat(dir + "/name"); err != nil && name {
			return errors.New("the name was promised and is lost")
		}
		if text, _ := os.ReadFile(dir + "/content"); string(text) != "new" && content {
			return errors.New("the content was promised and is lost")
		}
		return nil
	})
}

// TestDefects is what the test below looks at.
func TestDefects(t *testing.T) {
	out := os.Getenv("POWERCUT_OUT")
	if out == "" {
		t.Skip("for the test below")
	}
	cfg := sim.Config{Runs: 12, Profiles: []vfs.Profile{vfs.POSIX}, Corpus: "none", KeepGoing: true}
	// The processes of the seeds are told nothing by the environment but this.
	if signature, err := os.ReadFile(filepath.Join(out, "known")); err == nil {
		cfg.Known = []string{string(signature)}
	}
	t.Run("all", func(t *testing.T) { sim.Test(t, cfg, twoDefects) })
	cfg.KeepGoing = false
	t.Run("first", func(t *testing.T) { sim.Test(t, cfg, twoDefects) })
}

// With KeepGoing all seeds are run, and each defect that they show is told: it hides no
// other one, and nor does one that is known.
func TestOneDefectHidesNoOther(t *testing.T) {
	defects := func(test, known string) string {
		out := t.TempDir()
		if known != "" {
			if err := os.WriteFile(filepath.Join(out, "known"), []byte(known), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command(os.Args[0], "-test.v", "-test.run=^TestDefects$/^"+test+"$")
		cmd.Env = append(os.Environ(), "POWERCUT_OUT="+out)
		said, _ := cmd.CombinedOutput() // it fails
		return string(said)
	}
	all, first := defects("all", ""), defects("first", "")
	for _, want := range []string{"powercut: 2 defects in 12 runs", "the name was promised and is lost", "the content was promised and is lost", "failed. Its case is made smaller"} {
		if !strings.Contains(all, want) {
			t.Errorf("with KeepGoing %q is missing in\n%s", want, all)
		}
	}
	if n := strings.Count(first, "signature, for"); n != 1 {
		t.Errorf("without KeepGoing %d defects are told, want one:\n%s", n, first)
	}
	signatures := regexp.MustCompile(`Known: \.\.\.}: "(.*)"`).FindAllStringSubmatch(all, -1)
	if len(signatures) != 2 {
		t.Fatalf("%d signatures in\n%s", len(signatures), all)
	}
	for _, s := range signatures {
		if other := defects("all", s[1]); strings.Contains(other, s[1]) || !strings.Contains(other, "signature, for") {
			t.Errorf("%s is known, and another one is there; told is\n%s", s[1], other)
		}
	}
}
