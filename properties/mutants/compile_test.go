package mutants

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// checker type-checks packages of the module, one of whose files may be another.
type checker struct {
	root     string
	exports  map[string]string   // by import path: the file with what the package exports
	files    map[string][]string // by directory, from the root: the Go files that are built
	parsed   map[string]*ast.File
	fileSet  *token.FileSet
	importer types.Importer
}

// newChecker compiles the packages, which the build cache mostly has, and what they
// import.
func newChecker(t *testing.T, root string, dirs []string) *checker {
	t.Helper()
	args := []string{"list", "-export", "-deps", "-json=Dir,ImportPath,Export,GoFiles,ImportMap"}
	for _, dir := range dirs {
		args = append(args, "./"+dir)
	}
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	c := &checker{root: root, exports: make(map[string]string), files: make(map[string][]string), parsed: make(map[string]*ast.File), fileSet: token.NewFileSet()}
	for all := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			Dir, ImportPath, Export string
			GoFiles                 []string
		}
		if err := all.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		c.exports[p.ImportPath] = p.Export
		if dir, err := filepath.Rel(root, p.Dir); err == nil {
			c.files[dir] = p.GoFiles
		}
	}
	c.importer = importer.ForCompiler(c.fileSet, "gc", func(path string) (io.ReadCloser, error) { return os.Open(c.exports[path]) })
	return c
}

// check type-checks the package of a mutant.
func (c *checker) check(m Mutant) error {
	mutated, err := m.apply(c.root)
	if err != nil {
		return err
	}
	target := filepath.FromSlash(m.Target)
	dir := filepath.Dir(target)
	var files []*ast.File
	for _, name := range c.files[dir] {
		file := filepath.Join(dir, name)
		if file == target {
			f, err := parser.ParseFile(c.fileSet, m.Name, mutated, 0)
			if err != nil {
				return err
			}
			files = append(files, f)
			continue
		}
		if c.parsed[file] == nil {
			if c.parsed[file], err = parser.ParseFile(c.fileSet, filepath.Join(c.root, file), nil, 0); err != nil {
				return err
			}
		}
		files = append(files, c.parsed[file])
	}
	var all []error // a package has one error more where what it imports is unused
	config := types.Config{Importer: c.importer, Error: func(err error) { all = append(all, err) }}
	_, _ = config.Check("powercut/"+filepath.ToSlash(dir), c.fileSet, files, nil)
	return errors.Join(all...)
}

// Every mutant compiles, and every defect of a case: to find that out in the middle of a
// night costs the night.
func TestMutantsCompile(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("to find what packages import needs the Go toolchain on the path")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	var all []Mutant
	for _, load := range []func() ([]Mutant, error){All, Disk, func() ([]Mutant, error) { return Load(os.DirFS(filepath.Join(root, "corpus", "defects"))) }} {
		some, err := load()
		if err != nil || len(some) == 0 {
			t.Fatalf("%d mutants, %v", len(some), err)
		}
		all = append(all, some...)
	}
	dirs := make(map[string]bool)
	var list []string
	for _, m := range all {
		if dir := path.Dir(m.Target); !dirs[dir] {
			dirs[dir] = true
			list = append(list, dir)
		}
	}
	c := newChecker(t, root, list)
	for _, m := range all {
		if err := c.check(m); err != nil {
			t.Errorf("%s: %v", m.Name, err)
		}
	}
}
