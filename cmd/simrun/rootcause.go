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
	place    string           // "" if none is known, or none in the code under test
	function string           // that the place is in
	places   []string         // all that tell, each once
	tells    bool             // the place means something: more than where a crash happened to come
	defects  []int            // by their numbers in the summary
	most     *campaign.Defect // that was seen most often; if the place tells, of those that have it
	runs     uint64
	mildest  vfs.Profile
	laws     []core.Law // each once
}

// rootCauses groups defects by their culprits: what was lost in a crash by the innermost
// place, what was struck by a fault by the function, whose error handling is likely one
// mend. A place where a crash happened to come, or an error happened to show, says little
// more than which function went wrong: such a defect goes to a cause in that function.
// Without a place defects go by their laws. What was seen most often comes first.
func rootCauses(defects []campaign.Defect) []*rootCause {
	causes := make(map[string]*rootCause)
	var all []*rootCause
	join := func(i int, key string) {
		c := causes[key]
		if c == nil {
			c = newRootCause(&defects[i])
			causes[key] = c
			all = append(all, c)
		}
		c.add(i, &defects[i])
	}
	var vague []int
	for i := range defects {
		switch culprit := &defects[i].First.Culprit; {
		case placeOf(culprit) == "":
			join(i, string(defects[i].First.Law))
		case culprit.How == core.CulpritFault:
			join(i, "faults in "+functionOf(culprit))
		case culprit.Tells():
			join(i, placeOf(culprit))
		default:
			vague = append(vague, i)
		}
	}
	byRuns(all) // before the vague ones come in, so that their order does not matter
	known := slices.Clone(all)
	for _, i := range vague {
		if c := inFunction(known, &defects[i]); c != nil {
			c.add(i, &defects[i])
		} else {
			join(i, functionOf(&defects[i].First.Culprit))
		}
	}
	byRuns(all)
	return all
}

func newRootCause(d *campaign.Defect) *rootCause {
	culprit := &d.First.Culprit
	return &rootCause{place: placeOf(culprit), function: functionOf(culprit), tells: culprit.Tells(), most: d, mildest: d.First.Profile}
}

// inFunction is which of causes a defect with a vague place belongs to: one in the same
// function, with its law if there is such a one.
func inFunction(causes []*rootCause, d *campaign.Defect) *rootCause {
	var found *rootCause
	for _, c := range causes {
		if c.place == "" || c.function != functionOf(&d.First.Culprit) {
			continue
		}
		if slices.Contains(c.laws, d.First.Law) {
			return c
		}
		if found == nil {
			found = c
		}
	}
	return found
}

func byRuns(causes []*rootCause) {
	slices.SortStableFunc(causes, func(a, b *rootCause) int {
		return cmp.Or(cmp.Compare(b.runs, a.runs), cmp.Compare(a.place, b.place))
	})
}

func placeOf(c *core.Culprit) string {
	if len(c.Stack) == 0 || c.Stack[0].Harness {
		return ""
	}
	return c.Stack[0].String()
}

// functionOf is the function that a culprit's place is in; the place itself where no
// function is known.
func functionOf(c *core.Culprit) string {
	if place := placeOf(c); place == "" || c.Stack[0].Func == "" {
		return place
	}
	return c.Stack[0].Func
}

func (c *rootCause) add(number int, d *campaign.Defect) {
	c.defects = append(c.defects, number)
	c.runs += d.Count
	if place := placeOf(&d.First.Culprit); c.tells && d.First.Culprit.Tells() && !slices.Contains(c.places, place) {
		c.places = append(c.places, place)
	}
	if d.Count > c.most.Count && c.tells == d.First.Culprit.Tells() {
		c.most, c.place = d, placeOf(&d.First.Culprit)
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
	text := c.place + ": " + culprit.Op + " " + string(culprit.How)
	if n := len(c.places) - 1; n > 0 {
		text += ", as at " + count(n, "other place") + " in the function"
	}
	return text
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
	if r.dir == "" || c.most.First.Unrepeated {
		return repeatCommand(c.most.First)
	}
	for _, i := range c.defects {
		if &r.summary.Defects[i] == c.most {
			return "simrun explain " + filepath.Join(r.dir, casesDir, caseName(i, c.most)+".case")
		}
	}
	return ""
}
