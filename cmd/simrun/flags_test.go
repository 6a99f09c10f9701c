package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Every flag of every command is used in a script.
func TestEveryFlagHasAScript(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts (%v)", err)
	}
	var lines []string
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, strings.Split(string(raw), "\n")...)
	}
	used := func(command, flag string) bool {
		return slices.ContainsFunc(lines, func(line string) bool {
			_, args, found := strings.Cut(line, "simrun "+command)
			return found && (strings.Contains(args+" ", " --"+flag+" ") || strings.Contains(args, " --"+flag+"="))
		})
	}
	var check func(cmd *cobra.Command, path string)
	check = func(cmd *cobra.Command, path string) {
		for _, sub := range cmd.Commands() {
			check(sub, strings.TrimSpace(path+" "+sub.Name()))
		}
		cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" && !used(path, f.Name) {
				t.Errorf("no script uses %s --%s", path, f.Name)
			}
		})
	}
	check(newRoot(), "")
}

// What a campaign says of its progress: what is left, violations, and speeds.
func TestProgressLine(t *testing.T) {
	for _, c := range []struct {
		name  string
		p     progress
		spent time.Duration
		want  string
	}{
		{"a number of seeds", progress{seeds: 1000, done: 250, runs: 300, images: 9000, violations: 2}, time.Minute,
			"3m0s left, 2 violations, 300 runs, 5 runs/s, 150 images/s"},
		{"no block yet", progress{seeds: 1000}, 20 * time.Second, "0 of 1000 seeds, for 20s"},
		{"a time", progress{until: time.Hour, done: 64, runs: 80, images: 1600, violations: 1}, 20 * time.Second,
			"59m40s left, 1 violation, 80 runs, 4 runs/s, 80 images/s"},
		{"longer than was said", progress{until: time.Second, done: 64, runs: 64}, 2 * time.Second,
			"0s left, 0 violations, 64 runs, 32 runs/s, 0 images/s"},
	} {
		if got := c.p.line(c.spent); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}
