package properties

import (
	"bufio"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// notDriven are exported functions of package journal that no workload reaches, and why.
var notDriven = map[string]string{
	"NewMonitor":         "the simulator passes a monitor of its own",
	"Replay":             "it applies one log without a journal; Validate is the same walk, and is driven",
	"Inspect":            "it is for people: accounts and cases use it, a run's judgement does not",
	"StatusOf":           "likewise",
	"Machine":            "an interface",
	"Mode.String":        "it is printed only",
	"EvalFailure.String": "likewise",
}

// notRaised are exported errors of package journal that no workload comes to, and why.
var notRaised = map[string]string{}

// notGiven are options that no workload sets, and why.
var notGiven = map[string]string{}

// Each exported function, error and option of the journal is reached by what campaigns
// do, or this test says why not: what no workload comes to, no law judges.
func TestWorkloadsReachTheAPI(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds this test once more")
	}
	profile := filepath.Join(t.TempDir(), "profile")
	cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-run=^TestFaultCounts$", "-covermode=set", "-coverpkg=powercut/journal", "-coverprofile="+profile, ".")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("a campaign with coverage: %v\n%s", err, out)
	}
	covered := readProfile(t, profile)

	raised := make(map[string]bool) // exported error: was it made?
	files, err := filepath.Glob("../journal/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source of the journal (%v)", err)
	}
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			lookAt(t, file, covered, raised)
		}
	}
	if len(raised) < 8 {
		t.Fatalf("found only these errors: %v", raised)
	}
	for name, was := range raised {
		if _, excused := notRaised[name]; was == excused {
			t.Errorf("%s: made by a run: %v; on the list of those that none makes: %v", name, was, excused)
		}
	}
	given := optionsGiven(t)
	for _, name := range optionNames(t) {
		if _, excused := notGiven[name]; given[name] == excused {
			t.Errorf("option %s: given by the driver: %v; on the list of those that it does not give: %v", name, given[name], excused)
		}
	}
}

// lookAt complains of exported functions in a file that no workload reached, and notes
// which exported errors were made.
func lookAt(t *testing.T, file string, covered blocks, raised map[string]bool) {
	t.Helper()
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	reached := func(pos token.Pos) bool {
		at := set.Position(pos)
		return covered.has(filepath.Base(file), at.Line, at.Column)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if name := nameOf(n); isDriven(n, name) && !reached(n.Body.List[0].Pos()) {
				t.Errorf("no workload reaches %s", name)
			}
		case *ast.CompositeLit:
			if id, ok := n.Type.(*ast.Ident); ok && ast.IsExported(id.Name) && strings.HasSuffix(id.Name, "Error") {
				raised[id.Name] = raised[id.Name] || reached(n.Pos())
			}
		}
		return true
	})
}

// isDriven says whether workloads are to reach a function.
func isDriven(f *ast.FuncDecl, name string) bool {
	_, excused := notDriven[name]
	return ast.IsExported(f.Name.Name) && isPublic(name) && !excused && f.Body != nil && len(f.Body.List) > 0
}

// blocks are the blocks of statements that ran, by file.
type blocks map[string][][4]int // from line, column to line, column

func (b blocks) has(file string, line, column int) bool {
	for _, at := range b[file] {
		after := line > at[0] || line == at[0] && column >= at[1]
		before := line < at[2] || line == at[2] && column <= at[3]
		if after && before {
			return true
		}
	}
	return false
}

func readProfile(t *testing.T, name string) blocks {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	ran := make(blocks)
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		path, rest, ok := strings.Cut(scanner.Text(), ":")
		var at [4]int
		var statements, count int
		if _, err := fmt.Sscanf(rest, "%d.%d,%d.%d %d %d", &at[0], &at[1], &at[2], &at[3], &statements, &count); ok && err == nil && count > 0 {
			ran[filepath.Base(path)] = append(ran[filepath.Base(path)], at)
		}
	}
	if len(ran) == 0 {
		t.Fatal("nothing ran")
	}
	return ran
}

// nameOf is a function's name, behind that of its type if it is a method.
func nameOf(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return f.Name.Name
	}
	of := f.Recv.List[0].Type
	if star, ok := of.(*ast.StarExpr); ok {
		of = star.X
	}
	if id, ok := of.(*ast.Ident); ok {
		return id.Name + "." + f.Name.Name
	}
	return f.Name.Name
}

// isPublic says whether a function belongs to something exported, and is not what
// prints an error or unwraps it.
func isPublic(name string) bool {
	of, method, isMethod := strings.Cut(name, ".")
	return ast.IsExported(of) && !(isMethod && (method == "Error" || method == "Unwrap"))
}

// optionNames are the fields of journal.Options.
func optionNames(t *testing.T) (names []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), "../journal/options.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.Name == "Options" {
			for _, field := range spec.Type.(*ast.StructType).Fields.List {
				for _, name := range field.Names {
					names = append(names, name.Name)
				}
			}
		}
		return true
	})
	if len(names) == 0 {
		t.Fatal("the options have no fields")
	}
	return names
}

// optionsGiven are those that the journal's driver sets.
func optionsGiven(t *testing.T) map[string]bool {
	t.Helper()
	source, err := os.ReadFile("engines/journal/driver.go")
	if err != nil {
		t.Fatal(err)
	}
	given := make(map[string]bool)
	for _, name := range optionNames(t) {
		given[name] = strings.Contains(string(source), name+": ") || strings.Contains(string(source), "options."+name+" = ")
	}
	return given
}
