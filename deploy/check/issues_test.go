package check

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fakeGH keeps issues as files: N.body and N.state, and what was done in log.
const fakeGH = `#!/bin/sh
set -eu
cd "$ISSUES"
verb=$2
shift 2
case $verb in
list)
	mark=
	while [ $# -gt 0 ]; do [ "$1" = --search ] && mark=${2%% *}; shift; done
	file=$(grep -l "$mark" *.body 2>/dev/null | head -1) || true
	[ -z "$file" ] || echo "${file%.body} $(cat "${file%.body}.state")"
	;;
create)
	n=$(($(ls *.body 2>/dev/null | wc -l) + 1))
	[ "$1" = --title ] && [ "$3" = --body-file ]
	cp "$4" $n.body
	echo OPEN >$n.state
	echo "create $n $2" >>log
	;;
edit) cp "$3" "$1.body" ;;
reopen) echo OPEN >"$1.state"; echo "reopen $1" >>log ;;
close) echo CLOSED >"$1.state"; echo "close $1" >>log ;;
*) exit 9 ;;
esac
`

// The nights of a week file one issue for each defect, whatever becomes of it.
func TestIssues(t *testing.T) {
	if _, err := exec.LookPath("jq"); err != nil {
		t.Skip("there is no jq, which the script needs")
	}
	script, err := filepath.Abs("../issues.sh")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	issues := filepath.Join(dir, "issues")
	if err := os.Mkdir(issues, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("gh", fakeGH)
	simrun := write("simrun", "#!/bin/sh\necho \"## explained: $(cat \"$3\")\"\nexit 1\n")
	log := func() string {
		text, err := os.ReadFile(filepath.Join(issues, "log"))
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return string(text)
	}
	type change struct {
		State string `json:"state"`
		Law   string `json:"law"`
		What  string `json:"what"`
		Case  string `json:"case"`
		ID    string `json:"id"`
	}
	for _, night := range []struct {
		name    string
		changes []change
		want    string // what is done
	}{
		{"monday", []change{{"new", "recovers", "it does not open\nnor \"close\"", "case a", "aa"}, {"new", "works", "it fails", "case b", "bb"}},
			"create 1 recovers: it does not open\ncreate 2 works: it fails\n"},
		{"the same night again", []change{{"new", "recovers", "it does not open", "case a", "aa"}}, ""},
		{"tuesday", []change{{"ongoing", "recovers", "it does not open", "case a2", "aa"}, {"resolved", "works", "it fails", "case b", "bb"}, {"unclear", "works", "?", "case c", "cc"}},
			"close 2\n"},
		{"wednesday", []change{{"regressed", "works", "it fails", "case b", "bb"}, {"resolved", "recovers", "it does not open", "case a2", "aa"}},
			"reopen 2\nclose 1\n"},
		{"thursday", []change{{"resolved", "recovers", "it does not open", "case a2", "aa"}, {"resolved", "never", "filed", "case d", "dd"}}, ""},
	} {
		before := log()
		report := map[string]any{"changes": night.changes, "finished": "2026-01-02T03:04:05Z", "config": map[string]string{"version": "v1"}}
		text, err := json.Marshal(report)
		if err != nil {
			t.Fatal(err)
		}
		write("report.json", string(text))
		cmd := exec.Command(script, dir)
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "ISSUES="+issues, "SIMRUN="+simrun, "RUN=https://example.com/run/1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", night.name, err, out)
		}
		if got := strings.TrimPrefix(log(), before); got != night.want {
			t.Errorf("%s: it did %q, want %q", night.name, got, night.want)
		}
	}
	body, err := os.ReadFile(filepath.Join(issues, "1.body"))
	if err != nil || !strings.Contains(string(body), "## explained: case a2") || !strings.Contains(string(body), "Last seen on 2026-01-02, by powercut v1. https://example.com/run/1") {
		t.Errorf("the body of the first issue is not of the last night that saw it: %v\n%s", err, body)
	}
}
