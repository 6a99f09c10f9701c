// Command table runs real engines, unmodified, under each profile of the disk, and
// writes the table of docs/engines.md. It is run at the root of the repository:
//
//	go run ./properties/unmodified/table -runs 200
//	go run ./properties/unmodified/table -runs 12 -only 'SQLite|Pebble'
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"powercut/properties/unmodified"
	"powercut/properties/unmodified/measure"
)

func main() {
	runs := flag.Int("runs", 200, "how many seeds for each engine and profile")
	only := flag.String("only", "", "runs those tests alone whose names match, and prints their lines instead")
	out := flag.String("out", filepath.Join("docs", "engines.md"), "the page, whose table is written anew")
	flag.Parse()
	if err := run(*runs, *only, *out); err != nil {
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
}

func run(runs int, only, out string) error {
	work, err := os.MkdirTemp("", "engines")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }() // what is left of it harms nobody
	simrun, err := measure.Simrun(".", work)
	if err != nil {
		return err
	}
	var all []measured
	for _, dir := range []string{"properties/native", "properties/native/goleveldb1"} {
		tests := filepath.Join(work, "tests")
		if err := measure.Command(dir, simrun, "test", "-c", "-o", tests, ".").Run(); err != nil {
			return fmt.Errorf("building the tests of %s: %w", dir, err)
		}
		some, err := engines(dir, tests, only, runs)
		if err != nil {
			return err
		}
		all = append(all, some...)
	}
	if only != "" {
		fmt.Print(table(all, runs))
		return nil
	}
	return measure.Write(out, begin, end, table(all, runs))
}

// measured is what a test came to.
type measured struct {
	measure.Taken
	version string // of its module; the binary of a test does not know it
}

// engines runs each engine's test under each profile, one after the other.
func engines(dir, tests, only string, runs int) ([]measured, error) {
	names, err := measure.Output(dir, tests, "-test.list", "^TestEngine")
	if err != nil {
		return nil, err
	}
	wanted, err := regexp.Compile(only)
	if err != nil {
		return nil, err
	}
	var all []measured
	for _, test := range strings.Fields(names) {
		if !wanted.MatchString(test) {
			continue
		}
		for _, profile := range unmodified.ProfileNames() {
			taken, err := measure.Test(dir, tests, nil, "-test.run", "^"+test+"$/^"+profile+"$", "-powercut.seed=0", fmt.Sprintf("-powercut.runs=%d", runs))
			if err != nil {
				return nil, err
			}
			version, err := measure.Version(dir, taken.Module)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(os.Stderr, "%s under %s: %.0fs\n", taken.Engine, profile, taken.Took.Seconds())
			all = append(all, measured{taken, version})
		}
	}
	if len(all) == 0 && only == "" {
		return nil, errors.New("no engine's test in " + dir)
	}
	return all, nil
}
