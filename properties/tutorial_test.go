package properties

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What docs/your-engine.md says can be typed, in a fresh module, and comes out as it
// says.
func TestTutorial(t *testing.T) {
	page, err := os.ReadFile("../docs/your-engine.md")
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	said, commands := "", 0
	for _, block := range regexp.MustCompile("(?ms)^```(.+?)\n(.*?)^```$").FindAllStringSubmatch(string(page), -1) {
		kind, text := strings.Fields(block[1]), block[2]
		switch kind[0] {
		case "go":
			file := filepath.Join(dir, kind[len(kind)-1])
			if kind[1] == "mend" {
				text = mended(t, file, text)
			}
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		case "sh":
			for line := range strings.Lines(text) {
				commands++
				cmd := exec.Command("sh", "-c", strings.ReplaceAll(line, "../powercut", root))
				cmd.Dir = dir
				cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
				out, err := cmd.CombinedOutput()
				said = string(out)
				if fails := len(kind) > 1; (err != nil) != fails {
					t.Fatalf("%s: %v\n%s", line, err, out)
				}
			}
		case "text":
			for line := range strings.Lines(text) {
				if !strings.Contains(said, strings.TrimSpace(line)) {
					t.Errorf("the page says that this comes out: %sbut what came out is:\n%s", line, said)
				}
			}
		}
	}
	if commands < 5 {
		t.Errorf("found %d commands: this test does not see the page's", commands)
	}
}

// mended is a file with the last return of Open replaced.
func mended(t *testing.T, file, by string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const last = "\treturn s, errors.Join(s.file.Truncate(whole), s.file.Sync())\n"
	if !bytes.Contains(text, []byte(last)) {
		t.Fatal("the page's store no longer ends Open as its mend expects")
	}
	return strings.Replace(string(text), last, by, 1)
}
