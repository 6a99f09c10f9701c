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

// page is the table.
func page(all []pair, length time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nAt most %s for each, one behind the other.\n\n", length)
	b.WriteString("| defect | MemFS | clones a second | what it tells | powercut | images a second | what it tells |\n| --- | --- | ---: | --- | --- | ---: | --- |\n")
	for _, p := range all {
		b.WriteString(p.row())
	}
	b.WriteString("\n")
	return b.String()
}

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
	return fmt.Sprintf("| %s: %s | %s | %s | %s | `%s`: %s | %s | %s |\n", p.engine, p.what,
		took(p.memfs.Message != "", p.memfs.Runs, p.memfs.Took), rate(p.memfs.Images, p.memfs.Took), memfs,
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
