package main

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"powercut/sim/core"
)

// Help fits the terminal that it is asked for on, but for examples, which are there to
// be pasted, and words that are longer than a line.
func TestHelpFits(t *testing.T) {
	forEachCommand(newRoot(), func(cmd *cobra.Command) {
		for _, columns := range []int{40, 80, 200} {
			text, _, _ := strings.Cut(helpText(cmd, columns), "\nExamples:\n")
			_, flags, _ := strings.Cut(helpText(cmd, columns), "\nFlags:\n")
			for line := range strings.Lines(text + flags) {
				line = strings.TrimRight(line, "\n")
				if len(line) > columns && strings.Contains(strings.TrimSpace(line), " ") && !strings.Contains(line, cmd.UseLine()) && !isWide(line, columns) {
					t.Errorf("%s at %d columns: %s", cmd.CommandPath(), columns, line)
				}
			}
		}
	})
}

// isWide says that a line of a flag has no room beside the flag's own name.
func isWide(line string, columns int) bool {
	at := strings.LastIndex(line, "   ")
	return columns < 80 && at >= 0
}

// Each command has an example, and prints JSON if asked for it.
func TestCommandsAreUniform(t *testing.T) {
	forEachCommand(newRoot(), func(cmd *cobra.Command) {
		if cmd.HasSubCommands() || cmd.Hidden {
			return
		}
		if cmd.Example == "" {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		if cmd.Flags().Lookup("json") == nil && cmd.Name() != "test" { // whose flags are go test's
			t.Errorf("%s has no --json", cmd.CommandPath())
		}
	})
}

func forEachCommand(cmd *cobra.Command, f func(*cobra.Command)) {
	f(cmd)
	for _, c := range cmd.Commands() {
		forEachCommand(c, f)
	}
}

// The help of a switch does not say that it may be on or off.
func TestHelpOfSwitches(t *testing.T) {
	forEachCommand(newRoot(), func(cmd *cobra.Command) {
		if text := helpText(cmd, 80); strings.Contains(text, "true|false") {
			t.Errorf("%s: %s", cmd.CommandPath(), text)
		}
	})
}

// A version names the commit, and says if files were changed since.
func TestVersion(t *testing.T) {
	info := &debug.BuildInfo{Main: debug.Module{Version: "v0.3.0"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "5f10b71"}, {Key: "vcs.time", Value: "2026-01-02"}, {Key: "vcs.modified", Value: "true"}}}
	if got, want := versionOf(info), "v0.3.0 5f10b71 modified"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	info.Settings[2].Value = "false"
	if got, want := versionOf(info), "v0.3.0 5f10b71"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Help is named to whoever mistyped something, not where a file or a package is wrong.
func TestHint(t *testing.T) {
	_, missing := os.Open("nosuch")
	_, noCase := core.ParseCase("x", findTarget)
	for _, c := range []struct {
		err  error
		want bool
	}{
		{errors.New("--seeds: want at least 1"), true},
		{fmt.Errorf("the case: %w", missing), false},
		{missingFile("there is no report.json"), false},
		{&buildError{"./store", "directory not found"}, false},
		{fmt.Errorf("found.case: %w", noCase), false},
	} {
		if got := hint(newRoot(), c.err) != ""; got != c.want {
			t.Errorf("%v: got %v, want %v", c.err, got, c.want)
		}
	}
}
