package properties

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// imports says which packages of the module each may import, and which outside
// packages of note. It is the order of the house: nothing below knows what is
// above it.
var imports = map[string][]string{
	"journal":         {"powercut/journal/wire", "github.com/spf13/afero"},
	"journal/wire":    {},
	"journal/rayfall": {"powercut/journal", "powercut/journal/wire"},
	"vfs":             {"github.com/spf13/afero", "powercut/vfs/internal/tight", "powercut/vfs/transfer"},
	"vfs/transfer":    {},
	"faults":          {"powercut/vfs"},
	"sim": {"powercut/vfs", "powercut/faults", "powercut/sim/campaign", "powercut/sim/core", "powercut/sim/explain", "powercut/sim/shrink", "powercut/sim/worker", "powercut/sim/internal/hash",
		"powercut/sim/internal/lineage", "powercut/sim/native", "powercut/vfs/transfer", "github.com/spf13/afero"},
	"sim/core":    {"powercut/vfs", "powercut/vfs/transfer", "powercut/faults", "powercut/sim/internal/hash", "powercut/sim/internal/lineage", "github.com/petermattis/goid"},
	"sim/explain": {"powercut/vfs", "powercut/faults", "powercut/sim/core", "powercut/sim/internal/search", "github.com/spf13/afero"},
	"sim/shrink":  {"powercut/vfs", "powercut/sim/core", "powercut/sim/explain", "powercut/sim/internal/search"},
	"sim/campaign": {"powercut/vfs", "powercut/faults", "powercut/sim/core", "powercut/sim/explain", "powercut/sim/shrink", "powercut/sim/internal/hash",
		"golang.org/x/sync/errgroup"},
	"sim/worker":           {"powercut/vfs", "powercut/sim/core", "powercut/sim/explain", "powercut/sim/shrink", "powercut/sim/campaign", "github.com/spf13/afero"},
	"sim/oracle":           {"powercut/sim"},
	"sim/internal/golden":  {"github.com/google/go-cmp/cmp"}, // of tests
	"sim/internal/hash":    {},
	"sim/internal/lineage": {},
	"sim/native":           {"powercut/vfs", "powercut/sim/native/linux", "powercut/sim/internal/lineage"},
	"sim/native/linux":     {"powercut/vfs", "github.com/spf13/afero"},
	"sim/internal/search":  {"powercut/vfs", "powercut/sim/core"},
	"sim/internal/toys": {"powercut/vfs", "powercut/faults", "powercut/sim/core", "powercut/sim/explain", "powercut/sim/internal/hash",
		"powercut/sim/internal/toys/slots", "github.com/spf13/afero"},
	"sim/internal/toys/slots":       {"github.com/spf13/afero"},
	"properties/engines":            {"powercut/vfs", "powercut/sim/core"},
	"properties/engines/journal":    {"powercut/journal", "powercut/properties/engines", "powercut/vfs"},
	"properties/engines/original":   {"powercut/journal/wire", "powercut/properties/engines", "powercut/vfs", "github.com/spf13/afero"},
	"properties/engines/pessimal":   {"powercut/journal/wire", "powercut/properties/engines", "powercut/vfs", "github.com/spf13/afero"},
	"properties/proof":              {"powercut/sim/campaign", "powercut/sim/core"},
	"properties/unmodified":         {"powercut/vfs", "powercut/sim", "powercut/sim/oracle"}, // of tests
	"properties/unmodified/measure": {"powercut/properties/unmodified"},
	"properties/unmodified/table":   {"powercut/properties/unmodified", "powercut/properties/unmodified/measure"},
	"properties/mutants":            {"github.com/rogpeppe/go-internal/txtar"},
	"properties": {"powercut/journal", "powercut/journal/wire", "powercut/journal/rayfall", "powercut/vfs", "powercut/faults",
		"powercut/properties/engines", "powercut/properties/engines/journal", "powercut/properties/engines/original", "powercut/properties/engines/pessimal", "powercut/sim/core", "powercut/sim/explain", "github.com/spf13/afero", "github.com/google/go-cmp/cmp"},

	"vfs/adapt/internal/trial": {"powercut/faults", "powercut/sim", "powercut/vfs"}, // of tests

	// What real kernels left, for vfs's own tests and for the validator.
	"vfs/internal/recording": {"powercut/vfs", "github.com/spf13/afero"},
	"vfs/internal/tight":     {},
}

// The packages of the module import downwards only, and the ones that a storage
// engineer imports stay light.
func TestImportsGoOneWay(t *testing.T) {
	for dir, allowed := range imports {
		files, err := filepath.Glob(filepath.Join("..", dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no Go files in %s (%v)", dir, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			for _, path := range importsOf(t, file) {
				if !strings.Contains(path, ".") && !strings.HasPrefix(path, "powercut/") {
					continue // the standard library
				}
				ok := false
				for _, a := range allowed {
					ok = ok || path == a
				}
				if !ok {
					t.Errorf("%s imports %s, which %s must not know", file, path, dir)
				}
			}
		}
	}
}

func importsOf(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, spec := range parsed.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return paths
}

// Every package of the module has its room in the test above.
func TestEveryRoomIsKnown(t *testing.T) {
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != ".." {
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil || strings.HasPrefix(name, ".") || name == "testdata" {
				return fs.SkipDir // a module of its own, or no code
			}
		}
		dir := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../")
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasPrefix(dir, "cmd/") {
			return nil
		}
		if _, known := imports[dir]; !known {
			t.Errorf("%s: the package %s has no place in the order of imports", path, dir)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// What the packages here export has a user elsewhere: what a package needs for
// itself alone is nobody else's business.
func TestExportsHaveUsers(t *testing.T) {
	all := declarations(t)
	for _, dir := range []string{"properties", "properties/engines"} {
		pkg := filepath.Base(dir)
		unused := all.exported(pkg)
		if len(unused) < 5 {
			t.Fatalf("%s exports %v: this test does not see the package's names", dir, unused)
		}
		name := regexp.MustCompile(`\b` + pkg + `\.([A-Z]\w*)`)
		forEachSource(t, func(path string) {
			if strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../") == dir || !slices.Contains(importsOf(t, path), "powercut/"+dir) {
				return
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range name.FindAllStringSubmatch(string(text), -1) {
				delete(unused, m[1])
			}
		})
		if len(unused) > 0 {
			t.Errorf("nobody outside of %s uses what it exports: %v", dir, slices.Sorted(maps.Keys(unused)))
		}
	}
}

// forEachSource calls f for each Go file of every module.
func forEachSource(t *testing.T, f func(path string)) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != ".." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if !d.IsDir() && strings.HasSuffix(path, ".go") {
			f(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
