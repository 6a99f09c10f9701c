package main

import (
	"powercut/sim/core"
	"powercut/sim/explain"
)

// story is what there is to say of one case. Whatever command tells of a case
// takes it from here, so that all of them say the same.
type story struct {
	account    *explain.Account
	suggestion explain.Suggestion
}

func tellStory(c *core.Case) story {
	a := explain.Explain(c)
	return story{a, a.Suggest()}
}

// storyJSON is a story as each command's --json prints it. Its keys don't change.
type storyJSON struct {
	Violated   bool             `json:"violated"`
	Missed     bool             `json:"missed"` // it does not come to its crash
	Law        core.Law         `json:"law"`
	What       string           `json:"what"`
	Sentence   string           `json:"sentence"`
	Step       string           `json:"step"` // protocol step
	Profile    string           `json:"profile"`
	Digest     string           `json:"digest"` // of the case's run
	Culprit    culpritJSON      `json:"culprit"`
	Crashes    []storyCrashJSON `json:"crashes"`
	Suggestion string           `json:"suggestion"`
	Barriers   []barrierJSON    `json:"barriers"`
}

// culpritJSON is the operation that a violation goes back to.
type culpritJSON struct {
	How   core.CulpritKind `json:"how"`
	Op    string           `json:"op"`
	Stack []core.Site      `json:"stack"`
}

type storyCrashJSON struct {
	Title string   `json:"title"`
	Image string   `json:"image"`
	Lost  []string `json:"lost"`
}

func (s story) json() storyJSON {
	a := s.account
	out := storyJSON{Violated: a.Violation != nil, Missed: a.Missed, Law: a.Case.Law, Sentence: a.Sentence(), Step: a.Culprit.Step,
		Profile: a.Case.Profile.String(), Digest: a.Digest.String(), Culprit: culpritJSON{a.Culprit.How, a.Culprit.Op, a.Culprit.Stack},
		Crashes: []storyCrashJSON{}, Suggestion: s.suggestion.String(), Barriers: []barrierJSON{}}
	if v := a.Violation; v != nil {
		out.Law, out.What = v.Law, v.What
	}
	for i := range a.Crashes {
		c := &a.Crashes[i]
		one := storyCrashJSON{Title: c.Title, Image: c.Choice.String(), Lost: []string{}}
		for _, change := range c.Lost() {
			one.Lost = append(one.Lost, change.Pending.String())
		}
		out.Crashes = append(out.Crashes, one)
	}
	for _, b := range s.suggestion.Syncs {
		j := barrierJSON{After: b.Op, Sync: "file", Path: b.Path, Stack: b.Stack}
		if b.Dir {
			j.Sync = "directory"
		}
		out.Barriers = append(out.Barriers, j)
	}
	return out
}
