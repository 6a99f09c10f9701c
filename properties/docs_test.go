package properties

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// page is a text for readers. Its name is a path from the root of the module.
type page struct {
	name, text string
}

// pages are those that say what is, and not, as a changelog does, what was. What a
// decision rejected need not exist.
func pages(t *testing.T) (all []page) {
	t.Helper()
	for _, pattern := range []string{"README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/*.md", "docs/*/*.md", "journal/*.md", "properties/bench/*.md", "vfs/kernel/*.md", "vfs/adapt/*/*.md", "vfs/testdata/*/*.md"} {
		files, err := filepath.Glob(filepath.Join("..", pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no pages %s (%v)", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			says, _, _ := strings.Cut(string(text), "**Rejected.**")
			all = append(all, page{filepath.ToSlash(strings.TrimPrefix(file, "../")), says})
		}
	}
	return all
}

// words are what a page puts in backticks.
func (p page) words() (all []string) {
	for _, m := range regexp.MustCompile("`([^`\n]+)`").FindAllStringSubmatch(p.text, -1) {
		all = append(all, m[1])
	}
	return all
}

// What the pages of the documentation send a reader to is there: names of Go by
// package.Name, Type.Member or alone, paths, links, and targets of make.
func TestPagesNameWhatExists(t *testing.T) {
	names := declarations(t)
	checks := []struct {
		what   string
		least  int // how many a reader finds; fewer: the test doesn't see them
		unseen func(p page) (checked int, missing []string)
	}{
		{"a name", 80, names.missing},
		{"a path", 60, missingPaths},
		{"a link", 40, missingLinks},
		{"a target of make", 10, missingTargets},
	}
	for _, c := range checks {
		t.Run(c.what, func(t *testing.T) {
			checked := 0
			for _, p := range pages(t) {
				n, missing := c.unseen(p)
				checked += n
				for _, m := range missing {
					t.Errorf("%s has %s that is nowhere: %s", p.name, c.what, m)
				}
			}
			if checked < c.least {
				t.Errorf("%d checked: this test does not see the pages", checked)
			}
		})
	}
}

// identifiers are those of the source of every module.
type identifiers struct {
	packages map[string]bool
	// declared has "package.Name", "package.Type.Member", and both without the
	// package.
	declared map[string]bool
	used     map[string]bool // anything that is an identifier anywhere
}

var (
	qualified = regexp.MustCompile(`^([a-z]+)(\.[A-Za-z]\w*)+$`)
	ofType    = regexp.MustCompile(`^[A-Z]\w*\.[A-Z]\w*$`)
	camelCase = regexp.MustCompile(`^[A-Za-z]?[a-z]+[A-Z]\w*$`)
	fileName  = regexp.MustCompile(`\.(html|json|jsonl|go|md|txt|case|log|yml|yaml|svg)$`)
)

func (n identifiers) missing(p page) (checked int, missing []string) {
	for _, word := range p.words() {
		word = strings.TrimSuffix(strings.TrimPrefix(word, "*"), "()")
		known := false
		switch parts := qualified.FindStringSubmatch(word); {
		case fileName.MatchString(word), word == "runBytes": // a former key of JSON
			continue
		case parts != nil && n.packages[parts[1]], ofType.MatchString(word):
			known = n.declared[word]
		case camelCase.MatchString(word):
			known = n.used[word]
		default:
			continue
		}
		if checked++; !known {
			missing = append(missing, word)
		}
	}
	return checked, missing
}

// declarations reads the source of every module.
func declarations(t *testing.T) identifiers {
	t.Helper()
	n := identifiers{make(map[string]bool), make(map[string]bool), make(map[string]bool)}
	forEachSource(t, func(path string) {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(node ast.Node) bool {
			if id, ok := node.(*ast.Ident); ok {
				n.used[id.Name] = true
			}
			return true
		})
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		n.packages[file.Name.Name] = true
		for _, decl := range file.Decls {
			for _, name := range namesOf(decl) {
				n.declared[name] = true
				n.declared[file.Name.Name+"."+name] = true
			}
		}
	})
	return n
}

// namesOf are the names that a declaration declares: "Type.Member" for a method, a
// field and the method of an interface.
func namesOf(decl ast.Decl) (all []string) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		return []string{receiver(decl) + decl.Name.Name}
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				all = append(all, spec.Name.Name)
				for _, member := range members(spec.Type) {
					all = append(all, spec.Name.Name+"."+member)
				}
			case *ast.ValueSpec:
				for _, n := range spec.Names {
					all = append(all, n.Name)
				}
			}
		}
	}
	return all
}

// members are the fields of a struct, or the methods of an interface.
func members(of ast.Expr) (all []string) {
	var fields *ast.FieldList
	switch of := of.(type) {
	case *ast.StructType:
		fields = of.Fields
	case *ast.InterfaceType:
		fields = of.Methods
	default:
		return nil
	}
	for _, f := range fields.List {
		for _, n := range f.Names {
			all = append(all, n.Name)
		}
	}
	return all
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
	if generic, ok := of.(*ast.IndexExpr); ok {
		of = generic.X
	}
	if id, ok := of.(*ast.Ident); ok {
		return id.Name + "."
	}
	return ""
}

// pathWord is a path without a place holder such as FILE, and without a line.
var pathWord = regexp.MustCompile(`^[a-z.][\w.*-]*(/[\w.*-]+)+/?$`)

// missingPaths looks for those that begin with something that is there, in the root
// or beside the page: others are of the reader's own machine.
func missingPaths(p page) (checked int, missing []string) {
	for _, word := range p.words() {
		first, _, _ := strings.Cut(word, "/")
		if !pathWord.MatchString(word) || first == "artifacts" || strings.Contains(word, "...") {
			continue
		}
		dirs := []string{filepath.Join("..", filepath.Dir(p.name)), ".."}
		if first == ".." {
			dirs = dirs[:1]
		}
		for _, dir := range dirs {
			if _, err := os.Stat(filepath.Join(dir, first)); err != nil {
				continue
			}
			checked++
			if found, err := filepath.Glob(filepath.Join(dir, word)); err != nil || len(found) == 0 {
				missing = append(missing, word)
			}
			break
		}
	}
	return checked, missing
}

// missingLinks follows the links to other files, and to headings.
func missingLinks(p page) (checked int, missing []string) {
	for _, m := range regexp.MustCompile(`\]\(([^)\s#]*)(?:#([^)\s]+))?\)`).FindAllStringSubmatch(p.text, -1) {
		link, heading := m[1], m[2]
		if strings.Contains(link, "://") {
			continue
		}
		checked++
		file := filepath.Join("..", filepath.Dir(p.name), link)
		if link == "" {
			file = filepath.Join("..", p.name)
		}
		text, err := os.ReadFile(file)
		if _, statErr := os.Stat(file); statErr != nil || heading != "" && (err != nil || !hasHeading(string(text), heading)) {
			missing = append(missing, m[0][2:])
		}
	}
	return checked, missing
}

// hasHeading says whether a page has a heading with that anchor.
func hasHeading(text, anchor string) bool {
	for line := range strings.Lines(text) {
		title := strings.ToLower(strings.TrimSpace(strings.TrimLeft(line, "#")))
		title = regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(title, "")
		if strings.HasPrefix(line, "#") && strings.ReplaceAll(title, " ", "-") == anchor {
			return true
		}
	}
	return false
}

// missingTargets looks for "make target", in backticks and in examples.
func missingTargets(p page) (checked int, missing []string) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		return 0, []string{err.Error()}
	}
	for _, m := range regexp.MustCompile("(?m)(?:`|^ *)make ([a-z]+)").FindAllStringSubmatch(p.text, -1) {
		if checked++; !regexp.MustCompile(`(?m)^` + m[1] + `:`).Match(makefile) {
			missing = append(missing, m[1])
		}
	}
	return checked, missing
}

// exported are the names that a package declares for others, but for methods and
// fields.
func (n identifiers) exported(pkg string) map[string]bool {
	all := make(map[string]bool)
	for name := range maps.Keys(n.declared) {
		of, declared, _ := strings.Cut(name, ".")
		if of == pkg && ast.IsExported(declared) && !strings.Contains(declared, ".") {
			all[declared] = true
		}
	}
	return all
}
