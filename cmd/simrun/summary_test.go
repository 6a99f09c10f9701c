package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/vfs"
)

var rewrite = flag.Bool("rewrite", false, "write golden files anew")

// The summary of a campaign, on terminals of several widths, with colours and
// without, and on a pipe.
func TestSummaryOnScreens(t *testing.T) {
	reports := map[string]*campaignReport{"held": heldReport(), "failed": failedReport(), "interrupted": interruptedReport()}
	for name, report := range reports {
		for _, s := range []struct {
			name    string
			columns int
			colours bool
		}{{"pipe", 0, false}, {"40", 40, true}, {"80", 80, true}, {"200", 200, true}, {"80-no-color", 80, false}} {
			t.Run(name+"-"+s.name, func(t *testing.T) {
				var out bytes.Buffer
				report.summarize(screen{&out, s.columns, s.colours})
				for line := range strings.Lines(out.String()) {
					if shown := visible(line); s.columns > 0 && len(shown) > s.columns && strings.Contains(strings.TrimSpace(shown), " ") {
						t.Errorf("a line of %d columns: %s", len(shown), shown)
					}
				}
				golden(t, filepath.Join("testdata", "summary", name+"-"+s.name+".txt"), out.String())
			})
		}
	}
}

// visible is what a terminal shows of a line.
func visible(line string) string {
	for _, colour := range []string{good, bad, unsure} {
		line = strings.ReplaceAll(line, "\x1b["+colour+"m", "")
	}
	return strings.TrimRight(strings.ReplaceAll(line, "\x1b[0m", ""), "\n")
}

// golden compares a text with a file. Colours are spelt out in it.
func golden(t *testing.T, file, text string) {
	t.Helper()
	text = strings.ReplaceAll(text, "\x1b", "ESC")
	if *rewrite {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("%s (-want +got):\n%s", file, diff)
	}
}

// heldReport is of a campaign that found nothing.
func heldReport() *campaignReport {
	s := &campaign.Summary{Duration: 41 * time.Second, Canary: campaign.CanaryReport{Path: "j.log"}}
	s.Runs, s.Images, s.Digest = 1203, 88012, 0xdb05
	return &campaignReport{config: campaignConfig{Target: "journal", Shards: 1}, summary: s, seeds: 1000, workers: 2}
}

func interruptedReport() *campaignReport {
	r := heldReport()
	r.summary.Interrupted, r.left, r.dir = true, 380, "night"
	return r
}

// failedReport is of a campaign that found two root causes, and something without a
// place in the code.
func failedReport() *campaignReport {
	r := heldReport()
	r.config.Target, r.seeds, r.dir = "original", 300, "night"
	r.shrinking = 12340 * time.Millisecond
	defect := func(count uint64, law core.Law, how core.CulpritKind, op string, line int, profile vfs.Profile) {
		v := &core.Violation{Law: law, What: "the archive /data/j.2000.01.01T00.00.00Z.log was overwritten", Profile: profile}
		if line > 0 {
			v.Culprit = core.Culprit{How: how, Op: op, Stack: []core.Site{{File: "properties/engines/original/journal.go", Line: line}}}
		}
		r.summary.Defects = append(r.summary.Defects, campaign.Defect{Count: count, First: v})
	}
	defect(31, "acknowledged-durable", core.CulpritLost, "create of /data/j.log", 75, vfs.POSIX)
	defect(1, "archives-kept", core.CulpritNone, "", 0, vfs.Ext4)
	defect(20, "async-prefix", core.CulpritLost, "create of /data/j.log", 75, vfs.Ext4)
	defect(5, "nothing-invented", core.CulpritFault, "sync of /data/j.log", 208, vfs.Btrfs)
	noCase := r.summary.Defects[1].First // no crash had a part in it, and its case does not show it
	noCase.Unrepeated, noCase.Seed, noCase.Case = true, 212, &core.Case{Target: "original"}
	r.summary.Deaths = []campaign.Death{{Seed: 71}}
	return r
}

// A root cause is one place, whatever the laws that are violated there. A place where a
// crash happened to come says no more than its function; what has no place goes by its
// law.
func TestRootCauses(t *testing.T) {
	defect := func(law core.Law, how core.CulpritKind, function string, line, runs int) campaign.Defect {
		v := &core.Violation{Law: law, What: "it broke"}
		if line > 0 {
			v.Culprit = core.Culprit{How: how, Op: "write of /a", Stack: []core.Site{{File: "a.go", Line: line, Func: function}}}
		}
		return campaign.Defect{Count: uint64(runs), First: v}
	}
	lost, fault, cut, last := core.CulpritLost, core.CulpritFault, core.CulpritCut, core.CulpritLast
	for _, test := range []struct {
		name    string
		defects []campaign.Defect
		want    []string
	}{
		{"by place, else by law", []campaign.Defect{
			defect("x", lost, "f", 7, 2), defect("y", lost, "f", 7, 5), defect("x", lost, "", 0, 1), defect("x", lost, "f", 9, 3), defect("x", lost, "", 0, 1),
		}, []string{"7: a.go:7: write of /a was lost in the crash: y and 1 law more", "3: a.go:9: write of /a was lost in the crash: x", "2: it broke: x"}},
		{"a vague place joins its function's cause, which keeps its own place", []campaign.Defect{
			defect("x", cut, "f", 8, 50), defect("y", lost, "f", 7, 2), defect("z", last, "g", 30, 4),
		}, []string{"52: a.go:7: write of /a was lost in the crash: y and 1 law more", "4: a.go:30: write of /a was the last before the error: z"}},
		{"of two causes it joins the one with its law", []campaign.Defect{
			defect("x", cut, "f", 8, 1), defect("y", lost, "f", 7, 9), defect("x", lost, "f", 9, 2),
		}, []string{"9: a.go:7: write of /a was lost in the crash: y", "3: a.go:9: write of /a was lost in the crash: x"}},
		{"faults at several places of one function are one cause", []campaign.Defect{
			defect("x", fault, "f", 8, 1), defect("y", fault, "f", 9, 2), defect("x", fault, "g", 20, 1), defect("x", lost, "f", 8, 1),
		}, []string{"3: a.go:9: write of /a was struck by a fault, as at 1 other place in the function: y and 1 law more",
			"1: a.go:20: write of /a was struck by a fault: x", "1: a.go:8: write of /a was lost in the crash: x"}},
		{"vague places of one function are one cause, at the place seen most often", []campaign.Defect{
			defect("x", cut, "f", 8, 1), defect("x", cut, "f", 9, 2), defect("x", cut, "g", 20, 1),
		}, []string{"3: a.go:9: write of /a was about to happen: x", "1: a.go:20: write of /a was about to happen: x"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, c := range rootCauses(test.defects) {
				got = append(got, fmt.Sprintf("%d: %s", c.runs, c.what()))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Lines are broken at their spaces alone, so that a command can be pasted, and a
// place opened.
func TestWrap(t *testing.T) {
	for _, test := range []struct {
		text    string
		columns int
		want    string
	}{
		{"  a b c", 0, "  a b c"},
		{"  aa bb cc", 7, "  aa bb\n    cc"},
		{"  a-word-that-is-longer-than-it-all b", 10, "  a-word-that-is-longer-than-it-all\n    b"},
		{"", 10, ""},
		{"ä ö ü", 3, "ä ö\n    ü"},
	} {
		if got := wrap(test.text, test.columns, 4); got != test.want {
			t.Errorf("%q in %d columns: got %q, want %q", test.text, test.columns, got, test.want)
		}
	}
}

// What is no terminal has no colours, and lines as long as they are.
func TestScreenOfAPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for _, out := range []screen{screenOf(w), screenOf(&bytes.Buffer{})} {
		if out.columns != 0 || out.colours {
			t.Errorf("got %d columns, colours %v", out.columns, out.colours)
		}
	}
}
