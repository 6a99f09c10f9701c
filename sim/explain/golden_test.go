package explain_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/afero"

	"powercut/sim/core"
	"powercut/sim/explain"
	"powercut/sim/internal/golden"
	"powercut/sim/internal/toys"
	"powercut/sim/internal/toys/slots"
)

// readCase reads a case of testdata, of the toy engine with one mistake.
func readCase(t *testing.T, file string) *core.Case {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return parseCase(t, string(text))
}

func parseCase(t *testing.T, text string) *core.Case {
	t.Helper()
	c, err := core.ParseCase(text, func(name string) core.Target {
		return toys.Slots{Defect: slots.Defect(strings.TrimPrefix(name, "slots-"))}
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Each case of testdata is told word for word as it stands there: the text of a
// terminal, and the data that the page shows.
func TestAccounts(t *testing.T) {
	cases, err := filepath.Glob("testdata/*.case")
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range cases {
		name := strings.TrimSuffix(filepath.Base(file), ".case")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := explain.Explain(readCase(t, file))
			s := a.Suggest()
			s.WhatIf = a.WhatIf()
			var text, page bytes.Buffer
			if err := explain.Text(&text, a, s, name+".case"); err != nil {
				t.Fatal(err)
			}
			compare(t, name+".txt", text.String())
			var markdown bytes.Buffer
			report := a.Report(s)
			if err := report.Markdown(&markdown, a.Case.String()); err != nil {
				t.Fatal(err)
			}
			compare(t, name+".md", markdown.String())
			data, err := json.MarshalIndent(explain.PageData(a, s), "", " ")
			if err != nil {
				t.Fatal(err)
			}
			compare(t, name+".page.json", string(data)+"\n")
			if err := explain.HTML(&page, a, s); err != nil {
				t.Fatal(err)
			}
			var brief bytes.Buffer
			if err := explain.Brief(&brief, a, s); err != nil || !strings.HasPrefix(text.String(), brief.String()) {
				t.Errorf("the brief account is not the beginning of the whole one: %v\n%s", err, brief.String())
			}
		})
	}
}

// absolutePlace is a line of a panic's stack that says where a file is on this
// machine.
var absolutePlace = regexp.MustCompile(`(\t|\\t)/[^\s"\\]*/(\w+\.go):\d+`)

// compare compares a text with a file of testdata that knows no machine.
func compare(t *testing.T, name, got string) {
	t.Helper()
	golden.Compare(t, name, absolutePlace.ReplaceAllString(got, "$1/.../$2"))
}

// What is written nowhere else is told of as an error: each write may fail.
func TestTextTellsOfFailedWrites(t *testing.T) {
	a := explain.Explain(readCase(t, "testdata/no-dir-sync.case"))
	full := errors.New("no space")
	for room := range 200 {
		if err := explain.Text(&narrow{room, full}, a, explain.Suggestion{}, "x.case"); err != nil {
			if !errors.Is(err, full) {
				t.Fatalf("with room for %d writes: %v", room, err)
			}
		} else if room < 10 {
			t.Fatalf("with room for %d writes no error", room)
		}
	}
}

// narrow takes so many writes and refuses those behind them.
type narrow struct {
	left int
	err  error
}

func (n *narrow) Write(p []byte) (int, error) {
	if n.left == 0 {
		return 0, n.err
	}
	n.left--
	return len(p), nil
}

// Export writes the files of the last crash's image as they are; a case that comes
// to no crash has none.
func TestExport(t *testing.T) {
	c := readCase(t, "testdata/no-dir-sync.case")
	dst := afero.NewMemMapFs()
	if err := explain.Export(c, dst, "/out"); err != nil {
		t.Fatal(err)
	}
	for i, f := range explain.Explain(c).Crashes[0].Files {
		if raw, err := afero.ReadFile(dst, "/out"+f.Path); !f.Dir && (err != nil || int64(len(raw)) != f.Size) {
			t.Errorf("file %d, %s: %d bytes, %v", i, f.Path, len(raw), err)
		}
	}
	far := c.Clone()
	far.Epochs[0].Crashes = []core.CrashPoint{{Step: 1000, Choice: c.Epochs[0].Crashes[0].Choice}}
	if err := explain.Export(far, dst, "/out"); !errors.Is(err, explain.ErrNoImage) {
		t.Errorf("a crash that never comes: %v", err)
	}
	far.Epochs[0].Crashes = nil
	if err := explain.Export(far, dst, "/out"); !errors.Is(err, explain.ErrNoImage) {
		t.Errorf("no crash at all: %v", err)
	}
}
