package shrink_test

import (
	"encoding/json"
	"errors"
	"iter"
	"testing"

	"github.com/google/go-cmp/cmp"

	"powercut/sim/core"
	"powercut/sim/explain"
	"powercut/sim/internal/toys"
	"powercut/sim/internal/toys/slots"
	"powercut/sim/shrink"
)

// elsewhere has whatever is asked of its cases answered as if by another process.
type elsewhere struct {
	core.Target
	asked map[explain.Asks]int
	dies  func(c *core.Case, n int) bool // whether that process does; n is how many were asked before
	told  func(c *core.Case, q *explain.Question, a *explain.Answer)
}

func (e *elsewhere) OwnLaws() []core.LawInfo {
	return e.Target.(core.Judging).OwnLaws()
}

func (e *elsewhere) ParseWorkload(text string) (core.Workload, error) {
	w, err := e.Target.ParseWorkload(text)
	return e.workload(w), err
}

func (e *elsewhere) workload(w core.Workload) core.Workload {
	return &sent{w.(core.Reducible), e}
}

// caseOf is a case whose questions go there.
func (e *elsewhere) caseOf(c *core.Case) *core.Case {
	again := c.Clone()
	again.Workload = e.workload(c.Workload)
	return again
}

type sent struct {
	core.Reducible
	to *elsewhere
}

func (s *sent) Simpler() iter.Seq[core.Workload] {
	return func(yield func(core.Workload) bool) {
		for w := range s.Reducible.Simpler() {
			if !yield(s.to.workload(w)) {
				return
			}
		}
	}
}

func (s *sent) WithoutEpoch(epoch int) core.Workload {
	return s.to.workload(s.Reducible.WithoutEpoch(epoch))
}

// Ask sends the question there and the answer back.
func (s *sent) Ask(c *core.Case, q *explain.Question) (*explain.Answer, bool) {
	n := 0
	for _, asked := range s.to.asked {
		n += asked
	}
	s.to.asked[q.Asks]++
	if s.to.dies != nil && s.to.dies(c, n) {
		return &explain.Answer{Died: true}, true
	}
	question, err := json.Marshal(q)
	if err != nil {
		panic(err)
	}
	plain := c.Clone()
	plain.Build = core.Build{} // no toy has one
	there, err := core.ParseCase(plain.String(), func(string) core.Target { return s.to.Target })
	if err != nil {
		panic(err)
	}
	var again explain.Question
	if err := json.Unmarshal(question, &again); err != nil {
		panic(err)
	}
	answer, err := again.Answer(there).Send()
	if err != nil {
		panic(err)
	}
	a, err := explain.Received(answer, func(string) core.Target { return s.to })
	if err != nil {
		panic(err)
	}
	for _, found := range a.Cases {
		found.Build = c.Build
	}
	if s.to.told != nil {
		s.to.told(c, q, a)
	}
	return a, true
}

// The same comes of shrinking, and of what is said of the case, wherever the runs are made.
func TestElsewhere(t *testing.T) {
	asked := make(map[explain.Asks]int)
	eachDefect(t, func(t *testing.T, target toys.Slots, v *core.Violation, here shrink.Shrunk) {
		there, err := shrink.Shrink(t.Context(), (&elsewhere{Target: target, asked: asked}).caseOf(v.Case), 2000)
		if err != nil {
			t.Fatal(err)
		}
		if there.Runs != here.Runs || there.Case.String() != here.Case.String() {
			t.Errorf("elsewhere, in %d runs:\n%s\nhere, in %d runs:\n%s", there.Runs, there.Case, here.Runs, here.Case)
		}
		said := func(c *core.Case) []any {
			a := explain.Explain(c)
			return []any{a.Suggest(), *a.WhatIf(), explain.Reaching(c).String()}
		}
		if diff := cmp.Diff(said(here.Case), said(there.Case), cmp.AllowUnexported(explain.Suggestion{})); diff != "" {
			t.Errorf("what is said of it here and elsewhere (-here +elsewhere):\n%s", diff)
		}
	})
	for _, asks := range []explain.Asks{explain.Violates, explain.Outlined, explain.Anywhere, explain.OtherImages, explain.LessLost, explain.Counted,
		explain.WithSyncs, explain.NearImages, explain.CrashesBefore} {
		// Only an unmodified program is asked how little its last crash can take.
		if asked[asks] == 0 && asks != explain.LessLost {
			t.Errorf("nobody asked %q", asks)
		}
	}
}

// Where the process of a run dies there is no answer: what is smallest is of runs that came
// to an end, whichever these are.
func TestElsewhereDies(t *testing.T) {
	target := toys.Slots{Defect: slots.NoDirSync}
	v := violation(t, target, long)
	full, err := shrink.Shrink(t.Context(), v.Case, 2000)
	if err != nil {
		t.Fatal(err)
	}
	ended := 0
	for each := range 7 {
		e := &elsewhere{Target: target, asked: make(map[explain.Asks]int)}
		e.dies = func(_ *core.Case, n int) bool { return n%7 == each && n > 0 }
		got, err := shrink.Shrink(t.Context(), e.caseOf(v.Case), 2000)
		if errors.Is(err, explain.ErrEnded) {
			ended++ // it was one of those that tell what there is to make smaller
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if got.Case.Holds() || got.After.Steps < full.After.Steps || got.After.Steps > got.Before.Steps {
			t.Errorf("with each seventh process dead, %s became\n%s", got.Before, got.Case)
		}
	}
	if ended == 0 || ended > 3 {
		t.Errorf("%d of 7 were not begun, want some", ended)
	}
}
