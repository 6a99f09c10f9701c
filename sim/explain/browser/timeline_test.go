package browser

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"powercut/sim/core"
	"powercut/sim/explain"
	"powercut/sim/internal/toys"
	"powercut/sim/internal/toys/slots"
	"powercut/vfs"
)

// toyCase reads a case about the toy engine.
func toyCase(t *testing.T, text string) *core.Case {
	t.Helper()
	c, err := core.ParseCase(text, func(name string) core.Target {
		return toys.Slots{Defect: slots.Defect(strings.TrimPrefix(name, "slots-"))}
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// longCase is one of hundreds of operations by two clients: the crash takes the last
// rename.
func longCase(t *testing.T) *core.Case {
	t.Helper()
	var text strings.Builder
	text.WriteString("powercut case 1\n# a long run\ntarget slots-no-dir-sync\nlaw slots-kept\nprofile posix\nsector 512\nseed 1\nworkload\n")
	for i := range 120 {
		fmt.Fprintf(&text, "\tepoch 0 client %d puts %c %d\n", i%2, 'a'+i%8, i)
	}
	const step = 380
	c := toyCase(t, fmt.Sprintf("%sepoch\nschedule %s\ncrash %d power-cut posix\nend\n", text.String(), strings.Repeat(" 0 1 1 0", 200)[1:], step))
	var renamed int64
	c.Follow(core.Probe{Crashed: func(at *core.Point, _ *core.Crash) {
		for _, p := range at.Disk().Pending() {
			if p.Kind == vfs.OpRename {
				renamed = max(renamed, p.Seq)
			}
		}
	}})
	c.Epochs[0].Crashes[0].Choice.Lost = []vfs.LostName{{Seq: renamed}}
	return c
}

func pageOf(t *testing.T, c *core.Case) []byte {
	t.Helper()
	a := explain.Explain(c)
	s := a.Suggest()
	s.WhatIf = a.WhatIf()
	var html bytes.Buffer
	if err := explain.HTML(&html, a, s); err != nil {
		t.Fatal(err)
	}
	return html.Bytes()
}

// Of a long run the end is shown, where the crash is; the overview leads anywhere else,
// labels of calls stay in view, and zooming changes codes into words and back.
func TestLongRun(t *testing.T) {
	ctx := newTab(t, pageOf(t, longCase(t)))
	var crashSeen, wide, short, whole bool
	const codes = `document.querySelector(".timeline").classList.contains("codes")`
	run(t, ctx,
		chromedp.Evaluate(`(() => { const box = document.querySelector("#time-0").getBoundingClientRect(), line = document.querySelector("#crash-0").getBoundingClientRect();
			return line.left > box.left && line.left < box.right; })()`, &crashSeen),
		chromedp.Evaluate(codes, &wide),
		chromedp.Focus(`#time-0 [data-short]`), chromedp.KeyEvent("-"), chromedp.Evaluate(codes, &short), chromedp.KeyEvent("0"),
		chromedp.Evaluate(`(() => { const box = document.querySelector("#time-0"); return box.scrollWidth <= box.clientWidth + 1; })()`, &whole))
	if !crashSeen || wide || !short || !whole {
		t.Errorf("the crash is in view: %t; codes at first: %t, one step narrower: %t; all of it fits when asked for: %t", crashSeen, wide, short, whole)
	}
	var first, later float64
	var label string
	run(t, ctx,
		chromedp.KeyEvent("+"), chromedp.KeyEvent("+"), chromedp.KeyEvent("+"), chromedp.KeyEvent("+"), chromedp.KeyEvent("+"), chromedp.KeyEvent(kb.Home),
		// A click at two thirds of the overview.
		chromedp.Evaluate(`document.querySelector("#time-0").scrollLeft = 0`, nil), chromedp.Evaluate(`document.querySelector("#time-0").scrollLeft`, &first),
		chromedp.Evaluate(`(() => { const o = document.querySelector(".overview"), r = o.getBoundingClientRect();
			o.dispatchEvent(new PointerEvent("pointerdown", {clientX: r.left + r.width * 2 / 3, clientY: r.top + 5, pointerId: 1, bubbles: true})); })()`, nil),
		chromedp.Evaluate(`document.querySelector("#time-0").scrollLeft`, &later),
		// A call of several columns whose begin is out of sight.
		chromedp.Evaluate(`(() => { const box = document.querySelector("#time-0");
			const long = [...box.querySelectorAll("button.call")].find(b => b.offsetWidth > 500);
			if (!long) return "no long call";
			box.scrollLeft = long.offsetLeft;
			const at = long.querySelector("span").getBoundingClientRect(), lane = box.querySelector(".lane").getBoundingClientRect();
			return at.left >= lane.right && at.right > at.left + 20 ? "" : "label at " + at.left + ", lane ends at " + lane.right; })()`, &label))
	if first != 0 || later < 500 {
		t.Errorf("from %v the overview leads to %v", first, later)
	}
	if label != "" {
		t.Errorf("the label of a call that began out of sight: %s", label)
	}
	keep(t, ctx, "long")
}

// The code is shown with the sync that is missing, and the nearest lawful image is told
// and marked.
func TestWhatIfInThePage(t *testing.T) {
	ctx := newTab(t, explained(t, "original-lost-name.case"))
	var nearest, moments, behind, marked string
	var stars, risky int
	run(t, ctx,
		chromedp.Text("#nearest", &nearest), chromedp.Text("#moments", &moments), chromedp.Text(".source .behind", &behind), chromedp.Text(".source .marked", &marked),
		chromedp.Evaluate(`document.querySelectorAll("button.pivot").length`, &stars),
		chromedp.Evaluate(`document.querySelectorAll("[data-lane='0-5'].part").length`, &risky))
	for _, test := range [][2]string{
		{nearest, "had operation 7 (create /data/j.log) survived"}, {moments, "once operation 10 was done (sync /data/j.log)"},
		{behind, "a Sync of the directory /data would belong behind this"}, {marked, "os.O_CREATE"},
	} {
		if !bytes.Contains([]byte(test[0]), []byte(test[1])) {
			t.Errorf("no %q in %q", test[1], test[0])
		}
	}
	if stars != 2 || risky != 2 {
		t.Errorf("%d operations are marked, want 2; behind %d a crash is risky, want 2", stars, risky)
	}
}

// What was expected stands beside what came back, with the first difference marked.
func TestExpectedBesideRecovered(t *testing.T) {
	text, err := os.ReadFile("../testdata/two-epochs.case")
	if err != nil {
		t.Fatal(err)
	}
	ctx := newTab(t, pageOf(t, toyCase(t, string(text))))
	var first string
	run(t, ctx, chromedp.Evaluate(`[...document.querySelectorAll("#diff tr.first td")].map(td => td.innerText.trim()).join("|")`, &first))
	if first != "the first difference\n4|3" {
		t.Errorf("the first difference is shown as %q", first)
	}
}
