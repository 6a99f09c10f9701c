package main

import (
	"encoding/json"
	"fmt"
	"io"

	"powercut/cmd/simrun/internal/fuse"
	"powercut/sim/core"
	"powercut/sim/explain"
)

// violationJSON is one violation as --json prints it.
type violationJSON struct {
	Law       core.Law `json:"law"`
	Sentence  string   `json:"law_sentence"` // what the law asks for
	Signature string   `json:"signature"`
	Count     uint64   `json:"count"`
	Seed      uint64   `json:"seed"`
	Variation uint64   `json:"variation,omitempty"` // of the seed; 0: its own run
	Profile   string   `json:"profile"`
	What      string   `json:"what"`
	// Unrepeated says that the case holds when it is run: to see the violation takes the seed.
	Unrepeated bool   `json:"unrepeated,omitempty"`
	Case       string `json:"case"` // the text of the case, for simrun repro
	Command    string `json:"command"`
	// Story is what every command tells of that case; a campaign leaves it out.
	Story *explain.Story `json:"story,omitempty"`
}

func violationOf(v *core.Violation, count uint64) violationJSON {
	return violationJSON{
		Law: v.Law, Sentence: v.Law.Sentence(), Signature: v.Signature(), Count: count, Seed: uint64(v.Seed), Variation: v.Variation, Profile: v.Profile.String(),
		What: v.What, Unrepeated: v.Unrepeated, Case: v.Case.String(), Command: repeatCommand(v),
	}
}

// repeatCommand is what to paste to see a violation again.
func repeatCommand(v *core.Violation) string {
	if c, is := fuse.Announced(); is {
		return c.Again(v.Seed)
	}
	text := runCommand(v.Case.Test, v.Case.Target, v.Seed, v.Variation)
	if v.Only != "" {
		text += fmt.Sprintf(" --law %s", v.Only)
	}
	return text
}

// runCommand is what to paste to run a seed of a target, or of a test, again.
func runCommand(test core.TestName, target string, seed core.Seed, variation uint64) string {
	text := fmt.Sprintf("%s run --seed %s --target %s", command(test, target), seed, target)
	if test != (core.TestName{}) {
		text = fmt.Sprintf("%s run %s --run '%s' --seed %s", command(test, target), test.Package, core.RunPattern(test.Test), seed)
	}
	if variation > 0 {
		text += fmt.Sprintf(" --variation %d", variation)
	}
	return text
}

func printJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return harnessFailed(fmt.Errorf("writing the result: %w", err))
	}
	return nil
}

// printViolation tells a person what a campaign found and what to type next.
func printViolation(w io.Writer, v *core.Violation, count uint64) {
	fmt.Fprintf(w, "VIOLATION of %s\n  %s\n", v.Law, v.What)
	if law := v.Law.Sentence(); law != "" {
		fmt.Fprintf(w, "  the law: %s\n", law)
	}
	if v.Diff != "" {
		fmt.Fprintf(w, "  -want +got:\n%s", indented(v.Diff))
	}
	for _, crash := range v.Crashes {
		fmt.Fprintf(w, "  %s; its image: %s\n", crash.Title, crash.Choice)
		for _, lost := range crash.Lost {
			fmt.Fprintf(w, "    lost in it: operation %s\n", lost)
		}
	}
	if c := &v.Culprit; c.How != core.CulpritNone && c.Op != "" {
		fmt.Fprintf(w, "  it goes back to the %s, which %s: %s\n", c.Op, c.How, explain.Place(c.Stack))
	}
	if v.Stack != "" {
		fmt.Fprint(w, indented(v.Stack))
	}
	if count > 1 {
		fmt.Fprintf(w, "  seen in %d runs, first in seed %s", count, v.Seed)
	} else {
		fmt.Fprintf(w, "  seen in seed %s", v.Seed)
	}
	fmt.Fprintf(w, "; the mildest filesystem that it was found on: %s\n", v.Profile)
	if v.Unrepeated {
		fmt.Fprintf(w, "  %s\n  to see it again:    %s\n", unrepeated, repeatCommand(v))
		return
	}
	fmt.Fprintf(w, "  to see it again:    %s\n  to understand it:   %s\n", repeatCommand(v), understandCommand(v))
}

// unrepeated says that a violation's case does not show it.
const unrepeated = "its case holds when it is run, so it was not shrunk; the seed may show it again. More than the seed decides such a run: goroutines of the engine's, a clock, the order of a map"

// understandCommand is what to paste to be told all about a violation.
func understandCommand(v *core.Violation) string {
	if _, is := fuse.Announced(); is {
		return repeatCommand(v) + " --out found; simrun explain found/cases/*.case"
	}
	return repeatCommand(v) + " --case found.case; " + command(v.Case.Test, v.Case.Target) + " explain found.case"
}
