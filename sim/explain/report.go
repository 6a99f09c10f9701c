package explain

import "powercut/sim/core"

// Report is an account as JSON, for a program. Its keys don't change.
type Report struct {
	Law        core.Law        `json:"law"`
	Violated   bool            `json:"violated"`
	What       string          `json:"what"`
	Diff       string          `json:"diff"`
	Sentence   string          `json:"sentence"`
	Step       string          `json:"step"`
	Stack      []core.Site     `json:"stack"` // of the operation that it goes back to
	Profile    string          `json:"profile"`
	Digest     string          `json:"digest"`
	Calls      []Call          `json:"calls"`
	Operations []core.Event    `json:"operations"`
	Crashes    []ReportCrash   `json:"crashes"`
	Barriers   []ReportBarrier `json:"barriers"`
	Suggestion string          `json:"suggestion"`
	Nearest    string          `json:"nearest"` // which image would have been lawful; "" if nobody looked
	Moments    string          `json:"moments"` // from which operation on loss was possible, and inevitable; "" likewise
	Story      Story           `json:"story"`   // what every command tells of the case
}

// ReportCrash is one crash of a Report.
type ReportCrash struct {
	Title   string         `json:"title"` // its kind and where it came, for a person
	Kind    string         `json:"kind"`
	Epoch   int            `json:"epoch"`
	Depth   int            `json:"depth"`
	Step    uint64         `json:"step"`
	Choice  string         `json:"choice"`
	Pending []ReportChange `json:"pending"`
	Files   []ReportFile   `json:"files"`
}

// ReportChange is a change that was pending, and what became of it.
type ReportChange struct {
	Change string      `json:"change"`
	Fate   Fate        `json:"fate"`
	Stack  []core.Site `json:"stack"`
}

// ReportFile is a file of a crash image.
type ReportFile struct {
	Path   string  `json:"path"`
	Bytes  int64   `json:"bytes"`
	Pieces []Piece `json:"pieces"`
}

// ReportBarrier is a sync that would have helped.
type ReportBarrier struct {
	After string      `json:"after"` // kind of operation
	Sync  string      `json:"sync"`  // "file" or "directory"
	Path  string      `json:"path"`
	Stack []core.Site `json:"stack"`
}

// Story is an account in short. Whatever command tells of a case takes it from
// here, so that all of them say the same. Its keys don't change.
type Story struct {
	Violated   bool            `json:"violated"`
	Missed     bool            `json:"missed"`  // it does not come to its crash
	Differs    string          `json:"differs"` // how what runs it differs from what it was made with, "": it does not
	Law        core.Law        `json:"law"`
	What       string          `json:"what"`
	Sentence   string          `json:"sentence"`
	Step       string          `json:"step"` // protocol step
	Profile    string          `json:"profile"`
	Digest     string          `json:"digest"` // of the case's run
	Culprit    StoryCulprit    `json:"culprit"`
	Crashes    []StoryCrash    `json:"crashes"`
	Suggestion string          `json:"suggestion"`
	Barriers   []ReportBarrier `json:"barriers"`
}

// StoryCulprit is the operation that a violation goes back to.
type StoryCulprit struct {
	How   core.CulpritKind `json:"how"`
	Op    string           `json:"op"`
	Stack []core.Site      `json:"stack"`
}

// StoryCrash is one crash of a Story.
type StoryCrash struct {
	Title string   `json:"title"`
	Image string   `json:"image"`
	Lost  []string `json:"lost"`
}

// Story is the account, and what would have helped, in short.
func (a *Account) Story(s Suggestion) Story {
	out := Story{Violated: a.Violation != nil, Missed: a.Missed, Differs: a.Case.Differs(), Law: a.Case.Law, Sentence: a.Sentence(), Step: a.Culprit.Step,
		Profile: a.Case.Profile.String(), Digest: a.Digest.String(), Culprit: StoryCulprit{a.Culprit.How, a.Culprit.Op, a.Culprit.Stack},
		Crashes: []StoryCrash{}, Suggestion: s.String(), Barriers: []ReportBarrier{}}
	if v := a.Violation; v != nil {
		out.Law, out.What = v.Law, v.What
	}
	for i := range a.Crashes {
		c := &a.Crashes[i]
		one := StoryCrash{Title: c.Title, Image: c.Choice.String(), Lost: []string{}}
		for _, change := range c.Lost() {
			one.Lost = append(one.Lost, change.Pending.String())
		}
		out.Crashes = append(out.Crashes, one)
	}
	for _, b := range s.Syncs {
		j := ReportBarrier{After: b.Op, Sync: "file", Path: b.Path, Stack: b.Stack}
		if b.Dir {
			j.Sync = "directory"
		}
		out.Barriers = append(out.Barriers, j)
	}
	return out
}

// Report is the account, and what would have helped, as JSON.
func (a *Account) Report(s Suggestion) Report {
	story := a.Story(s)
	out := Report{Law: a.Case.Law, Violated: a.Violation != nil, Sentence: a.Sentence(), Step: a.Culprit.Step, Stack: a.Culprit.Stack,
		Profile: a.Case.Profile.String(), Digest: a.Digest.String(), Calls: a.Calls(), Suggestion: s.String(),
		Operations: []core.Event{}, Crashes: []ReportCrash{}, Barriers: story.Barriers, Story: story}
	if v := a.Violation; v != nil {
		out.Law, out.What, out.Diff = v.Law, v.What, v.Diff
		if w := s.WhatIf; w != nil {
			out.Nearest, out.Moments = a.NearestSentence(&w.Nearest), a.MomentsSentence(&w.Moments)
		}
	}
	for _, e := range a.Events {
		if e.Kind == core.EventOp {
			out.Operations = append(out.Operations, e)
		}
	}
	for i := range a.Crashes {
		out.Crashes = append(out.Crashes, a.Crashes[i].report())
	}
	return out
}

func (c *CrashAccount) report() ReportCrash {
	out := ReportCrash{Title: c.Title, Kind: c.Kind.String(), Epoch: c.Epoch, Depth: c.Depth, Step: c.Step, Choice: c.Choice.String(),
		Pending: []ReportChange{}, Files: []ReportFile{}}
	for _, change := range c.Changes {
		out.Pending = append(out.Pending, ReportChange{change.Pending.String(), change.Fate, change.Stack})
	}
	for _, f := range c.Files {
		if !f.Dir {
			out.Files = append(out.Files, ReportFile{f.Path, f.Size, f.Pieces})
		}
	}
	return out
}
