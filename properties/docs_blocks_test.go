package properties

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// fencedBlock finds the blocks of a page that are fenced: their kind, and their lines.
var fencedBlock = regexp.MustCompile("(?ms)^```(.*?)\n(.*?)^```$")

// heldKinds are the kinds of blocks that a test looks at wherever they stand.
var heldKinds = map[string]string{
	"go":      "TestPagesCompile",
	"case":    "TestPageOfCases",
	"plan":    "TestPageOfFaults",
	"sh":      "TestPagesCommandsRun",
	"console": "TestTutorial",
	"text":    "TestTutorial",
}

// heldElsewhere says of blocks without a kind, that are no commands, what else has what
// they show: each line stands in that file, or, of a sketch, what it has in the files of
// Go in that directory.
var heldElsewhere = []struct {
	page, begins, where string
	has                 []string
}{
	{"docs/fuse.md", "# load.sh", "cmd/simrun/testdata/script/fuse-sqlite.txtar", nil},
	{"docs/unmodified.md", "sim.Test(t, ", "cmd/simrun/testdata/native", []string{"r.WorkloadDir(func(dir string) error {", "r.RecoverDir(func(dir string) error {"}},
	{"docs/unmodified.md", "package store", "cmd/simrun/testdata/script/native-fresh.txtar", nil},
	{"vfs/adapt/oslike/README.md", "engine.Open(", "vfs/adapt/oslike", []string{"oslike.FS[", "File]{Disk: "}},
	{"vfs/adapt/pebble/README.md", "db, err := pebble.Open(", "vfs/adapt/pebble", []string{"Options{FS: ", ".New(fs), Logger: fatal{r}"}},
	{"vfs/adapt/pogreb/README.md", "db, err := pogreb.Open(", "vfs/adapt/pogreb", []string{"Options{FileSystem: ", `, "/db"), BackgroundSyncInterval: -1}`}},
	{"vfs/adapt/raftwal/README.md", "w, err := wal.Open(", "vfs/adapt/raftwal", []string{`wal.Open("/db"`, "wal.WithMetaStore(", `wal.WithSegmentFiler(segment.NewFiler("/db", raftwal.New(`}},
	{"vfs/adapt/sqlite/README.md", "vfs.Register(", "vfs/adapt/sqlite", []string{"vfs.Register(", "sqlite.New(fs))", `sqlite3.Open("file:/db/test.db?vfs=" + `}},
	{"README.md", "--- FAIL: TestStore", "properties/tutorial_test.go", []string{"--- FAIL: TestStore"}},
	{"docs/campaigns.md", "compile_native_go_fuzzer", "properties", []string{"compile_native_go_fuzzer"}}, // TestPagesNameFuzzTargets
}

// seenOnce has pages of what was seen when it was looked at.
const seenOnce = "docs/record/"

// What a page shows in a block is held by a test: code, commands, cases, plans, and what
// is said by them.
func TestPagesBlocksAreHeld(t *testing.T) {
	checked := 0
	for _, p := range pages(t) {
		for _, block := range fencedBlock.FindAllStringSubmatch(p.text, -1) {
			kind, _, _ := strings.Cut(block[1], " ")
			if checked++; heldKinds[kind] != "" || isCommands(block[2]) || strings.HasPrefix(p.name, seenOnce) {
				continue
			}
			if wrong := notElsewhere(t, p.name, block[2]); wrong != "" {
				t.Errorf("%s: %s:\n%s", p.name, wrong, block[2])
			}
		}
	}
	if checked < 30 {
		t.Errorf("%d blocks checked: this test does not see the pages", checked)
	}
}

// isCommands says whether a block is one that TestPagesCommandsRun types.
func isCommands(block string) bool {
	first, _, _ := strings.Cut(block, " ")
	switch first {
	case "simrun", "go", "make", "git", "echo":
		return true
	}
	return false
}

// notElsewhere says what of a block is not where it should stand.
func notElsewhere(t *testing.T, page, block string) string {
	t.Helper()
	for _, e := range heldElsewhere {
		if e.page != page || !strings.HasPrefix(block, e.begins) {
			continue
		}
		if e.where == "" {
			return ""
		}
		text := squeezed(sourceAt(t, filepath.Join("..", e.where)))
		parts := e.has
		if parts == nil {
			parts = strings.Split(block, "\n")
		}
		for _, part := range parts {
			if part = squeezed(part); !strings.Contains(squeezed(block), part) || !strings.HasPrefix(part, "#") && !strings.Contains(text, part) {
				return e.where + " or the page has no " + part
			}
		}
		return ""
	}
	return "no test holds this block"
}

// squeezed is a text without its white space.
func squeezed(text string) string { return strings.Join(strings.Fields(text), "") }

// sourceAt is the text of a file, or of the files of Go in a directory.
func sourceAt(t *testing.T, path string) (text string) {
	t.Helper()
	files := []string{path}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		if files, err = filepath.Glob(filepath.Join(path, "*.go")); err != nil {
			t.Fatal(err)
		}
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text += string(raw)
	}
	return text
}

// The fuzz targets that a page has others build are there.
func TestPagesNameFuzzTargets(t *testing.T) {
	checked := 0
	for _, p := range pages(t) {
		for _, m := range regexp.MustCompile(`(?m)^compile_native_go_fuzzer (?:\S+/)?powercut/(\S+) (Fuzz\w+) `).FindAllStringSubmatch(p.text, -1) {
			if checked++; !strings.Contains(sourceAt(t, filepath.Join("..", m[1])), "func "+m[2]+"(f *testing.F)") {
				t.Errorf("%s: powercut/%s has no %s", p.name, m[1], m[2])
			}
		}
	}
	if checked < 4 {
		t.Errorf("%d fuzz targets checked: this test does not see the pages", checked)
	}
}
