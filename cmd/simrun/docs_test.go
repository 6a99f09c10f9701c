package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	_ "powercut/sim" // for the flags that it gives a test binary
)

// otherFlags are those of other programs that the pages name.
var otherFlags = map[string]bool{"array": true}

// Each command of simrun that a page of the documentation shows, or speaks of, is
// one, with the flags that stand behind it.
func TestPagesNameCommands(t *testing.T) {
	checked := 0
	for _, file := range pageFiles(t) {
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
	if checked < 50 {
		t.Errorf("%d commands checked: this test does not see the pages", checked)
	}
}

// pageFiles are the pages that say what is.
func pageFiles(t *testing.T) (all []string) {
	t.Helper()
	for _, pattern := range []string{"README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/*.md", "docs/*/*.md", "journal/*.md", "vfs/kernel/*.md", "vfs/adapt/*/*.md", "vfs/testdata/*/*.md"} {
		files, err := filepath.Glob(filepath.Join("../..", pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("no pages %s (%v)", pattern, err)
		}
		all = append(all, files...)
	}
	return all
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
	case len(words) == 0, words[0] == "--":
		return false, false
	case strings.HasPrefix(words[0], "--") && words[0] != "---": // go test begins a failure with that
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
		if word == "--" {
			break // flags of go test
		}
		if strings.HasPrefix(word, "--") && cmd.Flag(flagName(word)) == nil {
			return false
		}
	}
	return true
}

// fenced finds the examples of a page: what they are, and their lines.
var fenced = regexp.MustCompile("(?ms)^ *```(.*?)\n(.*?)^ *```$")

// Each command line of a page that is fenced as one parses: of simrun, with all its
// flags, their values and its arguments.
func TestPagesCommandsParse(t *testing.T) {
	var lines []string
	for _, file := range pageFiles(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range fenced.FindAllStringSubmatch(string(text), -1) {
			shell := strings.HasPrefix(block[1], "sh")
			for line := range strings.Lines(block[2]) {
				known, err := parseLine(strings.TrimSpace(line))
				switch {
				case err != nil:
					t.Errorf("%s: %s: %v", file, strings.TrimSpace(line), err)
				case known:
					lines = append(lines, strings.TrimSpace(line))
				case shell:
					t.Errorf("%s: this test knows no such command: %s", file, strings.TrimSpace(line))
				}
			}
		}
	}
	t.Logf("parsed:\n%s", strings.Join(lines, "\n"))
	if len(lines) < 30 {
		t.Errorf("%d command lines: this test does not see the pages", len(lines))
	}
}

// parseLine says whether a line is a command, and what is wrong with it.
func parseLine(line string) (known bool, err error) {
	line, _, _ = strings.Cut(line, " #")
	for part := range strings.SplitSeq(line, " | ") {
		words := strings.Fields(part)
		if len(words) > 3 && words[0] == "go" && words[1] == "run" && strings.HasSuffix(words[2], "cmd/simrun") {
			words = append([]string{"simrun"}, words[3:]...)
		}
		if len(words) < 2 {
			return false, nil
		}
		switch words[0] {
		case "simrun":
			err = parseCommand(words[1:])
		case "go":
			err = parseGo(words[1:])
		case "make", "git", "echo":
		default:
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}

// parseCommand parses the words behind simrun, and runs nothing.
func parseCommand(words []string) error {
	for i, word := range words {
		if word == ">" || word == "||" || word == "&&" {
			words = words[:i]
			break
		}
	}
	cmd, rest, err := newRoot().Find(words)
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	return cmd.ValidateArgs(cmd.Flags().Args())
}

// parseGo looks for what powercut adds to the go command's tests: its flags.
func parseGo(words []string) error {
	for _, word := range words {
		name, _, _ := strings.Cut(strings.TrimPrefix(word, "-"), "=")
		if strings.HasPrefix(name, "powercut.") && flag.Lookup(name) == nil {
			return fmt.Errorf("there is no flag -%s", name)
		}
	}
	return nil
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
