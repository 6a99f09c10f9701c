package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"powercut/properties"
	"powercut/sim/core"
	"powercut/sim/explain"
)

// simrun runs a command in this process, and returns what it wrote.
func simrun(t *testing.T, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, log bytes.Buffer
	root := newRoot()
	root.SetOut(&out)
	root.SetErr(&log)
	root.SetArgs(args)
	err := root.Execute()
	if err == nil {
		return out.String(), log.String(), exitHeld
	}
	e, ok := errors.AsType[*exitError](err)
	if !ok {
		t.Fatalf("simrun %s: %v", strings.Join(args, " "), err)
	}
	if e.code != exitViolation {
		t.Fatalf("simrun %s: code %d, %v", strings.Join(args, " "), e.code, err)
	}
	return out.String(), log.String(), e.code
}

// told reads the story in what --json printed: at the top, or of the only
// violation.
func told(t *testing.T, args ...string) explain.Story {
	t.Helper()
	out, _, _ := simrun(t, append(args, "--json")...)
	var report struct {
		Story      *explain.Story
		Violations []struct {
			Law   core.Law
			What  string
			Story *explain.Story
		}
	}
	if err := json.Unmarshal([]byte(out), &report); err != nil {
		t.Fatalf("simrun %s: %v in %s", strings.Join(args, " "), err, out)
	}
	if report.Story != nil {
		return *report.Story
	}
	if len(report.Violations) != 1 || report.Violations[0].Story == nil {
		t.Fatalf("simrun %s tells no story: %s", strings.Join(args, " "), out)
	}
	v := report.Violations[0]
	if v.Law != v.Story.Law || v.What != v.Story.What {
		t.Errorf("simrun %s: violation of %s (%s), and the story is of %s (%s)", strings.Join(args, " "), v.Law, v.What, v.Story.Law, v.Story.What)
	}
	return *v.Story
}

// brief cuts out of a text what every command says of a case.
func brief(t *testing.T, text string) string {
	t.Helper()
	from := strings.Index(text, "VIOLATION of ")
	if from < 0 {
		t.Fatalf("no violation in:\n%s", text)
	}
	text = text[from:]
	digest := strings.Index(text, "The digest of the case's run: ")
	if digest < 0 {
		t.Fatalf("no digest in:\n%s", text)
	}
	end := digest + strings.IndexByte(text[digest:], '\n')
	return text[:end]
}

// maxStories bounds the violations of each target that are told, and maxStorySeeds
// the seeds in which they are looked for.
const (
	maxStories    = 6
	maxStorySeeds = 60
)

// Whatever command tells of a case, in whatever form, says the same: which law is
// violated and how, at which step, what the crashes were, their images and what
// they took, what it goes back to, which sync would have helped, and the digest.
func TestCommandsTellOneStory(t *testing.T) {
	targets := []core.Target{properties.Original}
	for _, one := range toys {
		targets = append(targets, one)
	}
	findTarget = func(name string) core.Target {
		for _, target := range targets {
			if target.Name() == name {
				return target
			}
		}
		return nil
	}
	t.Cleanup(func() { findTarget = properties.FindTarget })
	for _, target := range targets {
		t.Run(target.Name(), func(t *testing.T) {
			stories, hows := 0, make(map[core.CulpritKind]int)
			for seed := core.Seed(1); seed <= maxStorySeeds && stories < maxStories; seed++ {
				if core.Execute(seed, target.Draw(seed.Streams()), false).Violation == nil {
					continue
				}
				stories++
				hows[tellAll(t, seed, target.Name())]++
			}
			if stories < 3 {
				t.Errorf("%d violations in %d seeds: too few to compare", stories, maxStorySeeds)
			}
			t.Logf("%d violations, going back to %v", stories, hows)
		})
	}
}

// tellAll runs a seed, and has its case told by every command.
func tellAll(t *testing.T, seed core.Seed, target string) core.CulpritKind {
	t.Helper()
	dir := t.TempDir()
	found, small := filepath.Join(dir, "found.case"), filepath.Join(dir, "small.case")
	run := []string{"run", "--seed", seed.String(), "--target", target}
	story := told(t, append(run, "--case", found)...)
	if !story.Violated || story.Law == "" || story.Digest == "" || story.Suggestion == "" {
		t.Errorf("seed %s: the story says too little: %+v", seed, story)
	}
	text, _, _ := simrun(t, append(run, "--case", found)...)
	tellCase(t, fmt.Sprintf("seed %s", seed), found, story, brief(t, text))

	shrunk := told(t, "shrink", found, "--budget", "60", "--out", small)
	_, log, _ := simrun(t, "shrink", found, "--budget", "60", "--out", small)
	tellCase(t, fmt.Sprintf("seed %s, shrunk", seed), small, shrunk, brief(t, log))
	if shrunk.Law != story.Law {
		t.Errorf("seed %s: a case of %s was shrunk to one of %s", seed, story.Law, shrunk.Law)
	}
	return story.Culprit.How
}

// tellCase has one case told by every command that takes one.
func tellCase(t *testing.T, name, file string, want explain.Story, text string) {
	t.Helper()
	page := file + ".html"
	for i, args := range [][]string{{"repro", file}, {"explain", file, "--html", page}, {"export", file}} {
		if args[0] == "export" {
			if len(want.Crashes) == 0 {
				continue // there is no image
			}
			args = append(args, fmt.Sprintf("%s.image%d", file, i))
		}
		if diff := cmp.Diff(want, told(t, args...)); diff != "" {
			t.Errorf("%s: simrun %s tells another story (-first told +now):\n%s", name, args[0], diff)
		}
		if args[0] == "export" {
			args[2] += "-again"
		}
		out, _, _ := simrun(t, args...)
		if diff := cmp.Diff(text, brief(t, out)); diff != "" {
			t.Errorf("%s: simrun %s says in its text (-first told +now):\n%s", name, args[0], diff)
		}
	}
	raw, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	shown := html.UnescapeString(string(raw))
	parts := []string{"<h1>" + string(want.Law) + ": " + want.What, want.Sentence, want.Suggestion, want.Digest, ", " + want.Profile + ","}
	for _, crash := range want.Crashes {
		parts = append(append(parts, crash.Title+"</h2>", "<code>"+crash.Image+"</code>"), crash.Lost...)
	}
	for _, part := range parts {
		if !strings.Contains(shown, part) {
			t.Errorf("%s: the page doesn't say %q", name, part)
		}
	}
	// The text of the case says it too.
	raw, err = os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	why := "# " + strings.ReplaceAll(strings.TrimRight(want.What, "\n"), "\n", "\n# ") + "\n"
	parts = []string{why, "law " + string(want.Law) + "\n", "digest " + want.Digest + "\n", "profile " + want.Profile + "\n"}
	if want.Step != "" {
		parts = append(parts, "step "+want.Step+"\n")
	}
	for _, part := range parts {
		if !strings.Contains(string(raw), part) {
			t.Errorf("%s: its case doesn't say %q:\n%s", name, part, raw)
		}
	}
}
