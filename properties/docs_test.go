package properties

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What docs/architecture.md sends a reader to is there: packages, files, and
// functions, types and methods by package.Name or package.Type.Method.
func TestArchitectureNamesWhatExists(t *testing.T) {
	page, err := os.ReadFile("../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	declared, packages := declarations(t)
	name := regexp.MustCompile(`^([a-z]+)(\.[A-Za-z]\w*)+$`)
	names, paths := 0, 0
	for _, m := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(string(page), -1) {
		word := m[1]
		if parts := name.FindStringSubmatch(word); parts != nil && packages[parts[1]] {
			names++
			if !declared[word] {
				t.Errorf("docs/architecture.md names %s, which is declared nowhere", word)
			}
		} else if strings.Contains(word, "/") && !strings.Contains(word, " ") {
			paths++
			if _, err := os.Stat(filepath.Join("..", word)); err != nil {
				t.Errorf("docs/architecture.md names the path %s: %v", word, err)
			}
		}
	}
	if names < 30 || paths < 20 {
		t.Errorf("found %d names and %d paths: this test does not see the page's", names, paths)
	}
}

// declarations are the functions, types and methods of the module's packages.
func declarations(t *testing.T) (declared, packages map[string]bool) {
	t.Helper()
	declared, packages = make(map[string]bool), make(map[string]bool)
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && path != ".." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		pkg := file.Name.Name
		packages[pkg] = true
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				declared[pkg+"."+receiver(decl)+decl.Name.Name] = true
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						declared[pkg+"."+spec.Name.Name] = true
					case *ast.ValueSpec:
						for _, n := range spec.Names {
							declared[pkg+"."+n.Name] = true
						}
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return declared, packages
}

// receiver is the name of a method's type and a dot, "" for a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	of := f.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	if id, ok := of.(*ast.Ident); ok {
		return id.Name + "."
	}
	return ""
}
