package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// otherFlags are those of other programs that the pages name.
var otherFlags = map[string]bool{"array": true}

// Each command of simrun that a page of the documentation shows, or speaks of, is
// one, with the flags that stand behind it.
func TestPagesNameCommands(t *testing.T) {
	checked := 0
	for _, pattern := range []string{"README.md", "docs/*.md", "docs/*/*.md", "vfs/kernel/*.md", "vfs/testdata/*/*.md"} {
		files, err := filepath.Glob(filepath.Join("../..", pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no pages %s (%v)", pattern, err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, code := range codeOf(string(text)) {
				known, isCommand := checkCode(code)
				if isCommand {
					checked++
				}
				if isCommand && !known {
					t.Errorf("%s: simrun has no such command, or no such flag: %s", file, code)
				}
			}
		}
	}
	if checked < 50 {
		t.Errorf("%d commands checked: this test does not see the pages", checked)
	}
}

// codeOf lists the lines of a page's examples, and what its text has in backticks,
// across line ends too.
func codeOf(text string) (all []string) {
	for i, part := range strings.Split(text, "```") {
		if i%2 == 1 {
			all = append(all, strings.Split(part, "\n")...)
			continue
		}
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(part, -1) {
			all = append(all, strings.ReplaceAll(m[1], "\n", " "))
		}
	}
	return all
}

// called finds a command of simrun within a line.
var called = regexp.MustCompile(`(?:^|[ /|])simrun ([a-z].*)`)

// checkCode says whether a piece of code names simrun's commands and flags, and if so,
// whether they are there.
func checkCode(code string) (known, isCommand bool) {
	code, _, _ = strings.Cut(code, " #")
	if m := called.FindStringSubmatch(code); m != nil {
		return checkCommand(strings.Fields(m[1])), true
	}
	words := strings.Fields(code)
	switch {
	case len(words) == 0:
		return false, false
	case strings.HasPrefix(words[0], "--"):
		return otherFlags[flagName(words[0])] || someCommandHas(newRoot(), flagName(words[0])), true
	case len(words) > 1 && strings.HasPrefix(words[1], "--"):
		if cmd, _, err := newRoot().Find(words[:1]); err == nil && cmd.HasParent() {
			return checkCommand(words), true
		}
	}
	return false, false
}

func checkCommand(words []string) bool {
	cmd, rest, err := newRoot().Find(words)
	if err != nil || !cmd.HasParent() {
		return false
	}
	for _, word := range rest {
		if word == "|" || word == "||" {
			break
		}
		if strings.HasPrefix(word, "--") && cmd.Flag(flagName(word)) == nil {
			return false
		}
	}
	return true
}

func flagName(word string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(word, "--"), "=")
	return name
}

func someCommandHas(cmd *cobra.Command, flag string) bool {
	if cmd.Flag(flag) != nil {
		return true
	}
	for _, c := range cmd.Commands() {
		if someCommandHas(c, flag) {
			return true
		}
	}
	return false
}
