package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden file anew")

// The report of a small file of results is the golden one.
func TestGolden(t *testing.T) {
	const golden = "testdata/bench.md"
	out := filepath.Join(t.TempDir(), "bench.md")
	args := []string{"journal=testdata/journal.txt", "simulator=testdata/simulator.txt"}
	if err := run(out, args); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the report is not %s; if it should be as it is now: go test ./report -update\n%s", golden, got)
	}

	// A second time, what a person wrote outside of the markers is kept.
	const note = "A note between the slots.\n\n"
	noted := strings.Replace(string(got), begin("growth"), note+begin("growth"), 1)
	if err := os.WriteFile(out, []byte(noted), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(out, args); err != nil {
		t.Fatal(err)
	}
	if again, err := os.ReadFile(out); err != nil || string(again) != noted {
		t.Errorf("a second run changed the file (%v):\n%s", err, again)
	}
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	torn := write("torn", "BenchmarkAppend/of=write 10 12 ns/op\nBenchmarkAppend/of=powercut 10 1\n")
	for _, arg := range []string{
		"journal=" + write("empty", ""),
		"journal=" + torn,
		"nosuch=" + torn,
		"journal",
		"journal=" + filepath.Join(dir, "absent"),
	} {
		if err := run(filepath.Join(dir, "out"), []string{arg}); err == nil {
			t.Errorf("%s: no error", arg)
		}
	}
	unmarked := write("unmarked", "# Text without slots\n")
	if err := run(unmarked, []string{"journal=testdata/journal.txt"}); err == nil || !strings.Contains(err.Error(), "no slot") {
		t.Errorf("got %v, want an error about the slot", err)
	}
}
