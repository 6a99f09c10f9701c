// Package browser looks at powercut's pages in a headless Chromium. It is a
// module of its own, so that nobody who imports powercut gets a browser's
// protocol with it.
package browser

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"powercut/properties"
	"powercut/sim/core"
	"powercut/sim/explain"
)

// screenshots is where pictures of the pages are kept; "" keeps none.
var screenshots = flag.String("screenshots", os.Getenv("POWERCUT_ARTIFACTS"), "keep pictures of the pages in this `directory`")

// newTab opens a page in a browser of its own, and fails the test for every
// error on its console.
func newTab(t *testing.T, html []byte) context.Context {
	t.Helper()
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not installed: the pages were not looked at ('make browser' installs it where it may)")
	}
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, html, 0o600); err != nil {
		t.Fatal(err)
	}
	// Not of t.TempDir: the browser's helpers may still write there when the
	// browser has ended, and a directory that fills again can't be removed.
	profile, err := os.MkdirTemp("", "browser")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(profile) }) // what is left of it harms nobody
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(browser), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.UserDataDir(profile), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	alloc, cancelAlloc := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancelAlloc)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	ctx, cancelTime := context.WithTimeout(ctx, 2*time.Minute) // a browser that hangs is no reason to hang
	t.Cleanup(cancelTime)
	chromedp.ListenTarget(ctx, func(event any) {
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			t.Errorf("the page threw: %s", e.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
				t.Errorf("the page wrote to the console: %v", e.Args)
			}
		case *log.EventEntryAdded:
			t.Errorf("the browser complains: %s %s", e.Entry.Text, e.Entry.URL)
		}
	})
	page := (&url.URL{Scheme: "file", Path: file}).String()
	if err := chromedp.Run(ctx, log.Enable(), emulation.SetFocusEmulationEnabled(true), chromedp.EmulateViewport(1100, 800), chromedp.Navigate(page)); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// keep saves a screenshot of the whole page in the directory of -screenshots, if there is one.
func keep(t *testing.T, ctx context.Context, name string) {
	t.Helper()
	if *screenshots == "" {
		return
	}
	var png []byte
	if err := chromedp.Run(ctx, chromedp.FullScreenshot(&png, 100)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.MkdirAll(*screenshots, 0o755), os.WriteFile(filepath.Join(*screenshots, name+".png"), png, 0o644)); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, ctx context.Context, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

func explained(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../../corpus", name))
	if err != nil {
		t.Fatal(err)
	}
	c, err := core.ParseCase(string(text), properties.FindTarget)
	if err != nil {
		t.Fatal(err)
	}
	a := explain.Explain(c)
	s := a.Suggest()
	s.WhatIf = a.WhatIf()
	var html bytes.Buffer
	if err := explain.HTML(&html, a, s); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(html.String(), "http://") || strings.Contains(html.String(), "https://") {
		t.Error("the page points outside of itself")
	}
	return html.Bytes()
}

// The page of a lost entry loads without a complaint, shows what was lost and
// which sync would have kept it, and can be read with the keyboard, in the dark
// and on a phone.
func TestLostEntry(t *testing.T) {
	ctx := newTab(t, explained(t, "original-lost-name.case"))
	var sentence, barrier, heading string
	var lost int
	run(t, ctx,
		chromedp.Text("#sentence", &sentence), chromedp.Text("#barrier", &barrier), chromedp.Text("h1", &heading),
		chromedp.Evaluate(`document.querySelectorAll("button.lost").length`, &lost))
	if !strings.Contains(heading, "entry 1") || !strings.Contains(sentence, "create of /data/j.log") {
		t.Errorf("heading %q, sentence %q: the lost entry is not named", heading, sentence)
	}
	if !strings.Contains(barrier, "Sync of the directory /data") || lost != 2 {
		t.Errorf("barrier %q, %d operations marked as lost, want the directory's sync and 2: the create, and the write that is gone with its file", barrier, lost)
	}
	keep(t, ctx, "lost-name-light")

	var before, after, label string
	run(t, ctx,
		chromedp.Focus(`[data-lane="0-4"]`), chromedp.Text("#detail", &before),
		chromedp.KeyEvent(kb.ArrowRight), chromedp.Text("#detail", &after),
		chromedp.KeyEvent(kb.End), chromedp.Evaluate(`document.activeElement.textContent`, &label))
	if before == after || !strings.Contains(before, "operation 1") || !strings.Contains(after, "operation 2") || label != "write" {
		t.Errorf("the arrow keys went from %q to %q, End to %q", before, after, label)
	}

	checkPhone(t, ctx)
	keep(t, ctx, "lost-name-dark-phone")
}

// A file that came back shows its sectors, and the frames that recovery reads.
func TestTornFrame(t *testing.T) {
	ctx := newTab(t, explained(t, "original-torn-frame.case"))
	var bad, detail, crash string
	run(t, ctx,
		chromedp.Text("tr.bad", &bad), chromedp.Focus(".strip button"), chromedp.Text("#detail", &detail),
		chromedp.AttributeValue("#crash-0", "title", &crash, nil))
	if !strings.Contains(bad, "frame cut short") || !strings.Contains(detail, "as operation 8 left it") || crash != "power cut before operation 9 of the workload" {
		t.Errorf("frame %q, sector %q, crash %q", bad, detail, crash)
	}
	keep(t, ctx, "torn-frame")
}
