package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"powercut/faults"
	"powercut/properties/mutants"
	"powercut/sim/core"
)

type mutantsFlags struct {
	dir, out, law string
	only          []string
	seeds         uint64
	starts        uint64
	json          bool
	disk          bool
}

func (f *mutantsFlags) load() ([]mutants.Mutant, error) {
	if f.seeds == 0 {
		return nil, errors.New("--seeds: want at least 1")
	}
	if f.law != "" {
		if _, err := core.ParseLaw(f.law, findTarget("journal")); err != nil {
			return nil, fmt.Errorf("--law: %w (simrun laws says what each is)", err)
		}
	}
	if f.starts == 0 {
		return nil, errors.New("--starts: want at least 1")
	}
	all, err := mutants.All()
	if f.disk {
		all, err = mutants.Disk()
	}
	if f.dir != "" {
		if _, statErr := os.Stat(f.dir); statErr != nil {
			return nil, fmt.Errorf("--dir: %w", statErr)
		}
		all, err = mutants.Load(os.DirFS(f.dir))
	}
	if err != nil {
		return nil, fmt.Errorf("the mutants: %w", err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("--dir: there is no .txtar file in %s", f.dir)
	}
	var names []string
	for _, m := range all {
		names = append(names, m.Name)
	}
	for _, name := range f.only {
		if !slices.Contains(names, name) {
			err := fmt.Errorf("--only: there is no mutant %q", name)
			if meant, ok := faults.Nearest(name, names); ok {
				err = fmt.Errorf("%w; did you mean %q?", err, meant)
			}
			return nil, err
		}
	}
	if len(f.only) > 0 {
		all = slices.DeleteFunc(all, func(m mutants.Mutant) bool { return !slices.Contains(f.only, m.Name) })
	}
	return all, nil
}

// moduleRoot finds the source of this module around the working directory.
func moduleRoot() (string, error) {
	const hint = "it needs the Go toolchain and must be run within the source of module powercut"
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Path}} {{.Dir}}").Output()
	if err != nil {
		return "", fmt.Errorf("%s: go list: %w", hint, err)
	}
	for line := range strings.Lines(string(out)) {
		if dir, ok := strings.CutPrefix(strings.TrimSpace(line), "powercut "); ok {
			return dir, nil
		}
	}
	return "", fmt.Errorf("%s; this is %s", hint, strings.TrimSpace(string(out)))
}
