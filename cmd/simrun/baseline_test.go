package main

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/sim/shrink"
)

// keptCase is the text of a case of the corpus.
func keptCase(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../corpus", name+".case"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// earlierReport is a directory with a report of a campaign.
func earlierReport(t *testing.T, report campaignJSON) string {
	t.Helper()
	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, reportFile), text, 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// reportOn is a campaign on a target that found defects by the signatures "LAW/step".
func reportOn(t *testing.T, target string, signatures ...string) *campaignReport {
	t.Helper()
	r := &campaignReport{config: campaignConfig{Target: target}, subject: namedSubject(findTarget(target)), summary: &campaign.Summary{}}
	c, err := core.ParseCase(keptCase(t, "original-lost-name"), findTarget)
	if err != nil {
		t.Fatal(err)
	}
	for _, signature := range signatures {
		law, step, _ := strings.Cut(signature, "/")
		v := &core.Violation{Law: core.Law(law), What: "it broke", Case: c}
		v.Culprit.Step = step
		r.summary.Defects = append(r.summary.Defects, campaign.Defect{Count: 1, First: v})
	}
	return r
}

// What becomes of the defects of an earlier report is decided by the seeds, and by
// their cases, which are run again.
func TestChangesSinceABaseline(t *testing.T) {
	known := func(state change, signature, text string) changeJSON {
		law, _, _ := strings.Cut(signature, "/")
		return changeJSON{State: state, Law: core.Law(law), What: "it broke", Signature: signature, Case: text}
	}
	for _, test := range []struct {
		name, target string
		found        []string
		earlier      campaignJSON
		want         []string // "state signature", "*" behind what seeds came to
		held         bool
	}{
		{"nothing then and now", "journal", nil, campaignJSON{}, nil, true},
		{"new", "journal", []string{"recovers/open"}, campaignJSON{}, []string{"new recovers/open*"}, false},
		{"found again", "journal", []string{"recovers/open"},
			campaignJSON{Changes: []changeJSON{known(isNew, "recovers/open", keptCase(t, "journal-tail-cut-not-durable"))}},
			[]string{"ongoing recovers/open*"}, false},
		{"its case holds", "journal", nil,
			campaignJSON{Changes: []changeJSON{known(isNew, "recovers/open", keptCase(t, "journal-tail-cut-not-durable"))}},
			[]string{"resolved recovers/open"}, true},
		{"resolved, and stays so", "journal", nil,
			campaignJSON{Baseline: "sunday", Changes: []changeJSON{known(resolved, "recovers/open", keptCase(t, "journal-tail-cut-not-durable"))}},
			[]string{"resolved recovers/open"}, true},
		{"resolved, and found", "journal", []string{"recovers/open"},
			campaignJSON{Baseline: "sunday", Changes: []changeJSON{known(resolved, "recovers/open", keptCase(t, "journal-tail-cut-not-durable"))}},
			[]string{"regressed recovers/open*"}, false},
		{"no seed came to it, and its case violates", "original", nil,
			campaignJSON{Changes: []changeJSON{known(isNew, "acknowledged-durable/append", keptCase(t, "original-lost-name"))}},
			[]string{"ongoing acknowledged-durable/append"}, false},
		{"resolved, and its case violates", "original", nil,
			campaignJSON{Baseline: "sunday", Changes: []changeJSON{known(resolved, "tail-forgiven/append", keptCase(t, "original-torn-frame"))}},
			[]string{"regressed tail-forgiven/append"}, false},
		{"its case can't be read", "original", nil,
			campaignJSON{Changes: []changeJSON{known(isNew, "works/x", "powercut case 99")}},
			[]string{"unclear works/x"}, true},
		{"unclear goes on being asked for", "original", []string{"works/x"},
			campaignJSON{Baseline: "sunday", Changes: []changeJSON{known(unclear, "works/x", "powercut case 99")}},
			[]string{"ongoing works/x*"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.earlier.Config.Target = test.target
			r := reportOn(t, test.target, test.found...)
			var err error
			if r.baseline, err = readBaseline(earlierReport(t, test.earlier), r.config); err != nil {
				t.Fatal(err)
			}
			r.compare(t.Context(), io.Discard)
			var got []string
			for _, c := range r.baseline.changes {
				line := string(c.State) + " " + c.Signature
				if c.Found {
					line += "*"
				}
				got = append(got, line)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if r.held() != test.held {
				t.Errorf("held is %v", r.held())
			}
		})
	}
}

// A moved line changes a signature. The case tells that it is the same defect.
func TestMovedDefectIsTheSame(t *testing.T) {
	r := reportOn(t, "original")
	text := keptCase(t, "original-lost-name")
	now := r.again(t.Context(), text)
	if !now.violates || now.signature == "" {
		t.Fatalf("the case of a known defect: %+v", now)
	}
	c, err := core.ParseCase(text, findTarget)
	if err != nil {
		t.Fatal(err)
	}
	again := core.Reproduce(c, false).Violation
	again.Case = c
	shrink.Blame(again)
	r.summary.Defects = []campaign.Defect{{Count: 1, First: again}}
	earlier := campaignJSON{Changes: []changeJSON{{State: isNew, Law: "acknowledged-durable", Signature: "as it was when the line had another number", Case: text, ID: "1"}}}
	earlier.Config.Target = "original"
	if r.baseline, err = readBaseline(earlierReport(t, earlier), r.config); err != nil {
		t.Fatal(err)
	}
	r.compare(t.Context(), io.Discard)
	if c := r.baseline.changes; len(c) != 1 || c[0].State != ongoing || !c[0].Found || c[0].ID != "1" {
		t.Errorf("got %+v", c)
	}
	var out bytes.Buffer
	r.summarize(screen{out: &out})
	if !strings.Contains(out.String(), ": 1 ongoing\n") {
		t.Errorf("the summary does not say so:\n%s", out.String())
	}
}
