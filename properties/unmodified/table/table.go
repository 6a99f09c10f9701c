package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
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
		runs, images, took, cpu = runs+m.Runs, images+m.Images, took+m.took, cpu+m.cpu
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
	return fmt.Sprintf("| %s %s | %s | %s | %s | %s | %s |\n", e.Engine, shortVersion(e.version), e.Promises, strings.Join(found, "; "), strings.Join(silent, ", "), speed, per)
}

// shortVersion is a version as it fits into a table: of one without a tag, the day.
func shortVersion(version string) string {
	if parts := strings.Split(version, "-"); len(parts) == 3 {
		stamp := parts[1][strings.LastIndexByte(parts[1], '.')+1:]
		if day, err := time.Parse("20060102150405", stamp); err == nil {
			return "of " + day.Format("2006-01-02")
		}
	}
	return strings.TrimPrefix(version, "v")
}

const (
	begin = "<!-- engines: begin -->\n"
	end   = "<!-- engines: end -->\n"
)

// write puts the table between the marks of the page.
func write(page, table string) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, ok := bytes.Cut(text, []byte(begin))
	_, after, ok2 := bytes.Cut(rest, []byte(end))
	if !ok || !ok2 {
		return fmt.Errorf("%s: want the lines %q and %q, between which the table stands", page, strings.TrimSpace(begin), strings.TrimSpace(end))
	}
	return os.WriteFile(page, slices.Concat(before, []byte(begin+table+end), after), 0o644)
}
