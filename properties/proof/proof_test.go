package main

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The functions that a reason for a late barrier speaks of are the journal's.
func TestReasonsNameFunctions(t *testing.T) {
	files, err := filepath.Glob("../../journal/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source of the journal (%v)", err)
	}
	declared := make(map[string]bool)
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				declared[f.Name.Name] = true
			}
		}
	}
	for _, r := range lateReasons {
		for _, name := range r.within {
			if !declared[name] {
				t.Errorf("reason %s is for barriers in %s, which the journal does not have", r.Letter, name)
			}
		}
	}
}

// Each line of the original that a known defect is told by does something to a file.
func TestKnownDefectsNameLines(t *testing.T) {
	source, err := os.ReadFile("../engines/original/journal.go")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(source), "\n")
	checked := 0
	for _, d := range known() {
		if _, err := os.Stat("../../corpus/original-" + d.Case + ".case"); err != nil {
			t.Errorf("%s: %v", d.What, err)
		}
		if d.Signature == nil {
			continue
		}
		for _, m := range regexp.MustCompile(`go:(\d+)`).FindAllStringSubmatch(d.Signature.String(), -1) {
			n, err := strconv.Atoi(m[1])
			if err != nil || n > len(lines) || !regexp.MustCompile(`\.(Write|Sync|OpenFile)\(`).MatchString(lines[n-1]) {
				t.Errorf("%s: line %s of the original is no operation on a file", d.What, m[1])
			}
			checked++
		}
	}
	if checked < 4 {
		t.Errorf("%d lines checked: this test does not see them", checked)
	}
}

// The documents are written from measurements, with all the words and numbers that
// there are.
func TestDocuments(t *testing.T) {
	dir, docs := t.TempDir(), t.TempDir()
	for name, measured := range map[string]any{
		"mutants": map[string]any{"total": 2, "killed": 1, "runs": 70, "seconds": 61.2, "mutants": []any{
			map[string]any{"name": "append-without-fsync", "killed": true, "law": "acknowledged-durable", "runs": 50}, map[string]any{"name": "quiet"}}},
		"mutants-disk": map[string]any{"total": 2, "killed": 1, "seconds": 9.4, "mutants": []any{
			map[string]any{"name": "a-name-too-many", "killed": true, "tests": []string{"TestRecordings"}, "seconds": 4}, map[string]any{"name": "torn-twice"}}},
		"barriers": map[string]any{"seconds": 3, "sites": []any{
			map[string]any{"op": "sync", "site": "journal/a.go:1", "kind": "no-op", "killed": true, "law": "recovers", "runs": 3},
			map[string]any{"op": "sync", "site": "journal/a.go:1", "kind": "late", "killed": true, "law": "recovers", "runs": 4}}},
		"explore-4-0-1": map[string]any{"ops": 4, "workloads": 1562, "complete": true}, "explore-3-1-0": map[string]any{}, "explore-2-1-1": map[string]any{},
		"original": map[string]any{"runs": 9, "seconds": 1, "violations": []any{
			map[string]any{"law": "archives-kept", "signature": "archives-kept/log", "count": 41, "seed": 17}}},
		"pessimal": map[string]any{"runs": 12458, "images_skipped": 3, "canary": map[string]any{"law": "tail-forgiven", "runs": 1}},
		"journal": map[string]any{"runs": 246288, "varied": 46288, "runs_rechecked": 9930, "images": 5, "images_skipped": 121660317, "seconds": 3600, "workers": 2,
			"faults": map[string]any{"no-space": map[string]any{"scheduled": 7, "fired": 6, "matched": 90, "struck": 19}},
			"never":  []any{map[string]any{"step": "log", "op": "remove", "fault": "latency"}, map[string]any{"step": "log", "op": "remove", "fault": "remove-error"}}},
	} {
		text, err := json.Marshal(measured)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range []struct{ name, text string }{{name + ".json", string(text)}, {name + ".commit", "abc1234\n"}} {
			if err := os.WriteFile(filepath.Join(dir, file.name), []byte(file.text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := run(dir, docs); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]string{
		"proof.md": {"**1 of 2 killed**, 70 runs in 1m1s", "abc1234", "| append-without-fsync | acknowledged-durable | 50 |", "| a-name-too-many | TestRecordings | 4 |", "| torn-twice | **survived** | 0 |", "recovers (3)", "recovers (4)",
			"| 4 | 0 | 0 | 1562 |", "| an archive is overwritten | 41 times | 17 |", "| pessimal | 12458 |"},
		"night.md": {"campaign --seeds 200000`", "| runs | 246288", "| runs repeated, with the same digest | 9930 |", "| crash images that were repeats | 121660317 |",
			"| no-space | 7 | 6 | 19 |", "- log remove: latency, remove-error", "123144"},
	} {
		text, err := os.ReadFile(filepath.Join(docs, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(string(text), w) {
				t.Errorf("%s does not say %q", name, w)
			}
		}
		if strings.Contains(string(text), "<no value>") || strings.Contains(string(text), "%!") {
			t.Errorf("%s lacks a value:\n%s", name, text)
		}
	}
}

// A share of the mutants was killed within as many runs as the slowest of that share took.
func TestWithin(t *testing.T) {
	var m mutants
	if err := json.Unmarshal([]byte(`{"mutants": [
		{"killed": true, "median": 9, "by_start": [9, 1, 20]}, {"killed": true, "median": 2, "by_start": [2, 2, 2]},
		{"killed": false, "median": 0, "by_start": [0, 0, 0]}, {"killed": true, "median": 40, "by_start": [40, 1, 50]}]}`), &m); err != nil {
		t.Fatal(err)
	}
	if m.Starts() != 3 || m.Within(30) != 2 || m.Within(50) != 9 || m.Within(90) != 40 || m.Within(100) != 40 {
		t.Errorf("from %d first seeds, within %d, %d, %d and %d runs", m.Starts(), m.Within(30), m.Within(50), m.Within(90), m.Within(100))
	}
	if none := (mutants{}); none.Starts() != 0 || none.Within(50) != 0 {
		t.Errorf("of none: %d first seeds, within %d runs", none.Starts(), none.Within(50))
	}
}
