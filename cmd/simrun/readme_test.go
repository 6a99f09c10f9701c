package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What the README tells a newcomer to type about a case does what its comments
// say, one command after the other: what was lost is named, and the sync that
// would have kept it, and all commands tell the same of it.
func TestReadmeStart(t *testing.T) {
	corpus, err := filepath.Abs("../../corpus")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	did := make(map[string]bool)
	var story storyJSON
	for line := range strings.Lines(string(readme)) {
		command, found := strings.CutPrefix(line, "go run ./cmd/simrun ")
		if !found {
			continue
		}
		command, _, _ = strings.Cut(command, "#")
		args := strings.Fields(command)
		switch did[args[0]] = true; args[0] {
		case "run":
			text, _, code := simrun(t, args...)
			story = told(t, args...)
			if code != exitViolation || len(story.Barriers) == 0 || !strings.Contains(text, story.Suggestion) || len(story.Crashes) == 0 || len(story.Crashes[0].Lost) == 0 {
				t.Errorf("%s: code %d; nothing was lost, or no sync would have kept it:\n%s", command, code, text)
			}
		case "explain", "repro", "export":
			want := story
			if strings.Contains(command, "small.case") {
				want = told(t, "repro", "small.case")
				if want.Law != story.Law || want.Suggestion == "" {
					t.Errorf("%s: the shrunk case is about %s, and the case that it was about %s", command, want.Law, story.Law)
				}
			}
			if diff := cmp.Diff(want, told(t, args...)); diff != "" {
				t.Errorf("%s tells another story (-want +got):\n%s", command, diff)
			}
		case "shrink":
			simrun(t, args...)
		case "corpus":
			if _, _, code := simrun(t, "corpus", corpus); code != exitHeld {
				t.Errorf("%s: code %d", command, code)
			}
		}
	}
	for _, name := range []string{"run", "explain", "shrink", "repro", "export", "corpus"} {
		if !did[name] {
			t.Errorf("the README has no command %q any more", name)
		}
	}
}
