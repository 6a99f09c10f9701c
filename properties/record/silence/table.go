package main

import (
	"fmt"
	"strings"

	"powercut/properties/unmodified/measure"
)

const (
	begin = "<!-- silence: begin -->"
	end   = "<!-- silence: end -->"
)

// table is the one of the page: a line for each configuration that was run.
func table(all []configuration) string {
	var b strings.Builder
	b.WriteString("\n| engine | what is promised | profile | runs | images | minutes | test |\n| --- | --- | --- | ---: | ---: | ---: | --- |\n")
	var rest []string
	for _, c := range all {
		if c.Runs == 0 {
			rest = append(rest, "`"+c.Test+"` under `"+c.Profile+"`")
			continue
		}
		fmt.Fprintf(&b, "| %s %s | %s | `%s` | %d | %d | %.1f | `%s` |\n", c.Engine, measure.ShortVersion(c.Version), c.Promises, c.Profile, c.Runs, c.Images, c.Seconds/60, c.Test)
	}
	if len(rest) > 0 {
		fmt.Fprintf(&b, "\nNot run yet: %s.\n", strings.Join(rest, ", "))
	}
	b.WriteString("\n")
	return b.String()
}
