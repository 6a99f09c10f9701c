package sim_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"

	"powercut/sim"
	"powercut/sim/internal/golden"
)

const (
	firstScreen = 30 // lines
	maxShort    = 70 // lines of "go doc -short"
	maxMethods  = 24 // of Run
)

// packageDoc reads the documentation of package sim from its source.
func packageDoc(t *testing.T) *doc.Package {
	t.Helper()
	fset := token.NewFileSet()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, e.Name(), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	p, err := doc.NewFromFiles(fset, files, "powercut/sim")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The first screen of the package's documentation is what testdata has: whoever
// changes it has read it as a whole.
func TestFirstScreen(t *testing.T) {
	p := packageDoc(t)
	lines := strings.SplitAfter(string(p.Text(p.Doc)), "\n")
	got := strings.Join(lines[:min(firstScreen, len(lines))], "")
	golden.Compare(t, "doc.txt", got)
}

// What a test imports stays small enough to be looked through: a line of "go doc
// -short" for each group of constants or variables, each function and each type,
// and, of a type, for those of its constants and constructors.
func TestPackageIsSmall(t *testing.T) {
	p := packageDoc(t)
	lines := len(p.Consts) + len(p.Vars) + len(p.Funcs)
	for _, typ := range p.Types {
		lines += 1 + len(typ.Consts) + len(typ.Vars) + len(typ.Funcs)
	}
	if lines < 5 || lines > maxShort {
		t.Errorf("go doc -short has about %d lines, want at most %d", lines, maxShort)
	}
	if n := reflect.TypeFor[*sim.Run]().NumMethod(); n < 5 || n > maxMethods {
		t.Errorf("sim.Run has %d methods, want at most %d", n, maxMethods)
	}
	// A type whose methods are hidden behind an alias can't be read about here.
	for _, typ := range p.Types {
		if spec := typ.Decl.Specs[0].(*ast.TypeSpec); spec.Assign.IsValid() && typ.Name != "Law" {
			t.Errorf("sim.%s is an alias: its methods are shown elsewhere", typ.Name)
		}
	}
}
