package properties

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/sim/explain"
)

func readCorpus(t *testing.T, name string) *core.Case {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../corpus", name))
	if err != nil {
		t.Fatal(err)
	}
	c, err := core.ParseCase(string(text), FindTarget)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The account of a violation names the operation that it goes back to, by the
// place in the code, and the sync that would have helped if there is one.
func TestExplain(t *testing.T) {
	for _, c := range []struct {
		name   string
		how    core.CulpritKind
		step   string
		op     string
		caller string // function of the outermost frame
		sync   string // that would have helped; "" for none
	}{
		{"original-lost-name.case", core.CulpritLost, "log", "create of /data/j.log", "original.Open", "a Sync of the directory /data after the create"},
		{"original-partial-frame.case", core.CulpritFault, "log", "write of /data/j.log", "original.(*Journal).Append", ""},
		{"original-torn-frame.case", core.CulpritCut, "log", "write of /data/j.log", "original.(*Journal).Append", ""},
		{"original-bad-input.case", core.CulpritLast, "log", "write of /data/j.log", "original.(*Journal).Append", ""},
	} {
		a := explain.Explain(readCorpus(t, c.name))
		if a.Violation == nil {
			t.Errorf("%s: holds", c.name)
			continue
		}
		got := a.Culprit
		if got.How != c.how || got.Step != c.step || got.Op != c.op {
			t.Errorf("%s: blames %+v, want %s, step %s, %s", c.name, got, c.how, c.step, c.op)
		}
		if n := len(got.Stack); n == 0 || !strings.HasSuffix(got.Stack[n-1].Func, c.caller) {
			t.Errorf("%s: comes from %v, want the outermost to be %s", c.name, got.Stack, c.caller)
		}
		s := a.Suggest()
		if c.sync == "" && len(s.Syncs) > 0 || !strings.Contains(s.String(), c.sync) {
			t.Errorf("%s: suggests %q, want %q", c.name, s, c.sync)
		}
		if c.sync != "" && !s.Everywhere {
			t.Errorf("%s: the sync does not help everywhere", c.name)
		}
	}
}

// An account is the same each time, and so are its text and its page.
func TestExplainRepeats(t *testing.T) {
	c := readCorpus(t, "original-lost-name.case")
	var texts, pages [2]bytes.Buffer
	var accounts [2]*explain.Account
	for i := range accounts {
		accounts[i] = explain.Explain(c)
		s := accounts[i].Suggest()
		if err := explain.Text(&texts[i], accounts[i], s, "x.case"); err != nil {
			t.Fatal(err)
		}
		if err := explain.HTML(&pages[i], accounts[i], s); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(accounts[0].Crashes, accounts[1].Crashes) || !reflect.DeepEqual(accounts[0].Events, accounts[1].Events) {
		t.Error("two accounts of one case differ")
	}
	if diff := cmp.Diff(texts[0].String(), texts[1].String()); diff != "" {
		t.Errorf("two texts of one case differ (-first +second):\n%s", diff)
	}
	if diff := cmp.Diff(pages[0].String(), pages[1].String()); diff != "" {
		t.Errorf("two pages of one case differ (-first +second):\n%s", diff)
	}
}

// What the clients did is told with what they were told, and what was in flight
// when the power went is said to have been.
func TestCalls(t *testing.T) {
	var told []string // to the clients
	for _, c := range explain.Explain(readCorpus(t, "original-lost-name.case")).Calls() {
		answer := c.Answer
		if !c.Done {
			answer = "in flight"
		}
		told = append(told, c.Actor+": "+c.Text+": "+answer)
	}
	want := []string{"main: open: done", "main: append entry 1 (init): acknowledged as LSN 1", "client 0: append entry 2 (expression): in flight"}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Violations are grouped by what they go back to: in a short campaign on the
// original, the lost name and the torn frame are two lines, each with a
// signature that names the place.
func TestCampaignGroups(t *testing.T) {
	summary, err := campaign.Campaign{Target: Original, First: 1, Seeds: 120}.InProcess(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]bool)
	var total uint64
	lostName := false
	for _, d := range summary.Defects {
		signature := d.First.Signature()
		if seen[signature] {
			t.Errorf("two groups have the signature %s", signature)
		}
		seen[signature] = true
		total += d.Count
		lostName = lostName || strings.HasPrefix(signature, "acknowledged-durable/log/properties/engines/original/journal.go:")
	}
	if !lostName {
		t.Errorf("no signature names the place of the lost name: %v", seen)
	}
	if total == 0 || total > 5*summary.Runs { // behind one violation, up to four others
		t.Errorf("%d violations in %d runs", total, summary.Runs)
	}
}
