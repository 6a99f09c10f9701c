package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"powercut/properties"
	"powercut/sim/core"
	"powercut/sim/explain"
)

// playerOf has simrun write the page in which a case can be played.
func playerOf(t *testing.T, name, dir string, args ...string) []byte {
	t.Helper()
	page := filepath.Join(t.TempDir(), "play.html")
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"run", "powercut/cmd/simrun", "explain", name, "--player", page}, args...)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil && !strings.Contains(string(out), "to play it:") {
		t.Fatalf("%v\n%s", err, out)
	}
	html, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return html
}

// seen is what a page that plays a case shows.
type seen struct {
	Case, Digest, Sentence, Tag, Answer, Before string
	Survives                                    []string
}

const look = `(() => {
	const text = id => document.getElementById(id).textContent;
	return JSON.stringify({Case: text("case"), Digest: text("digest"), Sentence: text("sentence"), Tag: text("tag"), Answer: text("answer"), Before: text("before"),
		Survives: [...document.querySelectorAll("#changes input")].map(b => b.indeterminate ? "in part" : b.checked ? "yes" : "no")});
})()`

// settled waits until what was asked of the engine is shown.
func settled(t *testing.T, ctx context.Context) seen {
	t.Helper()
	var text, engine string
	run(t, ctx,
		chromedp.Poll(`document.documentElement.dataset.ready === "true" && document.documentElement.dataset.busy === "false" || !!document.querySelector(".broken-engine")`, nil),
		chromedp.Text("#engine", &engine), chromedp.Evaluate(look, &text))
	if !strings.Contains(engine, "is ready") {
		t.Fatal(engine)
	}
	var s seen
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// shown is what the page is to show of a move that was made natively.
func shown(p *explain.Play) seen {
	// In the page, as in simrun, a place in the main module goes without its name. This
	// test is of another one.
	sentence := strings.ReplaceAll(p.Verdict.Sentence, "powercut/properties/", "properties/")
	s := seen{Case: p.Case, Digest: p.Verdict.Digest, Sentence: sentence, Tag: "every law holds", Survives: []string{}}
	switch {
	case p.Verdict.Missed:
		s.Tag = "says nothing"
	case p.Verdict.Violated:
		s.Tag = string(p.Verdict.Law) + " broken"
	}
	for _, c := range p.Changes {
		switch {
		case c.Gone || c.Fate == explain.Lost:
			s.Survives = append(s.Survives, "no")
		case c.Fate == explain.Kept:
			s.Survives = append(s.Survives, "yes")
		default:
			s.Survives = append(s.Survives, "in part")
		}
	}
	return s
}

// agree compares what the page shows with what was played natively, and that with what
// simrun repro says of the case that the page shows.
func agree(t *testing.T, what string, got seen, p *explain.Play) {
	t.Helper()
	want := shown(p)
	want.Answer, want.Before = got.Answer, got.Before
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s: the page shows\n%+v\nwant\n%+v", what, got, want)
	}
	if p.Refused != "" != strings.Contains(got.Answer, "Not lawful") {
		t.Fatalf("%s: %q is answered, and natively it is refused since %q", what, got.Answer, p.Refused)
	}
	c, err := core.ParseCase(got.Case, properties.FindTarget)
	if err != nil {
		t.Fatal(err)
	}
	again := core.Reproduce(c, false)
	if again.Digest.String() != got.Digest || (again.Violation != nil) != p.Verdict.Violated || again.Violation != nil && again.Violation.Law != p.Verdict.Law {
		t.Fatalf("%s: repro of the case that the page shows: digest %s, %v; the page shows\n%+v", what, again.Digest, again.Violation, got)
	}
}

func made(t *testing.T, c *core.Case, m explain.Move) *explain.Play {
	t.Helper()
	p, err := explain.PlayMove(c, m)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func corpusCase(t *testing.T, name string) *core.Case {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../../corpus", name))
	if err != nil {
		t.Fatal(err)
	}
	c, err := core.ParseCase(string(text), properties.FindTarget)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The engine in the page says of the case what it says natively, wherever the power cut
// is moved to and whatever survives there, down to the digests of the runs.
func TestPlayer(t *testing.T) {
	const name = "original-lost-name.case"
	c := corpusCase(t, name)
	ctx := newTab(t, playerOf(t, "corpus/"+name, "../../.."))
	native := made(t, c, explain.FirstMove(c))
	first := settled(t, ctx)
	agree(t, "the case as it is", first, native)
	if want := core.Reproduce(c, false); first.Digest != want.Digest.String() || first.Tag != string(want.Violation.Law)+" broken" {
		t.Errorf("the page shows digest %s and %q, repro %s and %v", first.Digest, first.Tag, want.Digest, want.Violation)
	}
	verdicts := map[string]int{}
	run(t, ctx, chromedp.Focus(`#time [data-step][tabindex="0"]`), chromedp.KeyEvent(kb.Home))
	operations := uint64(len(native.Ops)) + 1
	for step := uint64(1); step <= operations; step++ {
		if step > 1 {
			run(t, ctx, chromedp.KeyEvent(kb.ArrowRight))
		}
		image := native.Move.Cuts[0].Image
		if step == 1 {
			image = explain.FirstMove(c).Cuts[0].Image
		}
		native = made(t, c, explain.Move{Cuts: []explain.Cut{{Step: step, Image: image}}, Follow: true})
		agree(t, fmt.Sprint("a cut before operation ", step), settled(t, ctx), native)
		verdicts[native.Verdict.Sentence]++
		if len(native.Changes) == 0 {
			continue
		}
		// One of the changes is kept, or lost, and then is not.
		which := int(step) % len(native.Changes)
		for range 2 {
			kind := explain.MoveKeep
			if change := native.Changes[which]; change.Fate == explain.Kept && !change.Gone {
				kind = explain.MoveLose
			}
			run(t, ctx, chromedp.Click(fmt.Sprintf(`#changes [data-change="%d"]`, which)))
			native = made(t, c, explain.Move{Cuts: native.Move.Cuts, Change: &explain.MoveChange{Kind: kind, Pending: which}})
			agree(t, fmt.Sprintf("before operation %d, to %s %s", step, kind, native.Changes[which].Text), settled(t, ctx), native)
			verdicts[native.Verdict.Sentence]++
		}
		run(t, ctx, chromedp.Focus(`#time [data-step][tabindex="0"]`))
	}
	if len(verdicts) < 4 {
		t.Errorf("there were %d verdicts alone, so that this shows little: %v", len(verdicts), verdicts)
	}

	// In milder profiles what was chosen is repaired to the nearest that is lawful, and
	// all of a sweep is marked.
	run(t, ctx, chromedp.Click("#reset"))
	agree(t, "back to the case", settled(t, ctx), made(t, c, explain.FirstMove(c)))
	run(t, ctx, chromedp.Evaluate(`(() => { const s = document.getElementById("profile"); s.value = "ext4"; s.dispatchEvent(new Event("change")); })()`, nil))
	native = made(t, c, explain.Move{Cuts: explain.FirstMove(c).Cuts, Change: &explain.MoveChange{Kind: explain.MoveProfile, Name: "ext4"}})
	agree(t, "in ext4", settled(t, ctx), native)
	var marks, broken int
	run(t, ctx, chromedp.Click("#reset"), chromedp.Poll(`document.documentElement.dataset.busy === "false"`, nil), chromedp.Click("#sweep"))
	settled(t, ctx)
	run(t, ctx, chromedp.Evaluate(`document.querySelectorAll("[data-mark]").length`, &marks), chromedp.Evaluate(`document.querySelectorAll("[data-mark=broken]").length`, &broken))
	if marks != int(operations) || broken == 0 || broken == marks {
		t.Errorf("of %d operations %d are marked, and %d of them as breaking a law", operations, marks, broken)
	}
	pictures(t, ctx, "player", chromedp.Evaluate("scrollTo(0, 0)", nil))
	checkPhone(t, ctx)
}

// A write is torn sector by sector, in the page as natively.
func TestPlayerTears(t *testing.T) {
	const name = "original-torn-frame.case"
	c := corpusCase(t, name)
	ctx := newTab(t, playerOf(t, "corpus/"+name, "../../.."))
	native := made(t, c, explain.FirstMove(c))
	agree(t, "the case as it is", settled(t, ctx), native)
	shows := map[string]bool{}
	for range 3 {
		f := native.Files[0]
		u := f.Units[0]
		next := u.May[0]
		for i, v := range u.May {
			if v == u.Shown {
				next = u.May[(i+1)%len(u.May)]
			}
		}
		shows[next] = true
		run(t, ctx, chromedp.Click(`#files [data-unit="0"]`))
		native = made(t, c, explain.Move{Cuts: native.Move.Cuts, Change: &explain.MoveChange{Kind: explain.MoveShow, Ino: f.Ino, Unit: u.Number, Version: next}})
		agree(t, "its first sector shows "+next, settled(t, ctx), native)
	}
	if len(shows) < 2 {
		t.Errorf("the sector showed %v alone", shows)
	}
}
