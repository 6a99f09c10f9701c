package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"powercut/properties/unmodified/measure"
)

const (
	pageBegin = "<!-- record: begin -->"
	pageEnd   = "<!-- record: end -->"
)

// before is what the page says already: its rows, by what they are of, and how the whole
// search was made.
type before struct {
	rows map[string]string // without their number
	how  string
}

var howLine = regexp.MustCompile(`not found\. (.* minutes\.)`)

// how says how a search was made, and what it took over all.
func how(length, took time.Duration, searched []outcome) string {
	var all []measure.Search
	for _, o := range searched {
		all = append(all, o.Starts...)
	}
	seeds, seconds := measure.Medians(all)
	return fmt.Sprintf("%s for each profile at most, in that order. Over all, the median search takes %s seeds and %s seconds of one processor; to make this table took %.0f minutes.", length, seeds, seconds, took.Minutes())
}

// read takes the rows of a page.
func read(text string) before {
	b := before{rows: make(map[string]string)}
	_, text, _ = strings.Cut(text, pageBegin)
	text, _, _ = strings.Cut(text, pageEnd)
	for line := range strings.Lines(text) {
		if number, rest, ok := strings.Cut(strings.TrimPrefix(line, "| "), " | "); ok && number != "" && strings.Trim(number, "0123456789") == "" {
			b.rows[keyOf(rest)] = rest
		}
	}
	if found := howLine.FindStringSubmatch(text); found != nil {
		b.how = found[1]
	}
	return b
}

// keyOf is the engine and what is wrong, by a row without its number, less what the
// report is.
func keyOf(row string) string {
	engine, rest, _ := strings.Cut(row, " | ")
	what, _, _ := strings.Cut(rest, " | ")
	what, _, _ = strings.Cut(what, " (")
	return engine + ": " + what
}

// page are the tables: what was found, and what was not. Of a defect that was not looked
// for this time the old row is taken, if there is one.
func page(all []outcome, how string, old before) string {
	var found, missed strings.Builder
	var unsearched []string
	engines := make(map[string]bool)
	n, rest := 0, 0
	for _, o := range all {
		text := ""
		switch {
		case o.Profile != "":
			text = row(o)
		case o.Test != "" && o.Missed == "":
			text = old.rows[o.Engine+" "+measure.ShortVersion(o.Has)+": "+o.What]
		}
		if text == "" && o.Missed == "" {
			unsearched = append(unsearched, fmt.Sprintf("`%s` of %s %s", o.Test, o.Engine, measure.ShortVersion(o.Has)))
			continue
		}
		if text == "" {
			rest++
			fmt.Fprintf(&missed, "| %s | %s | %s |\n", strings.TrimSpace(o.Engine+" "+measure.ShortVersion(o.Has)), report(o), o.Missed)
			continue
		}
		n++
		engines[o.Engine] = true
		fmt.Fprintf(&found, "| %d | %s", n, text)
	}
	head := fmt.Sprintf("\n%d found, from %d engines; %d not found. %s\n\n", n, len(engines), rest, how)
	head += "| | engine | what is wrong | against | shown by | seeds, CPU seconds | lost at, and what helps | without it |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n"
	if len(unsearched) > 0 {
		fmt.Fprintf(&found, "\nNot looked for yet, or not found: %s.\n", strings.Join(unsearched, ", "))
	}
	if rest > 0 {
		missed.WriteString("\n")
		return head + found.String() + "\n### Not found\n\n| engine | what is wrong | why it is not found |\n| --- | --- | --- |\n" + missed.String()
	}
	return head + found.String() + "\n"
}

// row is that of an outcome, without its number.
func row(o outcome) string {
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
	seeds, seconds := measure.Medians(o.Starts)
	return fmt.Sprintf("%s %s | %s | %s | %s: `%s` | %s, %s | %s | %s |\n", o.Engine, measure.ShortVersion(o.Has), report(o), o.Promised, shown, o.Found.Law, seeds, seconds, lost, without)
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
