package explain

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"powercut/sim/core"
	"powercut/vfs"
)

// What was expected stands beside what came back, line by line, and the first
// difference is marked, at the character where it begins.
func TestDiffRows(t *testing.T) {
	for _, test := range []struct{ name, diff, want string }{
		{"nothing", "", ""},
		{"one line", "-x = 3\n+x = 6\n", "x = [3] | x = [6] FIRST\n"},
		{"within characters of several bytes", "-é\n+è\n", "[é] | [è] FIRST\n"},
		{"around what both have", " a\n-b\n+c\n d\n-e\n", " a |  a\n[b] | [c] FIRST\n d |  d\n[e] | none\n"},
		{"more came back than was expected", "-a\n+a\n+b\n", "a | a FIRST\nnone | [b]\n"},
		{"two blocks, one behind the other", "-a\n+b\n-c\n+d\n", "[a] | [b] FIRST\n[c] | [d]\n"},
		{"only what came back", "+a\n", "none | [a] FIRST\n"},
		{"one is the beginning of the other", "-ab\n+abc\n", "ab | ab[c] FIRST\n"},
	} {
		var got strings.Builder
		for _, row := range diffRows(test.diff) {
			fmt.Fprintf(&got, "%s | %s", row.Expected, row.Got)
			if row.First {
				got.WriteString(" FIRST")
			}
			got.WriteString("\n")
		}
		if got.String() != test.want {
			t.Errorf("%s: got\n%swant\n%s", test.name, got.String(), test.want)
		}
	}
}

func (s *diffSide) String() string {
	switch {
	case s == nil:
		return "none"
	case s.Rest == "":
		return s.Same
	}
	return s.Same + "[" + s.Rest + "]"
}

// Each sector says which operation left it so: sectors of one origin are one cell, and
// zeros that were written, zeros that nobody wrote and what was there before are told
// apart.
func TestSectors(t *testing.T) {
	a := &Account{Case: &core.Case{Epochs: make([]core.CaseEpoch, 1)}, Crashes: []CrashAccount{{Step: 9}}}
	for step := uint64(1); step < 9; step++ {
		a.Events = append(a.Events, core.Event{N: step, Kind: core.EventOp, Step: step, Seq: step, Op: "write", Path: "/f"})
	}
	origin := func(offset, length, seq int64, zero bool, lost ...int64) OriginRun {
		return OriginRun{Offset: offset, Len: length, Zero: zero, Origin: vfs.Origin{Seq: seq, Synced: seq == 4, Lost: lost}}
	}
	a.Crashes[0].Files = []FileAccount{{Path: "/f", Size: 8*512 + 10, Runs: []OriginRun{
		origin(0, 512, 0, false), origin(512, 1024, 0, true), origin(1536, 512, 2, true),
		origin(2048, 200, 4, false), origin(2248, 824, 5, false, 7), origin(3072, 512, 5, false), origin(3584, 522, -1, false),
	}}}
	f := fileOf(a, 0, 0)
	var got []string
	for _, s := range f.Sectors {
		got = append(got, strings.Join([]string{s.Range, s.Label, s.Class}, " "))
	}
	want := []string{"0 old before", "1–2 · never", "3 0 zero", "4 4… by0 lost-later", "5 5 by1 lost-later", "6 5 by1", "7–8 old before"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cells (-want +got):\n%s", diff)
	}
	if d := f.Sectors[1].Detail; d != "sectors 1–2, bytes 512 to 1535\n  zeros, which no operation wrote" {
		t.Errorf("the detail of two sectors is %q", d)
	}
	for _, part := range []string{"2048+200: as operation 4 left it (write /f 0+0); synced", "operations [7] had written it later"} {
		if d := f.Sectors[3].Detail; !strings.Contains(d, part) {
			t.Errorf("no %q in the detail of a sector of two origins: %q", part, d)
		}
	}
	if n := len(f.Writers); n != 6 {
		t.Errorf("%d places in the legend, want 6: %v", n, f.Writers)
	}
}

// A file of many origins is cut off, and so is its legend: a page has an end.
func TestSectorsAreBounded(t *testing.T) {
	a := &Account{Case: &core.Case{Epochs: make([]core.CaseEpoch, 1)}, Crashes: []CrashAccount{{}}}
	f := FileAccount{Path: "/f"}
	for i := range int64(600) {
		a.Events = append(a.Events, core.Event{Kind: core.EventOp, Step: uint64(i + 1), Seq: uint64(i + 1), Op: "write"})
		f.Runs = append(f.Runs, OriginRun{Offset: f.Size, Len: 512, Origin: vfs.Origin{Seq: i + 1}})
		f.Size += 512
	}
	a.Crashes[0].Files = []FileAccount{f}
	if got := fileOf(a, 0, 0); len(got.Sectors) != maxSectors || got.More != 600-maxSectors || len(got.Writers) != maxWriters || got.MoreWriters != maxSectors-maxWriters {
		t.Errorf("%d cells and %d more, %d writers and %d more", len(got.Sectors), got.More, len(got.Writers), got.MoreWriters)
	}
}

// Lines are shown where the file is found: by what the binary knows, or else below the
// module's root. What is not there is left out, without a word.
func TestSource(t *testing.T) {
	here := core.Site{File: "sim/explain/page_test.go", Line: 12, Func: "TestSource"}
	lines := linesAround(here)
	if len(lines) != 2*snippetLines+1 || !lines[snippetLines].Marked || lines[snippetLines].Number != 12 || !strings.HasPrefix(lines[snippetLines].Text, ")") {
		t.Errorf("lines %+v", lines)
	}
	if first := linesAround(core.Site{File: here.File, Line: 1}); len(first) != 1+snippetLines || !first[0].Marked || first[0].Text != "package explain" {
		t.Errorf("around the first line %+v", first)
	}
	for _, site := range []core.Site{{}, {File: "no/such.go", Line: 3}, {File: here.File, Line: 100000}, {File: here.File}} {
		if lines := linesAround(site); lines != nil {
			t.Errorf("%v: %+v", site, lines)
		}
	}
	c := snippetCollector{}
	c.add("x", []core.Site{{File: "no/such.go", Line: 3}, here})
	c.suggest("a Sync of the file /f", []core.Site{here})
	c.suggest("a Sync of the file /g", []core.Site{{File: here.File, Line: 3, Harness: true}})
	if len(c.all) != 1 || c.all[0].Lines[snippetLines].Behind != "a Sync of the file /f would belong behind this" {
		t.Errorf("snippets %+v", c.all)
	}
}
