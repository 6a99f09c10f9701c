package main

import (
	"strings"

	"github.com/spf13/cobra"

	"powercut/properties"
	"powercut/properties/mutants"
	"powercut/sim/core"
	"powercut/vfs"
)

// values are what a flag may be set to, by its name, for a shell to complete.
var values = map[string]func() []cobra.Completion{
	"target": func() []cobra.Completion { return properties.TargetNames() },
	"profile": func() (all []cobra.Completion) {
		for _, p := range vfs.Profiles() {
			all = append(all, p.String())
		}
		return all
	},
	"law": func() (all []cobra.Completion) {
		for _, law := range core.Laws() {
			all = append(all, cobra.CompletionWithDesc(string(law.Law), law.Sentence))
		}
		return all
	},
	"promises": func() []cobra.Completion { return []cobra.Completion{"durability", "nothing"} },
	"only": func() (all []cobra.Completion) {
		for _, load := range []func() ([]mutants.Mutant, error){mutants.All, mutants.Disk} {
			known, err := load()
			if err != nil {
				return nil // a shell can't be told
			}
			for _, m := range known {
				all = append(all, m.Name)
			}
		}
		return all
	},
}

// valuesOf are the values of a command's flag; nil if nobody knows them.
func valuesOf(cmd *cobra.Command, name string) func() []cobra.Completion {
	if name == "only" && cmd.Name() != "mutants" {
		return nil // of others it is any text
	}
	return values[name]
}

// completeValues has the shell complete the values of flags, and the files of cases.
func completeValues(cmd *cobra.Command) {
	for name := range values {
		all := valuesOf(cmd, name)
		if all == nil || cmd.Flags().Lookup(name) == nil {
			continue
		}
		if err := cmd.RegisterFlagCompletionFunc(name, func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return all(), cobra.ShellCompDirectiveNoFileComp
		}); err != nil {
			panic(err) // it is registered twice
		}
	}
	switch {
	case strings.Contains(cmd.Use, " CASE"):
		cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return []cobra.Completion{"case"}, cobra.ShellCompDirectiveFilterFileExt
		}
	case strings.Contains(cmd.Use, " [TARGET]"): // or a package, which is a directory
		cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return properties.TargetNames(), cobra.ShellCompDirectiveDefault
		}
	case strings.Contains(cmd.Use, " DIR"), strings.Contains(cmd.Use, " [DIR"):
		cmd.ValidArgsFunction = func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		}
	}
	for _, c := range cmd.Commands() {
		completeValues(c)
	}
}
