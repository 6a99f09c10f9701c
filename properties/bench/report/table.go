package main

import (
	"slices"
	"strings"

	"golang.org/x/perf/benchunit"
)

// chapter is a section as the template sees it.
type chapter struct {
	section
	Config []string
	Shown  []shown
	Judged []verdict
	Ready  string // Markdown
}

// shown is a benchmark with its tables, one for each setting.
type shown struct {
	benchmark
	Tables []table
}

type table struct {
	Keys string
	Rows [][]string // the first is the head
}

// timeUnit is the unit whose ratios are shown.
const timeUnit = "sec/op"

// chapterOf shows a section's measurements.
func chapterOf(s section, m *measured) chapter {
	c := chapter{section: s, Config: m.config}
	for _, set := range m.settings {
		i := slices.IndexFunc(c.Shown, func(b shown) bool { return b.Name == set.benchmark })
		if i < 0 {
			i = len(c.Shown)
			c.Shown = append(c.Shown, shown{benchmark: s.find(set.benchmark)})
		}
		c.Shown[i].Tables = append(c.Shown[i].Tables, m.table(set, c.Shown[i].benchmark))
	}
	for _, g := range s.Goals {
		c.Judged = append(c.Judged, g.judge(m))
	}
	return c
}

func (m *measured) table(s setting, b benchmark) table {
	units := b.Units
	if units == nil {
		units = slices.DeleteFunc(slices.Clone(m.units[s]), func(u string) bool { return u == timeUnit })
	}
	units = slices.DeleteFunc(slices.Clone(units), func(u string) bool { return !slices.Contains(m.units[s], u) })
	head := []string{s.benchmark, "time", "±"}
	_, floor, hasFloor := m.best(s, b.Floors, timeUnit)
	if hasFloor {
		head = append(head, "of the floor")
	}
	rows := ourRows(m.rows[s])
	if b.Reference != "" {
		rows = []string{b.Reference}
	}
	reference, own, hasOurs := m.best(s, rows, timeUnit)
	if hasOurs {
		head = append(head, "of "+reference)
	}
	t := table{Keys: s.keys, Rows: [][]string{append(head, units...)}}
	for _, of := range m.rows[s] {
		sum, ok := m.summary(s, of, timeUnit)
		if !ok {
			continue
		}
		name := of
		if strings.HasPrefix(of, ours) {
			name = "**" + of + "**"
		}
		row := []string{name, format(sum.Center, timeUnit), sum.PctRangeString()}
		if hasFloor {
			row = append(row, times(sum.Center/floor))
		}
		if hasOurs {
			row = append(row, times(sum.Center/own))
		}
		for _, u := range units {
			text := ""
			if sum, ok := m.summary(s, of, u); ok {
				text = format(sum.Center, u)
			}
			row = append(row, text)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func ourRows(rows []string) []string {
	return slices.DeleteFunc(slices.Clone(rows), func(r string) bool { return !strings.HasPrefix(r, ours) })
}

// format shows a value as benchstat does, with the unit's head.
func format(v float64, unit string) string {
	text := benchunit.Scale(v, benchunit.ClassOf(unit))
	switch unit {
	case timeUnit:
		return text + "s"
	case "B/s":
		return text + "B/s"
	}
	return text
}
