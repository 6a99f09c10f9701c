package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"powercut/properties"
	"powercut/sim"
	"powercut/vfs"
)

// commonFlags are the flags that choose what runs.
type commonFlags struct {
	target  string
	profile string
	json    bool
}

func (f *commonFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.target, "target", "journal", "what to test: "+strings.Join(properties.TargetNames(), ", "))
	cmd.Flags().StringVar(&f.profile, "profile", "", "only this filesystem's crash images: "+profileNames()+" (default: drawn by the seed)")
	cmd.Flags().BoolVar(&f.json, "json", false, "print one JSON object")
}

// resolve returns the target, and what the flags change in each scenario.
func (f *commonFlags) resolve() (sim.Target, func(*sim.Scenario), error) {
	target := properties.FindTarget(f.target)
	if target == nil {
		return nil, nil, fmt.Errorf("--target: there is no target %q; there are: %s", f.target, strings.Join(properties.TargetNames(), ", "))
	}
	adjust := func(*sim.Scenario) {}
	if f.profile != "" {
		profile, err := vfs.ParseProfile(f.profile)
		if err != nil {
			return nil, nil, fmt.Errorf("--profile: %w", err)
		}
		adjust = func(s *sim.Scenario) { s.Settings.Profile = profile }
	}
	return target, adjust, nil
}

func profileNames() string {
	var all []string
	for _, p := range vfs.Profiles() {
		all = append(all, p.String())
	}
	return strings.Join(all, ", ")
}
