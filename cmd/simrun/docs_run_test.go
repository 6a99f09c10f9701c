package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each command line of a page is run, in the order of its page, in a fresh directory:
// it exits as the page says. What the reader is to fill in is filled in, and what takes
// a night is made short. A line that is not run here is run elsewhere, in a file that is
// named, with a text that must stand in it.
func TestPagesCommandsRun(t *testing.T) {
	module, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, file := range pageFiles(t) {
		page := strings.TrimPrefix(filepath.ToSlash(file), "../../")
		lines := commandLines(t, file)
		if len(lines) == 0 {
			continue
		}
		t.Run(page, func(t *testing.T) {
			dir := t.TempDir()
			t.Setenv("MODULE", module)
			if err := os.Symlink(filepath.Join(module, "corpus"), filepath.Join(dir, "corpus")); err != nil {
				t.Fatal(err)
			}
			for _, setUp := range pageSetUp[page] {
				runLine(t, dir, setUp, pageExits[setUp])
			}
			for _, line := range lines {
				if isRunElsewhere(t, module, page, line) {
					continue
				}
				ran++
				runLine(t, dir, filledIn(line), pageExits[filledIn(line)])
			}
		})
	}
	if ran < 25 {
		t.Errorf("%d lines run: this test does not see the pages", ran)
	}
}

// pageSetUp is what a page takes for there.
var pageSetUp = map[string][]string{
	"docs/cases.md":    {"simrun run --seed 385 --target original --case found.case"},
	"docs/rayforce.md": {"echo '(set x 1)' | simrun journal append j --sync"},
}

// pageExits are the exit codes of lines that do not exit with 0.
var pageExits = map[string]int{
	"simrun run --seed 385 --target original --case found.case": 1,
	"simrun explain found.case":                                 1,
	"simrun explain found.case --html page.html":                1,
	"simrun repro small.case":                                   1,
	"simrun repro found.case":                                   1,
	"simrun repro ./found.case":                                 1,
	`sh -c 'go -C "$MODULE" build -o "$PWD/simrun" ./cmd/simrun || exit 125; ./simrun repro ./found.case'`: 1,
}

// fillIn replaces what a line leaves to its reader, and makes short what runs long.
var fillIn = strings.NewReplacer(
	"go run ./cmd/simrun", "simrun", "git bisect run ", "", "/tmp/", "./", "go build -o /tmp/simrun ", `go -C "$MODULE" build -o "$PWD/simrun" `,
	"BASE", "j", "FILE", "j.log", "found.case DIR", "found.case image",
	"--for 8h", "--seeds 8", "--seeds 2000", "--seeds 8")

func filledIn(line string) string {
	line = fillIn.Replace(line)
	if line == "simrun campaign" {
		line += " --seeds 8" // CI runs all of it
	}
	return line
}

// ranElsewhere says which lines of which pages another test runs, or a step of CI, and what
// stands there.
var ranElsewhere = []struct{ page, line, file, with string }{
	{"README.md", `^go test \./\.\.\.$`, ".ci/run", "go test ./..."},
	{"README.md", `^go mod edit `, "properties/tutorial_test.go", `case "sh"`}, // a line of the tutorial's
	{"docs/your-engine.md", `^go (mod|test) `, "properties/tutorial_test.go", `case "sh"`},
	{"docs/your-engine.md", `^simrun `, "properties/tutorial_test.go", `case "console"`},
	{"docs/cases.md", `^git bisect start`, "cmd/simrun/testdata/script/package-night.txtar", "exec git bisect start HEAD good"},
	{"docs/cases.md", `go test -c .* --binary `, "cmd/simrun/testdata/script/package-night.txtar", "|| exit 125; simrun repro --binary ../commit.test ../lost.case'"},
	{"docs/cases.md", `NOTHING SAID`, "cmd/simrun/testdata/script/package-night.txtar", `grep -q "NOTHING SAID" ../said && exit 125; exit 1'`},
	{"docs/fuse.md", `^simrun `, "cmd/simrun/testdata/script/fuse.txtar", "status 1 simrun explain found/cases/01-recovers.case"}, // where there is FUSE
	{"README.md", ` --player `, "cmd/simrun/testdata/script/player.txtar", "--player play.html"},                                  // it compiles for another system
	{"docs/cases.md", ` --player `, "cmd/simrun/testdata/script/player.txtar", "--player play.html"},
	{"docs/unmodified.md", `^(go|simrun) `, "cmd/simrun/testdata/script/native-fresh.txtar", "# The test of docs/unmodified.md"}, // it compiles the standard library anew
	{"CONTRIBUTING.md", `^make check$`, ".ci/run", "go test ./..."},
	{"vfs/kernel/README.md", `^make kernel`, "Makefile", "kernel:"},             // as root, for an hour
	{"vfs/kernel/README.md", `^go run \. `, "vfs/kernel/main_test.go", "judge"}, // see that module's tests
}

func isRunElsewhere(t *testing.T, module, page, line string) bool {
	t.Helper()
	for _, e := range ranElsewhere {
		if e.page != page || !regexp.MustCompile(e.line).MatchString(line) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(module, e.file))
		if err != nil || !strings.Contains(string(text), e.with) {
			t.Errorf("%s is to be run by %s, by what says %q (%v)", line, e.file, e.with, err)
		}
		return true
	}
	return false
}

// runLine runs a line as a shell does, and compares how it exits.
func runLine(t *testing.T, dir, line string, want int) {
	t.Helper()
	cmd := exec.Command("sh", "-c", line) // simrun is in the PATH: see TestMain
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got, err = exit.ExitCode(), nil
	}
	if err != nil || got != want {
		t.Errorf("%s: exit code %d (%v), want %d:\n%s", line, got, err, want, out)
	}
}

// commandLines are the lines of a page's examples that are commands, without their
// comments.
func commandLines(t *testing.T, file string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range fenced.FindAllStringSubmatch(string(text), -1) {
		for line := range strings.Lines(block[2]) {
			line, _, _ = strings.Cut(strings.TrimSpace(line), " #")
			if known, err := parseLine(line); known && err == nil {
				all = append(all, strings.TrimSpace(line))
			}
		}
	}
	return all
}
