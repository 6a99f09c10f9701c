package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"powercut/sim/core"
	"powercut/sim/worker"
)

// runCorpora runs the cases that the tests of a package keep.
func (f *commonFlags) runCorpora(ctx context.Context, warn io.Writer, rewrite bool) (corpusJSON, error) {
	all := corpusJSON{Cases: []corpusCaseJSON{}}
	subjects, done, err := f.subjects(ctx, warn)
	if err != nil {
		return all, err
	}
	defer done()
	for _, s := range subjects {
		dir := s.corpusDir()
		if dir == "" {
			continue
		}
		report, err := runTestCorpus(ctx, warn, s, dir, rewrite)
		if err != nil {
			return all, err
		}
		all.Cases = append(all.Cases, report.Cases...)
		all.Unexpected += report.Unexpected
		all.Left += report.Left
		all.Interrupted = all.Interrupted || report.Interrupted
	}
	return all, nil
}

// runTestCorpus runs the cases that a test keeps. Each is to hold, since what it shows
// is mended.
func runTestCorpus(ctx context.Context, progress io.Writer, s *subject, dir string, rewrite bool) (corpusJSON, error) {
	report := corpusJSON{Cases: []corpusCaseJSON{}}
	files, err := filepath.Glob(filepath.Join(dir, "*.case"))
	if err != nil {
		return report, fmt.Errorf("the corpus: %w", err)
	}
	shown := newSteps(progress, "cases")
	defer shown.finish()
	for i, file := range files {
		shown.at(uint64(i), uint64(len(files)))
		if ctx.Err() != nil {
			report.Interrupted, report.Left = true, uint64(len(files)-i)
			break
		}
		text, err := readText(nil, file)
		if err != nil {
			return report, err
		}
		one, kept, err := testCase(ctx, s, file, text)
		if err != nil {
			return report, err
		}
		if rewrite && kept != nil && one.OK && kept.Case != text {
			if err := writeWhole(realDisk, file, []byte(kept.Case)); err != nil {
				return report, harnessFailed(err)
			}
			one.Rewrote = one.Digest
		}
		if !one.OK {
			report.Unexpected++
		}
		report.Cases = append(report.Cases, one)
	}
	return report, nil
}

// testCase runs one case of a test. A worker that ends with it is the case's doing.
func testCase(ctx context.Context, s *subject, file, text string) (corpusCaseJSON, *worker.Kept, error) {
	one := corpusCaseJSON{File: file, Target: s.test.Name.Test, Expected: "holds", Got: "holds"}
	c, err := core.ParseCase(text, s.find)
	if err != nil {
		return one, nil, fmt.Errorf("%s: %w", file, err)
	}
	one.Law, one.Step, one.Why = c.Law, c.Step, strings.TrimSpace(c.Why)
	note, err := s.askCase(ctx, worker.Case{Do: worker.Corpus, Text: text, Name: file})
	if died, ok := errors.AsType[*diedError](err); ok && died.served {
		one.Got = "ends its process"
		one.Problem = "it " + died.Error()
		return one, nil, nil
	}
	if err != nil {
		return one, nil, err
	}
	kept := note.Kept
	one.Digest, one.Missed, one.Differs = kept.Digest.String(), kept.Missed, kept.Differs
	switch {
	case kept.Got == c.Law:
		one.Got = "violates"
		one.Problem = "it FAILS: the defect that it shows is there; if it is none, remove the file"
	case kept.Got != "":
		one.Got = "violates " + string(kept.Got)
		one.Problem = fmt.Sprintf("it FAILS, and violates %s; if that is no defect, remove the file", kept.Got)
	case kept.Missed && kept.Differs == "":
		one.Problem = "it SAYS NOTHING: it does not come to its crash any more; remove the file, since no run of it can fail"
	}
	one.OK = one.Problem == ""
	return one, kept, nil
}
