package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"powercut/faults"
	"powercut/sim/campaign"
)

// maxNever is how many of the combinations never reached the summary names.
const maxNever = 12

func printCoverage(out io.Writer, s *campaign.Summary) {
	c := s.Coverage
	never := c.Never()
	fmt.Fprintf(out, "  %d combinations of protocol step, operation, fault and crash reached (%.1f per thousand runs), %d not\n",
		len(c), 1000*float64(len(c))/float64(max(s.Runs, 1)), len(never))
	var crashes, strikes []string
	for _, cell := range never {
		at := cell.Step + " " + cell.Op
		if cell.Crash != "" {
			crashes = append(crashes, cell.Crash+" before "+at)
		} else {
			strikes = append(strikes, cell.Fault+" on "+at)
		}
	}
	printNever(out, "never crashed", crashes)
	printNever(out, "never struck", strikes)
}

func printNever(out io.Writer, what string, cells []string) {
	if len(cells) == 0 {
		return
	}
	more := ""
	if n := len(cells) - maxNever; n > 0 {
		cells, more = cells[:maxNever], fmt.Sprintf(", and %d more (all with --json)", n)
	}
	fmt.Fprintf(out, "  %s: %s%s\n", what, strings.Join(cells, ", "), more)
}

func printFaults(out io.Writer, counts map[faults.Kind]faults.Count) {
	var fired, silent []string
	var scheduled, rules, struck uint64
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		n := counts[kind]
		scheduled += n.Scheduled
		if n.Fired == 0 {
			silent = append(silent, kind.String())
			continue
		}
		rules += n.Fired
		struck += n.Struck
		fired = append(fired, fmt.Sprintf("%s %d/%d", kind, n.Fired, n.Scheduled))
	}
	fmt.Fprintf(out, "  %d of %d faults scheduled in the plans fired, and struck %d operations", rules, scheduled, struck)
	if len(fired) > 0 {
		fmt.Fprintf(out, "; fired/scheduled: %s", strings.Join(fired, ", "))
	}
	fmt.Fprintln(out)
	if len(silent) > 0 {
		fmt.Fprintf(out, "  scheduled, but never fired: %s\n", strings.Join(silent, ", "))
	}
}
