package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// simrunJSON runs a command with --json on a base or a file, and returns the object that
// it prints and its exit code.
func simrunJSON(t *testing.T, input string, args ...string) (map[string]any, int) {
	t.Helper()
	var out, told bytes.Buffer
	cmd := newRoot()
	cmd.SetArgs(append(args, "--json"))
	cmd.SetIn(strings.NewReader(input))
	cmd.SetOut(&out)
	cmd.SetErr(&told)
	code := execute(t.Context(), cmd)
	var object map[string]any
	if err := json.Unmarshal(out.Bytes(), &object); err != nil {
		t.Fatalf("%v: %v in %q (%s)", args, err, &out, &told)
	}
	if told.Len() > 0 {
		t.Errorf("%v: says %q beside the object", args, &told)
	}
	return object, code
}

// Names of variables are no keys of ours.
var ownNames = []string{"env"}

var keyStyle = regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)

// checkKeys makes sure that keys are words with _ between them.
func checkKeys(t *testing.T, where string, v any) {
	t.Helper()
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if !keyStyle.MatchString(key) {
				t.Errorf("%s: key %q is in another style", where, key)
			}
			if !slices.Contains(ownNames, key) {
				checkKeys(t, where+"."+key, value)
			}
		}
	case []any:
		for _, value := range v {
			checkKeys(t, where, value)
		}
	}
}

// jsonTests are the journal's commands, in an order in which each succeeds on a base.
var jsonTests = []struct {
	command string
	file    bool // takes one, and no base
	flags   []string
	input   string
	refused bool // of a torn log too
}{
	{command: "append", input: "(set x 1)\n(nosuch)\n", refused: true},
	{command: "validate", file: true, refused: true},
	{command: "inspect", file: true, refused: true},
	{command: "replay", file: true, refused: true},
	{command: "open", refused: true},
	{command: "roll", refused: true},
	{command: "snapshot", refused: true},
	{command: "prune", refused: true},
	{command: "repair"},
	{command: "purge", flags: []string{"--destroy"}},
}

// Every journal command prints one JSON object with a status, with keys in one style.
func TestJournalCommandsPrintJSON(t *testing.T) {
	base := filepath.Join(t.TempDir(), "j")
	for _, test := range jsonTests {
		on := base
		if test.file {
			on += ".log"
		}
		object, code := simrunJSON(t, test.input, append([]string{"journal", test.command, on}, test.flags...)...)
		checkKeys(t, test.command, object)
		if code != exitHeld || object["status"] != "ok" || object["error"] != nil {
			t.Errorf("%s: exit code %d, %v", test.command, code, object)
		}
	}
}

// Where a journal command is refused, the object holds the status, the error, and what
// to do.
func TestRefusedJournalCommandsPrintJSON(t *testing.T) {
	torn := filepath.Join(t.TempDir(), "torn")
	raw, err := os.ReadFile("../../journal/testdata/rayforce/badtail-prefix/j.log")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(torn+".log", raw, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range jsonTests {
		if !test.refused {
			continue
		}
		on := torn
		if test.file {
			on += ".log"
		}
		object, code := simrunJSON(t, test.input, append([]string{"journal", test.command, on}, test.flags...)...)
		checkKeys(t, test.command, object)
		if code != exitViolation || object["status"] != "badtail" || object["error"] == nil || test.command != "inspect" && object["hints"] == nil {
			t.Errorf("%s of a torn log: exit code %d, %v", test.command, code, object)
		}
	}
	object, code := simrunJSON(t, "", "journal", "repair", torn)
	checkKeys(t, "repair", object)
	if code != exitHeld || object["cut_bytes"] == nil || object["kept_as"] == nil || object["valid_bytes"] != float64(76) {
		t.Errorf("repair of a torn log: exit code %d, %v", code, object)
	}
}

// The help says of each journal command whether it changes files, and each is tried
// with --json.
func TestJournalHelpSaysWhatChangesFiles(t *testing.T) {
	journal := newJournalCommand()
	_, says, _ := strings.Cut(journal.Long, "These commands")
	says, _, _ = strings.Cut(says, "Each takes")
	seen := map[string]bool{}
	for _, test := range jsonTests {
		seen[test.command] = true
	}
	for _, cmd := range journal.Commands() {
		if !seen[cmd.Name()] {
			t.Errorf("%s is not tried", cmd.Name())
		}
		want := 1
		if cmd.Name() == "purge" {
			want = 2 // with its flag, and without
		}
		if said := strings.Count(says, cmd.Name()); said != want {
			t.Errorf("the help names %s %d times, want %d, to say whether it changes files", cmd.Name(), said, want)
		}
	}
}
