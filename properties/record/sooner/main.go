// Command sooner measures how many seeds the slowest tests of the record take to find
// their defect, from ten first seeds each, and writes the medians into docs/record.md,
// beside those that were measured before something was changed. It is run in the
// directory of the module, once on the commit before a change and once behind it:
//
//	go run ./sooner -as before
//	go run ./sooner -as after
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"powercut/properties/unmodified/measure"
)

// kept is where what was measured is kept, beside the module.
var kept = filepath.Join("sooner", "searches.json")

const (
	begin = "<!-- sooner: begin -->"
	end   = "<!-- sooner: end -->"
)

// slow is a test that takes more seeds than one or two, and what it took.
type slow struct {
	Dir, Test, Profile string
	What               string // was changed to find it sooner; "" if nothing was
	Before, After      []measure.Search
}

func main() {
	root := filepath.Join("..", "..")
	as := flag.String("as", "", "before or after: what is measured is kept as that")
	length := flag.Duration("for", time.Minute, "how long each search may take")
	only := flag.String("only", "", "only the tests that this expression matches")
	tests := flag.String("tests", "", "the tests of properties/native, built before by simrun test -c: to build them takes minutes")
	out := flag.String("out", filepath.Join(root, "docs", "record.md"), "the page, whose table is written anew")
	flag.Parse()
	if err := run(root, *as, *length, *only, *tests, *out); err != nil {
		fmt.Fprintln(os.Stderr, "sooner:", err)
		os.Exit(1)
	}
}

func run(root, as string, length time.Duration, only, tests, out string) error {
	chosen, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	all, err := read(kept)
	if err != nil {
		return err
	}
	if as != "" {
		if as != "before" && as != "after" {
			return fmt.Errorf("-as: %q, want before or after", as)
		}
		work, err := os.MkdirTemp("", "sooner")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(work) }() // what is left of it harms nobody
		b := measure.Builder{Root: root, Work: work, Sums: "versions.sum"}
		if tests != "" {
			if err := b.Built("properties/native", tests); err != nil {
				return err
			}
		}
		for i := range all {
			if !chosen.MatchString(all[i].Test) {
				continue
			}
			found, err := all[i].search(&b, length)
			if err != nil {
				return err
			}
			if as == "before" {
				all[i].Before = found
			} else {
				all[i].After = found
			}
			if err := write(kept, all); err != nil {
				return err
			}
		}
	}
	return measure.Write(out, begin, end, table(all))
}

// search runs the test from each of the first seeds until it finds.
func (s *slow) search(b *measure.Builder, length time.Duration) ([]measure.Search, error) {
	tests, err := b.Tests(s.Dir)
	if err != nil {
		return nil, err
	}
	all, err := measure.Searches(filepath.Join(b.Root, s.Dir), tests, s.Test, s.Profile, length)
	for _, one := range all {
		fmt.Fprintf(os.Stderr, "%s from %d: %d runs, %.1fs, found %v\n", s.Test, one.First, one.Runs, one.CPU, one.Found)
	}
	return all, err
}

func read(path string) (all []slow, err error) {
	text, err := os.ReadFile(path)
	return all, errors.Join(err, json.Unmarshal(text, &all))
}

func write(path string, all []slow) error {
	text, err := json.MarshalIndent(all, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}

// table has a line for each test that was measured.
func table(all []slow) string {
	var b strings.Builder
	b.WriteString("\n| test | profile | seeds before | seeds after | seconds before | seconds after | what was changed |\n| --- | --- | ---: | ---: | ---: | ---: | --- |\n")
	for _, s := range all {
		if len(s.Before) == 0 {
			continue
		}
		seedsBefore, secondsBefore := measure.Medians(s.Before)
		seedsAfter, secondsAfter := measure.Medians(s.After)
		what := s.What
		if what == "" {
			what = "nothing"
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s | %s | %s | %s |\n", s.Test, s.Profile, seedsBefore, seedsAfter, secondsBefore, secondsAfter, what)
	}
	b.WriteString("\n")
	return b.String()
}
