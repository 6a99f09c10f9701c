package browser

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// screens are the widths at which the pages are looked at: a phone, a laptop, a large
// screen.
var screens = []int64{390, 1280, 2560}

// Pages of a short case, of a long one and of another engine than the journal, and
// reports, fit each screen, by day and by night. The pictures are kept with the other
// artefacts, for whoever looks at them.
func TestScreens(t *testing.T) {
	toy, err := os.ReadFile("../testdata/two-epochs.case")
	if err != nil {
		t.Fatal(err)
	}
	pages := []struct {
		name string
		html []byte
	}{
		{"short", explained(t, "original-torn-frame.case")},
		{"long", pageOf(t, longCase(t))},
		{"engine", pageOf(t, toyCase(t, string(toy)))},
	}
	night := campaign(t, "original", "--seeds", "40", "--raw", "--corpus", "")
	pages = append(pages, struct {
		name string
		html []byte
	}{"report", reportOf(t, night)})
	for _, page := range pages {
		pictures(t, newTab(t, page.html), page.name, chromedp.Reload())
	}
}

// pictures looks at a page on each screen, by day and by night. Before each look then is
// done.
func pictures(t *testing.T, ctx context.Context, name string, then chromedp.Action) {
	t.Helper()
	for _, width := range screens {
		for _, scheme := range []string{"light", "dark"} {
			picture(t, ctx, fmt.Sprintf("%s-%d-%s", name, width, scheme), width, scheme, then)
		}
	}
}

// picture looks at the page on a screen of that width.
func picture(t *testing.T, ctx context.Context, name string, width int64, scheme string, then chromedp.Action) {
	t.Helper()
	var wide, squeezed string
	var background string
	run(t, ctx,
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
		chromedp.EmulateViewport(width, 900), then,
		// What sticks out of the page, which then scrolls sideways.
		chromedp.Evaluate(`document.documentElement.scrollWidth <= innerWidth ? "" : [...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest(".scroll, .box, pre")).map(e => e.outerHTML.slice(0, 80)).slice(0, 3).join("\n")`, &wide),
		// A column so narrow that words are broken into letters.
		chromedp.Evaluate(`[...document.querySelectorAll("td, tbody th")].filter(e => e.offsetWidth > 0 && e.offsetWidth < 48 && e.offsetHeight > 100 && e.clientHeight > 80 && e.textContent.trim().length > 6).map(e => e.textContent).slice(0, 3).join("\n")`, &squeezed),
		chromedp.Evaluate(`getComputedStyle(document.body).backgroundColor`, &background),
		// What sticks to the bottom of the screen would cover something in the picture of all.
		chromedp.Evaluate(`document.querySelectorAll("#detail").forEach(e => { e.style.position = "static"; })`, nil))
	if wide != "" {
		t.Errorf("%s: wider than the screen:\n%s", name, wide)
	}
	if squeezed != "" {
		t.Errorf("%s: words are broken into letters:\n%s", name, squeezed)
	}
	if dark := background == "rgb(22, 24, 27)"; dark != (scheme == "dark") {
		t.Errorf("%s: the background is %s", name, background)
	}
	keep(t, ctx, name)
}
