package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
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

// Each command has an example, and prints JSON if asked for it. Those of journal print
// a line for each thing, and are no part of this.
func TestCommandsAreUniform(t *testing.T) {
	forEachCommand(newRoot(), func(cmd *cobra.Command) {
		if cmd.HasSubCommands() || cmd.Hidden || cmd.Parent().Name() == "journal" {
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
