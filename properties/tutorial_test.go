package properties

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What docs/your-engine.md says can be typed, in a fresh module, and comes out as it
// says; what it says of nights is typed with few seeds. Each line builds the module's
// tests, so that it waits for POWERCUT_SOAK=1, with which .ci/run runs it.
func TestTutorial(t *testing.T) {
	if os.Getenv("POWERCUT_SOAK") == "" {
		t.Skip("builds a module's tests for each line of a page: set POWERCUT_SOAK=1")
	}
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
				out, err := tutorialCommand(dir, strings.ReplaceAll(line, "../powercut", root)).CombinedOutput()
				said = string(out)
				fails := len(kind) > 1
				if (err != nil) != fails {
					t.Fatalf("%s: %v\n%s", line, err, out)
				}
				if fails {
					readmeShows(t, said)
					programsRead(t, dir)
				}
			}
		case "console":
			commands += typeNight(t, dir, text)
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

// readmeShows checks that the failure that README.md shows is the one that came out.
func readmeShows(t *testing.T, said string) {
	t.Helper()
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, found := strings.Cut(string(readme), "\n--- FAIL: TestStore (")
	shown, _, closed := strings.Cut(shown, "```")
	if !found || !closed || strings.Count(shown, "\n") < 8 {
		t.Fatal("README.md shows no failure")
	}
	_, shown, _ = strings.Cut(shown, "\n") // behind the time that it took
	for line := range strings.Lines(shown) {
		if line = strings.TrimSpace(line); line != "…" && !strings.Contains(said, line) {
			t.Errorf("README.md shows this: %s\nbut what came out is:\n%s", line, said)
		}
	}
}

// programsRead checks that a failure is that of its test for whoever reads go test -json,
// as gotestsum does for its JUnit file: all that is said of it, to the last line.
func programsRead(t *testing.T, dir string) {
	t.Helper()
	out, err := tutorialCommand(dir, "go test -json .").Output()
	if err == nil {
		t.Fatal("go test -json passes, and go test did not")
	}
	said, failed := "", false
	for line := range strings.Lines(string(out)) {
		var event struct{ Action, Test, Output string }
		if err := json.Unmarshal([]byte(line), &event); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if event.Test == "TestStore" {
			said += event.Output
			failed = failed || event.Action == "fail"
		}
	}
	if !failed || !strings.Contains(said, "    store_test.go:14: powercut: ") || !strings.Contains(said, "to repeat it: ") {
		t.Errorf("go test -json: TestStore failed: %v, and this is said of it:\n%s", failed, said)
	}
	junitShows(t, dir)
}

// junitShows checks that the failure is whole in the JUnit file that gotestsum writes.
func junitShows(t *testing.T, dir string) {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "gotestsum")
	build := exec.Command("go", "build", "-modfile=../.ci/tools.mod", "-o", bin, "gotest.tools/gotestsum")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	file := filepath.Join(t.TempDir(), "junit.xml")
	if out, err := tutorialCommand(dir, bin+" --junitfile "+file+" -- .").CombinedOutput(); err == nil {
		t.Fatalf("gotestsum passes, and go test did not:\n%s", out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var suites struct {
		Cases []struct {
			Name    string `xml:"name,attr"`
			Failure string `xml:"failure"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal(text, &suites); err != nil {
		t.Fatal(err)
	}
	for _, c := range suites.Cases {
		if c.Name == "TestStore" && strings.Contains(c.Failure, "store_test.go:14: powercut: ") && strings.Contains(c.Failure, "to repeat it: ") {
			return
		}
	}
	t.Errorf("the JUnit file has no failure of TestStore to its last line:\n%s", text)
}

// typeNight types what the page says of nights, with few seeds, and returns how many
// lines that were.
func typeNight(t *testing.T, dir, text string) (typed int) {
	t.Helper()
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", bin, "powercut/cmd/simrun").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Setenv("PATH", bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	for line := range strings.Lines(strings.NewReplacer("--for 8h", "--seeds 8", "20000", "128").Replace(text)) {
		if _, err := exec.LookPath("gcc"); err != nil && strings.Contains(line, " -race") {
			continue // the detector needs a C compiler
		}
		typed++
		if out, err := tutorialCommand(dir, line).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
	}
	return typed
}

// tutorialCommand is a line of the page, typed in the module's directory.
func tutorialCommand(dir, line string) *exec.Cmd {
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
	return cmd
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
