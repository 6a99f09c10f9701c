package main

import (
	"fmt"
	"strings"
	"time"
)

const (
	pageBegin = "<!-- beside: begin -->"
	pageEnd   = "<!-- beside: end -->"
)

// page is the table. A defect that was not looked for this time keeps the row that the
// page has of it.
func page(trials []trial, rows map[string]string, old string, length time.Duration) string {
	var b strings.Builder
	var rest []string
	fmt.Fprintf(&b, "\nAt most %s for each, one behind the other.\n\n", length)
	b.WriteString("| defect | MemFS | others | clones a second | what it tells | powercut | images a second | what it tells |\n| --- | --- | ---: | ---: | --- | --- | ---: | --- |\n")
	for _, t := range trials {
		row := rows[t.name()]
		for line := range strings.Lines(old) {
			if row == "" && strings.HasPrefix(line, "| "+t.name()+" | ") {
				row = line
			}
		}
		b.WriteString(row)
		if row == "" {
			rest = append(rest, t.name())
		}
	}
	if len(rest) > 0 {
		fmt.Fprintf(&b, "\nNot run yet: %s.\n", strings.Join(rest, "; "))
	}
	b.WriteString("\n")
	return b.String()
}

func (t trial) name() string { return t.engine + ": " + t.what }

func (p pair) row() string {
	told := ""
	if p.powercut.Message != "" {
		told = "`" + p.powercut.Law + "`, a case that repeats it"
		if p.culprit != "" {
			told += "; `" + p.culprit + "`"
		}
		if p.help != "" {
			told += "; " + p.help
		}
	}
	memfs := ""
	if p.memfs.Message != "" {
		memfs = "`" + short(p.memfs.Message) + "`, before " + p.memfs.At
	}
	return fmt.Sprintf("| %s | %s | %d | %s | %s | `%s`: %s | %s | %s |\n", p.name(),
		took(p.memfs.Message != "", p.memfs.Runs, p.memfs.Took), p.memfs.Others, rate(p.memfs.Images, p.memfs.Took), memfs,
		p.profile, took(p.powercut.Message != "", p.powercut.Runs, p.powercut.Took), rate(p.powercut.Images, p.powercut.Took), told)
}

// took is a search in words.
func took(found bool, runs int, length time.Duration) string {
	if !found {
		return fmt.Sprintf("silent in %d runs", runs)
	}
	return fmt.Sprintf("%.1f s, %d runs", length.Seconds(), runs)
}

func rate(images int, length time.Duration) string {
	return fmt.Sprintf("%.0f", float64(images)/length.Seconds())
}

// short is an error's first line, as it fits into a table.
func short(message string) string {
	line, _, _ := strings.Cut(message, "\n")
	if len(line) > 100 {
		line = line[:100] + "…"
	}
	return strings.NewReplacer("|", "/", "`", "'").Replace(line)
}
