// Command table finds the defects of package record again, each under the mildest of the
// disk's profiles, and writes docs/record.md. It is run in the directory of the module:
//
//	go run ./table
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"powercut/properties/record"
	"powercut/properties/unmodified/measure"
)

func main() {
	s := search{builder: measure.Builder{Root: filepath.Join("..", ".."), Sums: "versions.sum"}}
	only := flag.String("only", "", "only the defects whose test this expression matches; the page keeps its rows of the others")
	flag.DurationVar(&s.length, "for", 20*time.Second, "how long a defect is looked for under each profile")
	flag.DurationVar(&s.silence, "silence", 20*time.Second, "how long the version without it is tested")
	flag.BoolVar(&s.builder.MoreSums, "sums", false, "add the sums of versions that are new here to "+s.builder.Sums)
	out := flag.String("out", filepath.Join(s.builder.Root, "docs", "record.md"), "the page, whose tables are written anew")
	flag.Parse()
	if err := run(&s, *only, *out); err != nil {
		fmt.Fprintln(os.Stderr, "table:", err)
		os.Exit(1)
	}
}

func run(s *search, only, out string) error {
	chosen, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	if s.builder.Work, err = os.MkdirTemp("", "record"); err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(s.builder.Work) }() // what is left of it harms nobody
	var all, searched []outcome
	var failed []error
	begin := time.Now()
	for _, d := range record.Defects() {
		if d.Test == "" || !chosen.MatchString(d.Test) {
			all = append(all, outcome{Defect: d})
			continue
		}
		o, err := s.find(d)
		if err != nil {
			failed = append(failed, err)
			continue
		}
		fmt.Fprintln(os.Stderr, o)
		all, searched = append(all, o), append(searched, o)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	old := read(string(text))
	made := how(s.length, time.Since(begin), searched)
	if only != "" {
		made = old.how
	}
	failed = append(failed, measure.Write(out, pageBegin, pageEnd, page(all, made, old)))
	return errors.Join(append(failed, unexpected(searched))...)
}
