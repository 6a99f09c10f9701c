package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"powercut/properties/unmodified/measure"
)

// table is the one of the page, in Markdown: one line for each engine.
func table(all []measured, runs int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%d seeds for each engine and profile, each seed a process; where something is found, until then.\n\n", runs)
	b.WriteString("| engine | what is promised | found | silent | runs/s | CPU per image |\n| --- | --- | --- | --- | --- | --- |\n")
	for len(all) > 0 {
		n := slices.IndexFunc(all, func(m measured) bool { return m.Engine != all[0].Engine || m.version != all[0].version })
		if n < 0 {
			n = len(all)
		}
		b.WriteString(row(all[:n]))
		all = all[n:]
	}
	b.WriteString("\n")
	return b.String()
}

// row is what an engine's runs under each profile came to. Its figures are those of
// the silent ones: a run that finds something ends there.
func row(engine []measured) string {
	var found, silent []string
	var whys []string
	profiles := make(map[string][]string) // by why
	var runs, images int
	var took, cpu time.Duration
	for _, m := range engine {
		if m.Law != "" {
			why := fmt.Sprintf("%s (`%s`)", m.Why, m.Law)
			if profiles[why] == nil {
				whys = append(whys, why)
			}
			profiles[why] = append(profiles[why], "`"+m.Profile+"`")
			continue
		}
		silent = append(silent, "`"+m.Profile+"`")
		runs, images, took, cpu = runs+m.Runs, images+m.Images, took+m.Took, cpu+m.CPU
	}
	for _, why := range whys {
		found = append(found, strings.Join(profiles[why], ", ")+": "+why)
	}
	if runs > 0 {
		silent[len(silent)-1] += fmt.Sprintf(": %d images", images)
	}
	speed, per := "", ""
	if runs > 0 {
		speed = fmt.Sprintf("%.1f", float64(runs)/took.Seconds())
		per = fmt.Sprintf("%.1f ms", float64(cpu.Microseconds())/1000/float64(images))
	}
	e := engine[0]
	return fmt.Sprintf("| %s %s | %s | %s | %s | %s | %s |\n", e.Engine, measure.ShortVersion(e.version), e.Promises, strings.Join(found, "; "), strings.Join(silent, ", "), speed, per)
}

const (
	begin = "<!-- engines: begin -->"
	end   = "<!-- engines: end -->"
)
