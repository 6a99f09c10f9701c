package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"powercut/properties/unmodified/measure"
)

const (
	pageBegin = "<!-- record: begin -->"
	pageEnd   = "<!-- record: end -->"
)

// page are the tables: what was found, and what was not.
func page(all []outcome, s *search, took time.Duration) string {
	var found, missed strings.Builder
	engines := make(map[string]bool)
	n, rest := 0, 0
	for _, o := range all {
		if o.Profile == "" {
			rest++
			fmt.Fprintf(&missed, "| %s | %s | %s |\n", strings.TrimSpace(o.Engine+" "+measure.ShortVersion(o.Has)), report(o), o.Missed)
			continue
		}
		n++
		engines[o.Engine] = true
		found.WriteString(row(n, o))
	}
	head := fmt.Sprintf("\n%d found, from %d engines; %d not found. %s for each profile at most, in that order; all of it took %.0f minutes.\n\n", n, len(engines), rest, s.length, took.Minutes())
	head += "| | engine | what is wrong | against | shown by | seeds, seconds | lost at, and what helps | without it |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n"
	if rest > 0 {
		missed.WriteString("\n")
		return head + found.String() + "\n### Not found\n\n| engine | what is wrong | why it is not found |\n| --- | --- | --- |\n" + missed.String()
	}
	return head + found.String() + "\n"
}

func row(n int, o outcome) string {
	shown := "`" + o.Profile + "`"
	if o.Found.Faults != "" {
		shown += ", `" + strings.ReplaceAll(strings.TrimSpace(o.Found.Faults), "\n", "; ") + "`"
	}
	lost := ""
	if o.Culprit != "" {
		lost = "`" + o.Culprit + "`"
	}
	if o.Helps != "" {
		lost += ": " + o.Helps
	}
	without := "no other version was tried"
	if o.Defect.Without != "" {
		without = fmt.Sprintf("%s: silent in %d runs", measure.ShortVersion(o.Defect.Without), o.Without.Runs)
		if o.Without.Message != "" {
			without = fmt.Sprintf("%s has it, too", measure.ShortVersion(o.Defect.Without))
		}
	}
	return fmt.Sprintf("| %d | %s %s | %s | %s | %s: `%s` | %d, %.1f | %s | %s |\n", n, o.Engine, measure.ShortVersion(o.Has), report(o), o.Promised, shown, o.Found.Law, o.Found.Runs, o.Found.Took.Seconds(), lost, without)
}

// report is what is wrong, with the address of its report.
func report(o outcome) string {
	switch {
	case o.Report == "" && o.Profile != "":
		return o.What + " (no report is known here)"
	case o.Report == "":
		return o.What
	}
	parts := strings.Split(strings.TrimPrefix(o.Report, "https://"), "/")
	name := strings.Join(parts[max(0, len(parts)-4):], "/")
	if len(parts) == 5 && (parts[3] == "issues" || parts[3] == "pull") {
		name = parts[1] + "/" + parts[2] + "#" + parts[4]
	}
	return fmt.Sprintf("%s ([%s](%s))", o.What, name, o.Report)
}

// unexpected is an error if a defect that is to be found isn't, or if the version without
// it fails.
func unexpected(all []outcome) error {
	var failed []error
	for _, o := range all {
		if o.Profile == "" && o.Missed == "" {
			failed = append(failed, fmt.Errorf("%s of %s %s is not found", o.Test, o.Engine, o.Has))
		}
		if o.Without.Message != "" {
			failed = append(failed, fmt.Errorf("%s of %s %s, which is without it: %s", o.Test, o.Engine, o.Defect.Without, o.Without.Message))
		}
	}
	return errors.Join(failed...)
}
