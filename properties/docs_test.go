package properties

import (
	"go/ast"
	"go/parser"
	"go/token"
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
	forEachSource(t, func(path string) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		pkg := file.Name.Name
		packages[pkg] = true
		for _, decl := range file.Decls {
			for _, name := range namesOf(decl) {
				declared[pkg+"."+name] = true
			}
		}
	})
	return declared, packages
}

// namesOf are the names that a declaration declares: "Type.Method" for a method.
func namesOf(decl ast.Decl) (names []string) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		return []string{receiver(decl) + decl.Name.Name}
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, spec.Name.Name)
			case *ast.ValueSpec:
				for _, n := range spec.Names {
					names = append(names, n.Name)
				}
			}
		}
	}
	return names
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
