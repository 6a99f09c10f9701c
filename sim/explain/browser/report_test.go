package browser

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// campaign runs a short one, and returns the directory that it kept.
func campaign(t *testing.T, args ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "night")
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"run", "./cmd/simrun", "campaign", "--out", dir}, args...)...)
	cmd.Dir = "../../.."
	out, err := cmd.CombinedOutput()
	if exit, ok := err.(*exec.ExitError); err != nil && (!ok || exit.ExitCode() != 1) {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}

func reportOf(t *testing.T, dir string) []byte {
	t.Helper()
	html, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(html), "http://") || strings.Contains(string(html), "https://") {
		t.Error("the page points outside of itself")
	}
	return html
}

// The report of a campaign that found something says so first, and leads from
// each defect to its explained page, which is there.
func TestReportOfDefects(t *testing.T) {
	dir := campaign(t, "--target", "original", "--seeds", "40", "--law", "acknowledged-durable", "--raw")
	ctx := newTab(t, reportOf(t, dir))
	var verdict, title, link string
	var rows, cells, never int
	run(t, ctx,
		chromedp.Text("#verdict", &verdict), chromedp.Title(&title),
		chromedp.Evaluate(`document.querySelectorAll("#defects tbody tr").length`, &rows),
		chromedp.AttributeValue("#defects a", "href", &link, nil),
		chromedp.Evaluate(`document.querySelectorAll("#heat td.h1, #heat td.h2, #heat td.h3, #heat td.h4, #heat td.h5").length`, &cells),
		chromedp.Evaluate(`document.querySelectorAll("#heat td.never").length`, &never))
	if !strings.Contains(verdict, "defects") || !strings.Contains(title, "VIOLATED") || rows == 0 {
		t.Errorf("verdict %q, title %q, %d defects: it doesn't say what was found", verdict, title, rows)
	}
	if _, err := os.Stat(filepath.Join(dir, link)); err != nil || !strings.HasSuffix(link, ".html") {
		t.Errorf("the first defect leads to %q: %v", link, err)
	}
	if cells < 50 || never < 20 {
		t.Errorf("the heat map has %d combinations that were reached and %d that were not", cells, never)
	}
	keep(t, ctx, "report-defects")
}

// Tables are sorted by their heads, most first where a column counts, and filtered by
// words; the heat map tells of a cell, and arrow keys go from one to the next.
func TestReportIsSortedAndFiltered(t *testing.T) {
	ctx := newTab(t, reportOf(t, campaign(t, "original", "--seeds", "40", "--raw", "--corpus", "")))
	column := func(n string) string {
		return `[...document.querySelectorAll("#defects tbody tr:not([hidden])")].map(r => r.cells[` + n + `].textContent).join(",")`
	}
	const runs, law = "2", "0"
	const filter = `.filter:has(+ .scroll #defects) `
	var before, most, least, names, filtered, count, first, next string
	var causes, ofDefects, counted []int
	run(t, ctx,
		chromedp.Evaluate(`[...document.querySelectorAll("#causes tbody td:nth-child(2)")].map(c => +c.textContent)`, &causes),
		chromedp.Evaluate(`[...document.querySelectorAll("#causes tbody td:nth-child(4)")].map(c => +c.textContent)`, &counted),
		chromedp.Evaluate(`[...document.querySelectorAll("#defects tbody td:nth-child(6)")].map(c => +c.textContent)`, &ofDefects),
		chromedp.Evaluate(column(runs), &before),
		chromedp.Click(`#defects th:nth-child(3) button`), chromedp.Evaluate(column(runs), &most),
		chromedp.Click(`#defects th:nth-child(3) button`), chromedp.Evaluate(column(runs), &least),
		chromedp.Click(`#defects th:nth-child(1) button`), chromedp.Evaluate(column(law), &names),
		chromedp.SendKeys(filter+"input", "tail-forgiven", chromedp.ByQuery), chromedp.Evaluate(column(law), &filtered), chromedp.Text(filter+"span", &count, chromedp.ByQuery),
		chromedp.Focus(`#heat td[tabindex="0"]`), chromedp.Text("#cell", &first), chromedp.KeyEvent(kb.ArrowRight), chromedp.Text("#cell", &next))
	var grouped []int
	for i, cause := range causes {
		grouped = append(grouped, slices.Repeat([]int{cause}, counted[i])...)
	}
	if len(causes) < 2 || len(causes) >= len(ofDefects) || !slices.Equal(grouped, ofDefects) || !slices.IsSorted(causes) {
		t.Errorf("causes %v have %v defects, which are of %v", causes, counted, ofDefects)
	}
	numbers := func(text string) (all []int) {
		for word := range strings.SplitSeq(text, ",") {
			n, err := strconv.Atoi(word)
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			all = append(all, n)
		}
		return all
	}
	if up := numbers(least); !slices.IsSorted(up) || len(up) < 5 || before == least {
		t.Errorf("sorted by runs, the least first: %s", least)
	}
	if down := numbers(most); !slices.IsSortedFunc(down, func(a, b int) int { return b - a }) {
		t.Errorf("sorted by runs, most first: %s", most)
	}
	if !slices.IsSorted(strings.Split(names, ",")) {
		t.Errorf("sorted by law: %s", names)
	}
	if left := strings.ReplaceAll(strings.ReplaceAll(filtered, "tail-forgiven", ""), ",", ""); left != "" || filtered == "" || !strings.Contains(count, " of ") {
		t.Errorf("filtered, the laws are %q; %q", filtered, count)
	}
	if !strings.Contains(first, ", undisturbed: ") || next == first || !strings.Contains(next, " times") {
		t.Errorf("cells are told as %q, and the next as %q", first, next)
	}
}

// The report of a campaign that found nothing says that; nothing is wider than a
// phone but what scrolls by itself, and the dark has its own colours.
func TestReportOfNothing(t *testing.T) {
	ctx := newTab(t, reportOf(t, campaign(t, "--seeds", "256")))
	var verdict, defects, line, config, command string
	run(t, ctx,
		chromedp.Text("#verdict", &verdict), chromedp.Evaluate(`String(document.querySelector("#defects"))`, &defects),
		chromedp.AttributeValue("#throughput polyline", "points", &line, nil),
		chromedp.Text("#config", &config), chromedp.Evaluate(`[...document.querySelectorAll("pre")].pop().textContent`, &command))
	if verdict != "Every law held" || defects != "null" {
		t.Errorf("verdict %q, defects %s", verdict, defects)
	}
	if strings.Contains(line, "NaN") || len(strings.Fields(line)) < 2 {
		t.Errorf("throughput: %q", line)
	}
	if !strings.Contains(config, "journal") || !strings.Contains(command, "simrun campaign --target journal --first 1 --seeds 256") {
		t.Errorf("configuration %q, command %q", config, command)
	}
	keep(t, ctx, "report-light")
	checkPhone(t, ctx)
	keep(t, ctx, "report-dark-phone")
}

func checkPhone(t *testing.T, ctx context.Context) {
	t.Helper()
	var wide bool
	var dark string
	run(t, ctx,
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}),
		chromedp.EmulateViewport(390, 800, chromedp.EmulateMobile),
		chromedp.Evaluate(`document.documentElement.scrollWidth > window.innerWidth`, &wide),
		chromedp.Evaluate(`getComputedStyle(document.body).backgroundColor`, &dark))
	if wide {
		t.Error("on a phone the page is wider than the screen")
	}
	if dark != "rgb(22, 24, 27)" {
		t.Errorf("in the dark the page is %s", dark)
	}
}
