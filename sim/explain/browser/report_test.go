package browser

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
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
