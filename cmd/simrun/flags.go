package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"powercut/cmd/simrun/internal/fuse"
	"powercut/properties"
	"powercut/sim/core"
	"powercut/sim/worker"
	"powercut/vfs"
)

// commonFlags are the flags that choose what runs.
type commonFlags struct {
	Target  string
	Profile string
	Law     string
	json    bool

	pattern string // of the tests of a package
	pkg     packageFlags
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

// addBaseline adds the flag that names an earlier report.
func addBaseline(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVar(dir, "baseline", "", "say what is new, regressed, ongoing or resolved since the report in this `DIR`, whose cases are run again")
}

// addVerbose adds the flag that asks for everything, instead of a few lines.
func addVerbose(cmd *cobra.Command, verbose *bool) {
	cmd.Flags().BoolVarP(verbose, "verbose", "v", false, "tell everything that was counted, and each violation in full")
}

// addPackage adds the flags of a command whose target may be a Go package.
func (f *commonFlags) addPackage(cmd *cobra.Command) {
	f.pkg.add(cmd)
	cmd.Flags().StringVar(&f.pattern, "run", "", "of a package, the tests that this `REGEXP` names, as go test -run has it (default: all that call sim.Test)")
	cmd.Flags().Lookup("target").Usage += ", or a Go package: ./store"
}

// takeTarget reads the target off the arguments, if it is there, and the flags for go
// test behind them.
func (f *commonFlags) takeTarget(cmd *cobra.Command, args []string) error {
	args = f.pkg.take(cmd, args)
	if len(args) > 0 {
		if cmd.Flags().Changed("target") {
			return fmt.Errorf("%s and --target: want one of them", args[0])
		}
		f.Target = args[0]
	}
	if f.pkg.binary != "" && len(args) == 0 && !cmd.Flags().Changed("target") {
		f.Target = "."
	}
	if !isPackage(f.Target) && (f.pattern != "" || f.pkg.binary != "" || len(f.pkg.build) > 0) {
		return fmt.Errorf("--run, --binary and flags for go test are for a Go package, such as ./store; the target is %s", f.Target)
	}
	return nil
}

// isPackage says whether a target is a Go package: a path, and no name.
func isPackage(target string) bool {
	return findTarget(target) == nil && (strings.Contains(target, "/") || strings.HasPrefix(target, "."))
}

// subjects are what a command runs: a target, or the tests of a package. The caller
// calls done when they have been run.
func (f *commonFlags) subjects(ctx context.Context, warn io.Writer) (all []*subject, done func(), err error) {
	if !isPackage(f.Target) {
		target, _, err := f.resolve()
		if err != nil {
			return nil, nil, err
		}
		return []*subject{namedSubject(target)}, func() {}, nil
	}
	if _, err := worker.Adjust(f.Profile, ""); err != nil {
		return nil, nil, fmt.Errorf("--profile: %w", err)
	}
	b, tests, err := f.pkg.openFor(ctx, f.Target, f.pattern, warn)
	if err != nil {
		return nil, nil, err
	}
	for _, test := range tests {
		all = append(all, testSubject(b, test))
	}
	return all, func() {
		for _, s := range all {
			s.close()
		}
		b.remove()
	}, nil
}

// subject is what a command runs that runs one.
func (f *commonFlags) subject(cmd *cobra.Command) (*subject, func(), error) {
	all, done, err := f.subjects(cmd.Context(), cmd.ErrOrStderr())
	if err == nil && len(all) > 1 {
		var names []string
		for _, s := range all {
			names = append(names, s.test.Name.Test)
		}
		done()
		return nil, nil, fmt.Errorf("%s has %d tests: name one with --run: %s", f.Target, len(all), strings.Join(names, ", "))
	}
	if err != nil {
		return nil, nil, err
	}
	return all[0], done, nil
}

// resolve returns a target with a name, and what the flags change in each scenario.
func (f *commonFlags) resolve() (core.Target, func(*core.Scenario), error) {
	target := findTarget(f.Target)
	if _, announced := fuse.Announced(); f.Target == fuse.TargetName && !announced {
		return nil, nil, fmt.Errorf("--target: the commands of target %s are given to simrun fuse", f.Target)
	}
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
	adjust, err := worker.Adjust(f.Profile, law)
	if err != nil {
		return nil, nil, fmt.Errorf("--profile: %w", err)
	}
	return target, adjust, nil
}

func lawNames() string {
	var all []string
	for _, law := range core.Laws() {
		all = append(all, string(law.Law))
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
