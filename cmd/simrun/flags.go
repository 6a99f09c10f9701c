package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"powercut/properties"
	"powercut/sim/core"
	"powercut/vfs"
)

// commonFlags are the flags that choose what runs.
type commonFlags struct {
	Target  string `json:"target"`
	Profile string `json:"profile"`
	Law     string `json:"law"`
	json    bool
}

func (f *commonFlags) add(cmd *cobra.Command) {
	f.addTarget(cmd, "drawn by the seed")
	cmd.Flags().StringVar(&f.Law, "law", "", "pass over violations of every other `LAW`, so that a common one doesn't hide a rare one: "+lawNames())
}

// addTarget adds the flags that say what is run and in which form the report is;
// profile says which one is taken where none is named.
func (f *commonFlags) addTarget(cmd *cobra.Command, profile string) {
	cmd.Flags().StringVar(&f.Target, "target", "journal", "what to test: "+strings.Join(properties.TargetNames(), ", "))
	cmd.Flags().StringVar(&f.Profile, "profile", "", "only this filesystem's crash images: "+profileNames()+" (default: "+profile+")")
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object")
}

// addVerbose adds the flag that asks for everything, instead of a few lines.
func addVerbose(cmd *cobra.Command, verbose *bool) {
	cmd.Flags().BoolVarP(verbose, "verbose", "v", false, "tell everything that was counted, and each violation in full")
}

// resolve returns the target, and what the flags change in each scenario.
func (f *commonFlags) resolve() (core.Target, func(*core.Scenario), error) {
	target := findTarget(f.Target)
	if target == nil {
		return nil, nil, fmt.Errorf("--target: there is no target %q; there are: %s", f.Target, strings.Join(properties.TargetNames(), ", "))
	}
	var law core.Law
	if f.Law != "" {
		var err error
		if law, err = core.ParseLaw(f.Law, target); err != nil {
			return nil, nil, fmt.Errorf("--law: %w (simrun laws says what each is)", err)
		}
	}
	adjust := func(s *core.Scenario) { s.Settings.Law = law }
	if f.Profile != "" {
		profile, err := vfs.ParseProfile(f.Profile)
		if err != nil {
			return nil, nil, fmt.Errorf("--profile: %w", err)
		}
		adjust = func(s *core.Scenario) { s.Settings.Profile, s.Settings.Law = profile, law }
	}
	return target, adjust, nil
}

func lawNames() string {
	var all []string
	for _, law := range core.Laws() {
		if law.Judge != core.ByNobody {
			all = append(all, string(law.Law))
		}
	}
	return strings.Join(all, ", ")
}

func profileNames() string {
	var all []string
	for _, p := range vfs.Profiles() {
		all = append(all, p.String())
	}
	return strings.Join(all, ", ")
}
