package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"powercut/sim/explain"
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
	start := readmeStart{corpus: corpus, did: make(map[string]bool)}
	for line := range strings.Lines(string(readme)) {
		if command, found := strings.CutPrefix(line, "go run ./cmd/simrun "); found {
			command, _, _ = strings.Cut(command, "#")
			start.do(t, strings.TrimSpace(command))
		}
	}
	for _, name := range []string{"run", "explain", "shrink", "repro", "export", "corpus"} {
		if !start.did[name] {
			t.Errorf("the README has no command %q any more", name)
		}
	}
}

// readmeStart is somebody who types the README's commands.
type readmeStart struct {
	corpus string
	did    map[string]bool // by the name of a command
	story  explain.Story   // that "run" told first
}

// do does what one command says, and checks that it tells what the README
// promises.
func (s *readmeStart) do(t *testing.T, command string) {
	args := strings.Fields(command)
	s.did[args[0]] = true
	switch args[0] {
	case "run":
		s.run(t, args)
	case "explain", "repro", "export":
		s.tellsTheSame(t, args)
	case "shrink":
		simrun(t, args...)
	case "corpus":
		if _, _, code := simrun(t, "corpus", s.corpus); code != exitHeld {
			t.Errorf("%s: code %d", command, code)
		}
	}
}

// run finds the violation that all other commands are about.
func (s *readmeStart) run(t *testing.T, args []string) {
	text, _, code := simrun(t, args...)
	s.story = told(t, args...)
	if code != exitViolation || len(s.story.Barriers) == 0 || !strings.Contains(text, s.story.Suggestion) || len(s.story.Crashes) == 0 || len(s.story.Crashes[0].Lost) == 0 {
		t.Errorf("%q: code %d; nothing was lost, or no sync would have kept it:\n%s", args, code, text)
	}
}

// tellsTheSame holds what a command tells of a case against what the first command
// told; of the shrunk case, against what "repro" tells.
func (s *readmeStart) tellsTheSame(t *testing.T, args []string) {
	want := s.story
	if slices.Contains(args, "small.case") {
		want = told(t, "repro", "small.case")
		if want.Law != s.story.Law || want.Suggestion == "" {
			t.Errorf("%q: the shrunk case is about %s, and the case that it was about %s", args, want.Law, s.story.Law)
		}
	}
	if diff := cmp.Diff(want, told(t, args...)); diff != "" {
		t.Errorf("%q tells another story (-want +got):\n%s", args, diff)
	}
}
