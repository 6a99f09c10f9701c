// Command beside finds defects of the record with pebble's crashable MemFS, and with
// powercut, in the same time, and writes what that came to into docs/comparison.md. It is
// run in its directory:
//
//	go run .
//
// It is a module of its own, so that what it compares with is no dependency of the rest.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"powercut/properties/unmodified"
	"powercut/properties/unmodified/measure"
)

func main() {
	root := filepath.Join("..", "..", "..")
	length := flag.Duration("for", time.Minute, "how long each looks for a defect")
	only := flag.String("only", "", "only the defects whose test this expression matches; the page keeps its rows of the others")
	out := flag.String("out", filepath.Join(root, "docs", "comparison.md"), "the page, whose table is written anew")
	flag.Parse()
	if err := run(root, *length, *only, *out); err != nil {
		fmt.Fprintln(os.Stderr, "beside:", err)
		os.Exit(1)
	}
}

// pair is what both came to.
type pair struct {
	trial
	memfs         found
	powercut      measure.Taken
	culprit, help string
}

func run(root string, length time.Duration, only, out string) error {
	chosen, err := regexp.Compile(only)
	if err != nil {
		return fmt.Errorf("-only: %w", err)
	}
	work, err := os.MkdirTemp("", "beside")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }() // what is left of it harms nobody
	b := measure.Builder{Root: root, Work: work}
	rows := make(map[string]string) // of this time
	for _, t := range trials {
		if !chosen.MatchString(t.test) {
			continue
		}
		p, err := t.both(&b, length)
		if err != nil {
			return err
		}
		fmt.Fprint(os.Stderr, p.row())
		rows[t.name()] = p.row()
	}
	text, err := os.ReadFile(out)
	if err != nil {
		return err
	}
	return measure.Write(out, pageBegin, pageEnd, page(trials, rows, string(text), length))
}

// both has each look for the defect, one behind the other. That powercut tells the failure
// whole is another run, as it is in the record.
func (t trial) both(b *measure.Builder, length time.Duration) (p pair, err error) {
	p.trial, p.memfs = t, t.onMemFS(length)
	tests, err := b.Tests(t.dir)
	if err != nil {
		return p, err
	}
	dir := filepath.Join(b.Root, t.dir)
	args := []string{"-test.run=" + measure.TestName(t.test, t.profile), "-powercut.profile=" + t.profile, "-powercut.seed=0", "-powercut.for=" + length.String()}
	if p.powercut, err = measure.Test(dir, tests, []string{unmodified.ForTheRecord + "=brief"}, args...); err != nil {
		return p, err
	}
	whole, err := measure.Test(dir, tests, []string{unmodified.ForTheRecord + "=" + unmodified.ForTheRecordWhole}, args...)
	p.culprit, p.help = measure.Told(whole.Message)
	return p, err
}
