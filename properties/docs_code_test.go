package properties

import (
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
	"regexp"
	"strings"
	"testing"
)

// The Go code of the pages compiles, as it stands: whole files, declarations, or
// statements of a function. What a page leaves out, its imports and the engine that
// its test is about, is added here.
func TestPagesCompile(t *testing.T) {
	c := newSnippets(t)
	compiled := 0
	for _, p := range pages(t) {
		for i, block := range goBlocks(p.text) {
			if strings.Contains(block.kind, "mend") {
				continue // replaces a line of another: TestTutorial compiles both
			}
			compiled++
			if err := c.check(block.text); err != nil {
				t.Errorf("%s, block %d of Go: %v", p.name, i+1, err)
			}
		}
	}
	if compiled < 4 {
		t.Errorf("%d blocks compiled: this test does not see the pages", compiled)
	}
}

type goBlock struct{ kind, text string }

// goBlocks are what a page has fenced as Go.
func goBlocks(text string) (all []goBlock) {
	for _, m := range regexp.MustCompile("(?ms)^```go(.*?)\n(.*?)^```$").FindAllStringSubmatch(text, -1) {
		all = append(all, goBlock{m[1], m[2]})
	}
	return all
}

// snippets checks the types of code that is in no package.
type snippets struct {
	fset     *token.FileSet
	importer types.Importer
	store    *types.Package    // the engine of the tutorial
	known    map[string]string // import paths by the names that code uses
}

// snippetImports are the packages that a page may use without importing them.
var snippetImports = []string{"context", "errors", "fmt", "log", "os", "testing", "time", "github.com/spf13/afero", "pgregory.net/rapid",
	"powercut/faults", "powercut/journal", "powercut/journal/rayfall", "powercut/journal/wire", "powercut/sim", "powercut/sim/oracle", "powercut/vfs"}

func newSnippets(t *testing.T) *snippets {
	t.Helper()
	args := append([]string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Export}}"}, snippetImports...)
	out, err := exec.Command("go", append(args, "bytes", "io/fs", "strings")...).Output()
	if err != nil {
		t.Fatal(err)
	}
	exports := make(map[string]string)
	for line := range strings.Lines(string(out)) {
		importPath, file, _ := strings.Cut(strings.TrimSpace(line), "\t")
		exports[importPath] = file
	}
	c := &snippets{fset: token.NewFileSet(), known: map[string]string{"store": "example.com/store"}}
	for _, importPath := range snippetImports {
		c.known[path.Base(importPath)] = importPath
	}
	compiled := importer.ForCompiler(c.fset, "gc", func(importPath string) (io.ReadCloser, error) { return os.Open(exports[importPath]) })
	c.importer = importerFunc(func(importPath string) (*types.Package, error) {
		if importPath == "example.com/store" {
			return c.store, nil
		}
		return compiled.Import(importPath)
	})
	c.store = c.tutorialStore(t)
	return c
}

type importerFunc func(string) (*types.Package, error)

func (f importerFunc) Import(importPath string) (*types.Package, error) { return f(importPath) }

// tutorialStore is the engine that docs/your-engine.md begins with, and that other
// pages mean by package store.
func (c *snippets) tutorialStore(t *testing.T) *types.Package {
	t.Helper()
	page, err := os.ReadFile("../docs/your-engine.md")
	if err != nil {
		t.Fatal(err)
	}
	pkg, err := c.types(goBlocks(string(page))[0].text)
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}

// check says what is wrong with a piece of code.
func (c *snippets) check(code string) error {
	if regexp.MustCompile(`(?m)^package `).MatchString(code) {
		_, err := c.types(code)
		return err
	}
	declarations := "package p\n" + code
	if _, err := parser.ParseFile(c.fset, "", declarations, 0); err != nil {
		declarations = "package p\nfunc _() {\n" + code + "\n}\n"
	}
	file, err := parser.ParseFile(c.fset, "", declarations, 0)
	if err != nil {
		return err
	}
	imports := ""
	for _, name := range unresolved(file) {
		if importPath, ok := c.known[name]; ok {
			imports += "import \"" + importPath + "\"\n"
		}
	}
	_, err = c.types(strings.Replace(declarations, "package p\n", "package p\n"+imports, 1))
	return err
}

// unresolved are the names that a file uses and does not declare, each once.
func unresolved(file *ast.File) (names []string) {
	seen := make(map[string]bool)
	for _, id := range file.Unresolved {
		if !seen[id.Name] {
			seen[id.Name] = true
			names = append(names, id.Name)
		}
	}
	return names
}

// types checks a file. A variable that a page declares and does not use is no error.
func (c *snippets) types(code string) (*types.Package, error) {
	file, err := parser.ParseFile(c.fset, "page.go", code, 0)
	if err != nil {
		return nil, err
	}
	var first error
	config := types.Config{Importer: c.importer, Error: func(err error) {
		if wrong, ok := errors.AsType[types.Error](err); ok && !wrong.Soft && first == nil {
			first = err
		}
	}}
	pkg, _ := config.Check("example.com/"+file.Name.Name, c.fset, []*ast.File{file}, nil) // told to Error
	return pkg, first
}
