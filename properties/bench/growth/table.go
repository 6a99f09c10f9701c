package main

import (
	"fmt"
	"strings"
	"time"
)

// table is what was measured as Markdown, group by group.
func table(all []result) string {
	var b strings.Builder
	b.WriteString("| | what | size | smallest | largest | exponent | |\n")
	b.WriteString("| --- | --- | --- | --- | --- | --- | --- |\n")
	for _, group := range groups {
		for _, r := range all {
			if r.group != group || len(r.points) == 0 {
				continue
			}
			first, last := r.points[0], r.points[len(r.points)-1]
			exponent, mark := r.exponent(), ""
			text := fmt.Sprintf("%.2f", exponent)
			if exponent > steep {
				text, mark = "**"+text+"**", "faster than linear"
			}
			fmt.Fprintf(&b, "| %s | %s | %d to %d %s | %s | %s | %s | %s |\n", group, r.name, first.n, last.n, r.of, short(first.time), short(last.time), text, mark)
		}
	}
	return b.String()
}

// short prints a time with three digits.
func short(d time.Duration) string {
	for _, unit := range []struct {
		of   time.Duration
		name string
	}{{time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "µs"}} {
		if d >= unit.of {
			v := float64(d) / float64(unit.of)
			switch {
			case v < 10:
				return fmt.Sprintf("%.2f %s", v, unit.name)
			case v < 100:
				return fmt.Sprintf("%.1f %s", v, unit.name)
			}
			return fmt.Sprintf("%.0f %s", v, unit.name)
		}
	}
	return fmt.Sprintf("%d ns", d.Nanoseconds())
}
