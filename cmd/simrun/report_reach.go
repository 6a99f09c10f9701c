package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"powercut/faults"
	"powercut/sim/core"
	"powercut/vfs"
)

// What the report says of what was reached, and what never: each with what to do.

// lawRow is a law, and how many defects violate it.
type lawRow struct {
	core.LawInfo
	Defects int
}

// lawRows lists the laws, those that were violated first.
func (r *campaignReport) lawRows() []lawRow {
	var rows []lawRow
	laws := core.Laws()
	for _, d := range r.summary.Defects {
		if !slices.ContainsFunc(laws, func(l core.LawInfo) bool { return l.Law == d.First.Law }) {
			laws = append(laws, core.LawInfo{Law: d.First.Law, Judge: core.ByTarget, Sentence: "A law of the target's own."})
		}
	}
	for _, law := range laws {
		row := lawRow{LawInfo: law}
		for _, d := range r.summary.Defects {
			if d.First.Law == law.Law {
				row.Defects++
			}
		}
		if r.config.Law == "" || r.config.Law == law.Law {
			rows = append(rows, row)
		}
	}
	slices.SortStableFunc(rows, func(a, b lawRow) int { return cmp.Compare(b.Defects, a.Defects) })
	return rows
}

// profileRow is a filesystem, and how many runs were on it.
type profileRow struct {
	Name string
	Runs uint64
	Todo string // "" if it was reached
}

func (r *campaignReport) profileRows() []profileRow {
	var rows []profileRow
	for _, profile := range vfs.Profiles() {
		row := profileRow{Name: profile.String(), Runs: r.summary.Profiles[profile]}
		switch {
		case row.Runs > 0:
		case r.config.Profile != "":
			row.Todo = fmt.Sprintf("left out: the campaign was asked for %s alone; leave --profile out", r.config.Profile)
		case r.subject != nil && r.subject.test != nil:
			row.Todo = "no seed drew it: run more seeds, and see whether the test's Config.Profiles leaves it out"
		default:
			row.Todo = "no seed drew it: run more seeds, or --profile " + row.Name
		}
		rows = append(rows, row)
	}
	return rows
}

// faultRow is a kind of fault, with what became of it, see faults.Count.
type faultRow struct {
	Name, Does               string
	Scheduled, Fired, Struck uint64
	Todo                     string // "" if it struck
}

func (r *campaignReport) faultRows() []faultRow {
	var rows []faultRow
	for _, kind := range append(faults.Kinds(), faults.EnvironmentKinds()...) {
		n := r.summary.Faults[kind]
		row := faultRow{Name: kind.String(), Does: kind.Does(), Scheduled: n.Scheduled, Fired: n.Fired, Struck: n.Struck}
		switch {
		case n.Fired > 0:
		case n.Scheduled > 0:
			row.Todo = "its rules waited for an operation that did not come: run more seeds"
		case r.subject != nil && r.subject.test != nil:
			row.Todo = "no plan has it: Config.Faults names the kinds that are drawn, and Lies those that no honest device shows"
		default:
			row.Todo = "no seed's plan has it: run more seeds; if it stays so, the workloads of this target do not draw it"
		}
		rows = append(rows, row)
	}
	return rows
}

// neverRow is a kind of operation in a step of the protocol, with what never met it.
type neverRow struct {
	Site    string
	Count   int
	Faults  string
	Crashes string
}

func neverRows(c core.Coverage) []neverRow {
	var rows []neverRow
	for _, cell := range c.Never() {
		site := strings.TrimSpace(cell.Step + " " + cell.Op)
		i := slices.IndexFunc(rows, func(row neverRow) bool { return row.Site == site })
		if i < 0 {
			i = len(rows)
			rows = append(rows, neverRow{Site: site})
		}
		row := &rows[i]
		row.Count++
		list, what := &row.Faults, cell.Fault
		if cell.Crash != "" {
			list, what = &row.Crashes, cell.Crash
		}
		if *list != "" {
			*list += ", "
		}
		*list += what
	}
	return rows
}

// pointRow is a place that the test is to come to.
type pointRow struct {
	Name, Call, Place string
	Todo              string // "" if a run came to it
}

func (r *campaignReport) pointRows() []pointRow {
	var rows []pointRow
	for _, name := range slices.Sorted(maps.Keys(r.summary.Reach)) {
		p := r.summary.Reach[name]
		row := pointRow{Name: name, Call: p.Call, Place: p.Place}
		if !p.Reached {
			row.Todo = "let the workload lead there: draw more, or run more seeds; or remove the call"
		}
		rows = append(rows, row)
	}
	return rows
}
