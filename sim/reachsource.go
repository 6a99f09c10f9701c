package sim

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"sync"
)

// writtenIn finds the calls of Sometimes and Reachable in the source of a test's body,
// and in the functions of its package that the body calls by their plain names. Without
// the source there are none.
func writtenIn(body func(r *Run)) map[string]reachPoint {
	f := runtime.FuncForPC(reflect.ValueOf(body).Pointer())
	if f == nil {
		return nil
	}
	if points, known := sources.Load(f.Entry()); known {
		return points.(map[string]reachPoint)
	}
	points := readBody(f)
	sources.Store(f.Entry(), points)
	return points
}

// sources are what was read, by the entry of the body: under rapid each draw is a test of
// its own, with the same body.
var sources sync.Map

// readBody reads the source that a function is in.
func readBody(f *runtime.Func) map[string]reachPoint {
	file, line := f.FileLine(f.Entry())
	s := &source{fset: token.NewFileSet(), functions: make(map[string]*ast.FuncDecl), points: make(map[string]reachPoint)}
	dir := filepath.Dir(file)
	if _, err := os.Stat(file); err != nil {
		dir = "." // where go test runs: the name may be one that is the same on every machine
	}
	s.parse(dir)
	name := strings.TrimSuffix(f.Name(), "-fm") // of a method's value
	s.method = ""
	if name != f.Name() {
		s.method = name[strings.LastIndexByte(name, '.')+1:]
	}
	if start := s.find(filepath.Base(file), line); start != nil {
		s.walk(start)
	}
	return s.points
}

// source is that of a package.
type source struct {
	fset      *token.FileSet
	files     []*ast.File
	functions map[string]*ast.FuncDecl // without methods
	method    string                   // the name of the body, if that is a method
	points    map[string]reachPoint
}

func (s *source) parse(dir string) {
	names, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	for _, name := range names {
		file, err := parser.ParseFile(s.fset, name, nil, 0)
		if err != nil {
			continue
		}
		s.files = append(s.files, file)
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				s.functions[f.Name.Name] = f
			}
		}
	}
}

// find finds the function that begins at a line, or the method that is the body.
func (s *source) find(file string, line int) (found ast.Node) {
	for _, f := range s.files {
		ast.Inspect(f, func(n ast.Node) bool {
			var method string
			switch d := n.(type) {
			case *ast.FuncLit:
			case *ast.FuncDecl:
				if d.Recv != nil {
					method = d.Name.Name
				}
			default:
				return true
			}
			at := s.fset.Position(n.Pos())
			if s.method == "" && filepath.Base(at.Filename) == file && at.Line == line || s.method != "" && method == s.method {
				found = n
			}
			return true
		})
	}
	return found
}

// walk collects the calls below a node. What it has been to, it does not go to again.
func (s *source) walk(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		switch f := call.Fun.(type) {
		case *ast.Ident:
			if called := s.functions[f.Name]; called != nil {
				delete(s.functions, f.Name)
				s.walk(called)
			}
		case *ast.SelectorExpr:
			s.collect(f.Sel.Name, call)
		}
		return true
	})
}

// collect notes a call whose name is written there.
func (s *source) collect(method string, call *ast.CallExpr) {
	if args := map[string]int{"Sometimes": 2, "Reachable": 1}[method]; args == 0 || len(call.Args) != args {
		return
	}
	literal, ok := call.Args[0].(*ast.BasicLit)
	if !ok {
		return
	}
	if name, err := strconv.Unquote(literal.Value); err == nil {
		at := s.fset.Position(call.Pos())
		s.points[name] = reachPoint{call: method, place: placeOf(absolute(at.Filename), at.Line)}
	}
}

// absolute makes a path one that does not depend on the directory.
func absolute(file string) string {
	if abs, err := filepath.Abs(file); err == nil {
		return abs
	}
	return file
}
