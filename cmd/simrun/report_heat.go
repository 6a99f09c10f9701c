package main

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"powercut/sim/core"
)

type heatRow struct {
	Name  string
	Cells []heatCell
}

// heatCell is how often a combination was reached.
type heatCell struct {
	Title string
	Class string // "none": impossible, "never": not reached, "h1" to "h5"
	Text  string
}

// heat lays the coverage out: a row for each operation of a protocol step, a
// column for each fault that struck and each crash.
func (p *reportPage) heat(c core.Coverage) {
	type place struct{ step, op string }
	places, columns := make(map[place]bool), make(map[string]bool)
	counts := make(map[place]map[string]uint64)
	note := func(cell core.Cell, n uint64) {
		column := cmp.Or(cell.Fault, cell.Crash, "undisturbed")
		at := place{cell.Step, cell.Op}
		places[at], columns[column] = true, true
		if counts[at] == nil {
			counts[at] = make(map[string]uint64)
		}
		counts[at][column] += n
	}
	for cell, n := range c {
		note(cell, n)
	}
	never := c.Never()
	possible := make(map[place]map[string]bool)
	for _, cell := range never {
		note(cell, 0)
		at := place{cell.Step, cell.Op}
		if possible[at] == nil {
			possible[at] = make(map[string]bool)
		}
		possible[at][cmp.Or(cell.Fault, cell.Crash)] = true
	}
	p.Reached, p.Unstruck = len(c), len(never)
	p.Columns = slices.SortedFunc(maps.Keys(columns), func(a, b string) int {
		return cmp.Or(cmp.Compare(columnRank(a), columnRank(b)), cmp.Compare(a, b))
	})
	ordered := slices.SortedFunc(maps.Keys(places), func(a, b place) int {
		return cmp.Or(cmp.Compare(a.step, b.step), cmp.Compare(a.op, b.op))
	})
	for _, at := range ordered {
		row := heatRow{Name: at.step + " " + at.op}
		for _, column := range p.Columns {
			n := counts[at][column]
			cell := heatCell{Title: fmt.Sprintf("%s, %s: %d times", row.Name, column, n), Text: short(n)}
			switch {
			case n > 0:
				cell.Class = fmt.Sprintf("h%d", min(5, 1+int(math.Log10(float64(n)))))
			case possible[at][column]:
				cell.Class, cell.Text = "never", "0"
			default:
				cell.Class, cell.Title, cell.Text = "none", "", ""
			}
			row.Cells = append(row.Cells, cell)
		}
		p.Rows = append(p.Rows, row)
	}
}

// columnRank puts the undisturbed first, then crashes, then faults.
func columnRank(column string) int {
	switch {
	case column == "undisturbed":
		return 0
	case strings.Contains(column, "power cut"), strings.Contains(column, "process crash"):
		return 1
	}
	return 2
}

// short is a number that fits a cell.
func short(n uint64) string {
	switch {
	case n >= 1_000_000:
		return fmt.Sprintf("%dM", n/1_000_000)
	case n >= 1000:
		return fmt.Sprintf("%dk", n/1000)
	}
	return fmt.Sprint(n)
}
