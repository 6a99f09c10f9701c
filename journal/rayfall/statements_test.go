package rayfall_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"powercut/journal/rayfall"
	"powercut/journal/wire"
)

var rewrite = flag.Bool("rewrite", false, "write the golden files anew")

// statement is what the real program made of a source in a fresh environment:
// the serialised values of v and w, where they were bound.
type statement struct {
	Src string  `json:"src"`
	V   *string `json:"v"` // nil: it raised an error
	W   *string `json:"w"` // nil: not asked for, or not bound
}

func recorded(t testing.TB, name string) []statement {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var r io.Reader = file
	if strings.HasSuffix(name, ".gz") {
		if r, err = gzip.NewReader(file); err != nil {
			t.Fatal(err)
		}
	}
	var all []statement
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var s statement
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	return all
}

// judge evaluates a statement. It returns the error for what is not evaluated,
// and tells a test of everything that is not as it was recorded.
func judge(t *testing.T, s statement) *rayfall.UnsupportedError {
	t.Helper()
	m := rayfall.New()
	err := m.Apply(entry(s.Src))
	var unsupported *rayfall.UnsupportedError
	var failed *rayfall.EvalError
	bound := func(name string) *string {
		v, ok := m.Get(name)
		if !ok {
			return nil
		}
		text := hex.EncodeToString(wire.Encode(v))
		return &text
	}
	got := bound("v")
	switch {
	case errors.As(err, &unsupported):
		if !errors.Is(err, rayfall.ErrUnsupported) || errors.As(err, &failed) || unsupported.Function == "" {
			t.Errorf("%s: %T %v does not say that it is unsupported, and of what", s.Src, err, err)
		}
		if got != nil {
			t.Errorf("%s: not evaluated (%v), but v is bound", s.Src, err)
		}
		return unsupported
	case err != nil && !errors.As(err, &failed):
		t.Errorf("%s: got %T %v, want *EvalError or *UnsupportedError", s.Src, err, err)
	case (err == nil) != (s.V != nil):
		t.Errorf("%s: got %v, want an error: %v", s.Src, err, s.V == nil)
	}
	if diff := cmp.Diff(s.V, got); diff != "" {
		t.Errorf("%s: v (-want +got):\n%s", s.Src, diff)
	}
	if s.W != nil {
		if diff := cmp.Diff(s.W, bound("w")); diff != "" {
			t.Errorf("%s: w (-want +got):\n%s", s.Src, diff)
		}
	}
	kept(t, m)
	return nil
}

// kept checks that what a machine has bound survives a snapshot, byte by byte.
func kept(t testing.TB, m *rayfall.Machine) {
	t.Helper()
	snapshot, err := m.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	again := rayfall.New()
	if _, err := again.Restore(snapshot); err != nil {
		t.Errorf("restore: %v", err)
	}
	if copied, err := again.Snapshot(); err != nil || !bytes.Equal(copied, snapshot) {
		t.Errorf("restored: got %x, %v, want %x", copied, err, snapshot)
	}
}

// Of what the real program was given, nothing is wrong here: every statement
// binds the same bytes, or fails as there, or is said to be unsupported. What is
// unsupported stands in a file, by function.
func TestRecordedStatements(t *testing.T) {
	all := recorded(t, "statements.jsonl.gz")
	by := map[string][]string{}
	missing := 0
	for _, s := range all {
		if u := judge(t, s); u != nil {
			missing++
			line := fmt.Sprintf("%s\n\t%s\n", s.Src, strings.TrimPrefix(u.Error(), "rayfall: unsupported: "))
			by[u.Function] = append(by[u.Function], line)
		}
	}
	var names []string
	for name := range by {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int {
		if d := len(by[b]) - len(by[a]); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
	var list strings.Builder
	fmt.Fprintf(&list, "%d of %d recorded statements agree with the original. These %d are not evaluated:\n",
		len(all)-missing, len(all), missing)
	for _, name := range names {
		fmt.Fprintf(&list, "\n%s: %d\n%s", name, len(by[name]), strings.Join(by[name], ""))
	}
	t.Logf("%d of %d agree, %.1f%%", len(all)-missing, len(all), 100*float64(len(all)-missing)/float64(len(all)))
	if len(all) != 4044 || missing*20 > len(all) {
		t.Errorf("got %d statements, of which %d are not evaluated, want 4044 and at most a twentieth", len(all), missing)
	}
	golden(t, "unsupported.txt", list.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got); go test ./journal/rayfall -rewrite accepts it:\n%s", path, diff)
	}
}

// called finds the functions that a source calls.
var called = regexp.MustCompile(`\(([^\s()\[\]{}";]+)`)

// How many of the recorded statements that call a function are evaluated stands in a
// table; the others name what is unsupported of them, maybe another function.
func TestRecordedStatementsByFunction(t *testing.T) {
	type share struct{ statements, evaluated int }
	by := map[string]share{}
	for _, s := range recorded(t, "statements.jsonl.gz") {
		evaluated := !errors.Is(rayfall.New().Apply(entry(s.Src)), rayfall.ErrUnsupported)
		seen := map[string]bool{"set": true} // which all of them call
		for _, call := range called.FindAllStringSubmatch(s.Src, -1) {
			if seen[call[1]] {
				continue
			}
			seen[call[1]] = true
			n := by[call[1]]
			n.statements++
			if evaluated {
				n.evaluated++
			}
			by[call[1]] = n
		}
	}
	var table strings.Builder
	fmt.Fprintln(&table, "function    statements  evaluated")
	for _, name := range slices.Sorted(maps.Keys(by)) {
		fmt.Fprintf(&table, "%-12s %9d  %9d\n", name, by[name].statements, by[name].evaluated)
	}
	golden(t, "functions.txt", table.String())
}

// What else the original was recorded to do, where this package once did otherwise, and
// close to that. Nothing is bound here where it fails there.
func TestRecordedBeside(t *testing.T) {
	all := recorded(t, "beside.jsonl")
	unsupported := 0
	for _, s := range all {
		if u := judge(t, s); u != nil {
			unsupported++
			if s.V != nil && !strings.HasSuffix(u.Detail, "of a vector") {
				t.Errorf("%s: %v", s.Src, u)
			}
		}
	}
	if len(all) < 30 || unsupported > len(all)/3 {
		t.Errorf("%d of %d are not evaluated", unsupported, len(all))
	}
}

// The expressions of the subset that once differed from the original agree, each
// of them.
func TestRecordedSubset(t *testing.T) {
	all := recorded(t, "subset.jsonl")
	if len(all) != 43 {
		t.Fatalf("got %d expressions, want 43", len(all))
	}
	for _, s := range all {
		if u := judge(t, s); u != nil {
			t.Errorf("%s: %v", s.Src, u)
		}
	}
}
