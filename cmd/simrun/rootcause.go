package main

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"powercut/sim/campaign"
	"powercut/sim/core"
	"powercut/vfs"
)

// rootCause is the defects of a campaign that go back to one place in the code. One
// mend is likely to end them all, whatever the laws that they violate.
type rootCause struct {
	place   string           // "" if none is known, or none in the code under test
	defects []int            // by their numbers in the summary
	most    *campaign.Defect // that was seen most often
	runs    uint64
	mildest vfs.Profile
	laws    []core.Law // each once
}

// rootCauses groups defects by the innermost place of their culprits; without one, by
// their laws. What was seen most often comes first.
func rootCauses(defects []campaign.Defect) []*rootCause {
	causes := make(map[string]*rootCause)
	var all []*rootCause
	for i := range defects {
		d := &defects[i]
		place := placeOf(&d.First.Culprit)
		key := cmp.Or(place, string(d.First.Law))
		c := causes[key]
		if c == nil {
			c = &rootCause{place: place, most: d, mildest: d.First.Profile}
			causes[key] = c
			all = append(all, c)
		}
		c.add(i, d)
	}
	slices.SortStableFunc(all, func(a, b *rootCause) int {
		return cmp.Or(cmp.Compare(b.runs, a.runs), cmp.Compare(a.place, b.place))
	})
	return all
}

func placeOf(c *core.Culprit) string {
	if len(c.Stack) == 0 || c.Stack[0].Harness {
		return ""
	}
	return c.Stack[0].String()
}

func (c *rootCause) add(number int, d *campaign.Defect) {
	c.defects = append(c.defects, number)
	c.runs += d.Count
	if d.Count > c.most.Count {
		c.most = d
	}
	if milder(d.First.Profile, c.mildest) {
		c.mildest = d.First.Profile
	}
	if !slices.Contains(c.laws, d.First.Law) {
		c.laws = append(c.laws, d.First.Law)
	}
}

// milder says whether a filesystem allows less than another.
func milder(a, b vfs.Profile) bool {
	order := vfs.Profiles()
	return slices.Index(order, a) < slices.Index(order, b)
}

// what says what went wrong there, for a line of its own.
func (c *rootCause) what() string {
	text := c.where() + ": " + string(c.most.First.Law)
	if n := len(c.laws) - 1; n > 0 {
		text += " and " + count(n, "law") + " more"
	}
	return text
}

// where is the place in the code and what happened there; without a place, what was
// wrong.
func (c *rootCause) where() string {
	culprit := &c.most.First.Culprit
	if c.place == "" || culprit.Op == "" {
		return c.most.First.What
	}
	return c.place + ": " + culprit.Op + " " + string(culprit.How)
}

func (c *rootCause) lawList() string {
	names := make([]string, len(c.laws))
	for i, law := range c.laws {
		names[i] = string(law)
	}
	return strings.Join(names, ", ")
}

// rootCauseJSON is a root cause as --json prints it.
type rootCauseJSON struct {
	Place      string     `json:"place"` // file and line; "" if none in the code is known
	What       string     `json:"what"`
	Laws       []core.Law `json:"laws"`
	Runs       uint64     `json:"runs"`
	Profile    string     `json:"profile"`    // the mildest
	Violations []int      `json:"violations"` // by their places in "violations", from 0
	Command    string     `json:"command"`    // that explains it
}

func (r *campaignReport) rootCausesJSON() []rootCauseJSON {
	all := []rootCauseJSON{}
	for _, c := range rootCauses(r.summary.Defects) {
		all = append(all, rootCauseJSON{Place: c.place, What: c.what(), Laws: c.laws, Runs: c.runs, Profile: c.mildest.String(),
			Violations: c.defects, Command: r.explainCommand(c)})
	}
	return all
}

// explainCommand is what to type to understand a root cause.
func (r *campaignReport) explainCommand(c *rootCause) string {
	if r.dir == "" {
		return repeatCommand(c.most.First)
	}
	for _, i := range c.defects {
		if &r.summary.Defects[i] == c.most {
			return "simrun explain " + filepath.Join(r.dir, casesDir, caseName(i, c.most)+".case")
		}
	}
	return ""
}
