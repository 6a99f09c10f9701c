package main

import (
	"errors"
	"fmt"
	"io/fs"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"powercut/faults"
	"powercut/sim/core"
)

// addHabits gives a command and those below it what people expect of every command:
// help that fits the terminal, words that were mistyped put right, values that a shell
// can complete.
func addHabits(root *cobra.Command) {
	root.Version = versionText()
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		s := screenOf(cmd.OutOrStdout())
		fmt.Fprint(s.out, helpText(cmd, s.columns))
	})
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if meant := nearestFlag(cmd, err.Error()); meant != "" {
			err = fmt.Errorf("%w; did you mean --%s?", err, meant)
		}
		return err
	})
	completeValues(root)
}

// versionText says what this binary is made of.
func versionText() string {
	text := "simrun " + version()
	if info, ok := debug.ReadBuildInfo(); ok {
		text += " " + info.GoVersion
	}
	return text
}

// nearestFlag is the flag that was probably meant where one is unknown.
func nearestFlag(cmd *cobra.Command, message string) string {
	name, unknown := strings.CutPrefix(message, "unknown flag: --")
	if !unknown {
		return ""
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
	meant, _ := faults.Nearest(name, known)
	return meant
}

// noSuchCommand is for the arguments of a command that has others below it: any is a
// mistyped one.
func noSuchCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("unknown command %q for %q", args[0], cmd.CommandPath())
	cmd.SuggestionsMinimumDistance = 2
	if meant := cmd.SuggestionsFor(args[0]); len(meant) > 0 {
		err = fmt.Errorf("%w; did you mean %q?", err, meant[0])
	}
	return err
}

// hint says where help is, unless help would not: what is wrong is with a file or a
// package, not with what was typed.
func hint(cmd *cobra.Command, err error) string {
	_, ofFile := errors.AsType[*fs.PathError](err)
	_, ofPackage := errors.AsType[*buildError](err)
	_, ofCase := errors.AsType[*core.CaseError](err)
	if ofFile || ofPackage || ofCase || errors.Is(err, fs.ErrNotExist) || cmd == nil {
		return ""
	}
	return fmt.Sprintf("try '%s --help'", cmd.CommandPath())
}

// missingFile is an error that says which file is not there.
type missingFile string

func (e missingFile) Error() string { return string(e) }

func (e missingFile) Is(target error) bool { return target == fs.ErrNotExist }

// helpText is a command's help, in lines that fit. Columns 0 is for what has no width.
func helpText(cmd *cobra.Command, columns int) string {
	var b strings.Builder
	about := cmd.Long
	if about == "" {
		about = cmd.Short
	}
	fmt.Fprintf(&b, "%s\n\nUsage:\n", reflow(about, columns))
	if cmd.Runnable() {
		fmt.Fprintf(&b, "  %s\n", cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s [command]\n", cmd.CommandPath())
	}
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	if cmd.HasAvailableSubCommands() {
		b.WriteString("\nCommands:\n")
		for _, c := range cmd.Commands() {
			if c.IsAvailableCommand() {
				fmt.Fprintln(&b, wrap(fmt.Sprintf("  %s: %s", c.Name(), c.Short), columns, 6))
			}
		}
	}
	if cmd.HasAvailableLocalFlags() {
		fmt.Fprintf(&b, "\nFlags:\n%s", plain(cmd.LocalFlags()).FlagUsagesWrapped(columns))
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n%s\n", wrap(fmt.Sprintf("'%s COMMAND --help' says more about one of them.", cmd.CommandPath()), columns, 0))
	}
	return b.String()
}

// plain are flags without "[=true|false]", which pflag puts behind each that is a switch:
// it says nothing, and takes a third of a narrow terminal.
func plain(flags *pflag.FlagSet) *pflag.FlagSet {
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.VisitAll(func(f *pflag.Flag) {
		shown := *f
		if f.Value.Type() == "bool" {
			shown.Value = struct{ pflag.Value }{f.Value} // hides that it may have a value
		}
		all.AddFlag(&shown)
	})
	return all
}

// reflow breaks the paragraphs of a text anew, where its own lines are too long.
// Lines that are indented are left as they are.
func reflow(text string, columns int) string {
	paragraphs := strings.Split(strings.TrimRight(text, "\n"), "\n\n")
	for i, p := range paragraphs {
		if columns > 0 && longest(p) > columns && !strings.HasPrefix(p, " ") {
			paragraphs[i] = wrap(p, columns, 0)
		}
	}
	return strings.Join(paragraphs, "\n\n")
}

func longest(text string) int {
	most := 0
	for line := range strings.Lines(text) {
		most = max(most, len(strings.TrimRight(line, "\n")))
	}
	return most
}
