package explain

import (
	"fmt"
	"strings"

	"powercut/sim/core"
)

// Call is what one actor asked of the code under test, and what it was told.
type Call struct {
	Epoch  int    `json:"epoch"`
	Actor  string `json:"actor"`
	Text   string `json:"text"`   // "append entry 3 (push)"
	Answer string `json:"answer"` // "" if none came: it was in flight
	Done   bool   `json:"done"`
	// From and To number the operations of the epoch between which it ran: From
	// had begun before the call, To when it returned. Without an answer To is
	// the last there was.
	From uint64 `json:"from"`
	To   uint64 `json:"to"`
}

// Calls lists what the actors did, in the order in which they began.
func (a *Account) Calls() []Call {
	var calls []Call
	open := make(map[string]int) // of an actor in an epoch; looked up, never ranged over
	last := make(map[int]uint64)
	for i := range a.Events {
		e := &a.Events[i]
		if e.Depth > 0 {
			continue
		}
		last[e.Epoch] = max(last[e.Epoch], e.Step)
		who := fmt.Sprintf("%d %s", e.Epoch, e.Actor)
		switch e.Kind {
		case core.EventCall:
			open[who] = len(calls)
			calls = append(calls, Call{Epoch: e.Epoch, Actor: e.Actor, Text: e.Note, From: e.Step})
		case core.EventReturn:
			if k, begun := open[who]; begun {
				calls[k].Answer, calls[k].Done, calls[k].To = e.Note, true, e.Step
				delete(open, who)
			}
		}
	}
	for i := range calls {
		if c := &calls[i]; !c.Done {
			c.To = last[c.Epoch]
		}
	}
	return calls
}

// Sentence says in one sentence what went wrong, as far as can be told.
func (a *Account) Sentence() string {
	v := a.Violation
	if v == nil && a.Missed {
		return "Nothing is known: the case does not come to its crash, so it says nothing about this code."
	}
	if v == nil {
		return "Nothing went wrong: every law held."
	}
	c := &a.Culprit
	what := strings.TrimRight(v.What, ".")
	at := func(words string) string {
		if len(c.Stack) == 0 {
			return ""
		}
		return words + placeOf(c.Stack)
	}
	switch c.How {
	case core.CulpritPanic:
		return fmt.Sprintf("The code under test panicked%s: %s.", at(" at "), strings.TrimPrefix(what, "panic: "))
	case core.CulpritLost:
		return fmt.Sprintf("The %s took the %s%s, since nothing had made it durable; so %s.", a.crashPhrase(), c.Op, at(", done at "), what)
	case core.CulpritFault:
		return fmt.Sprintf("A fault (%s) struck the %s%s, and the code went on from there; so %s.", a.struck(), c.Op, at(" at "), what)
	case core.CulpritCut:
		return fmt.Sprintf("The %s came right after the %s%s, with nothing lost that had been done before; yet %s.", a.crashPhrase(), c.Op, at(" at "), what)
	case core.CulpritLast:
		return fmt.Sprintf("Without any crash, after the %s%s: %s.", c.Op, at(" at "), what)
	}
	return strings.ToUpper(what[:1]) + what[1:] + "."
}

// crashPhrase names the crash that took something, or the last one: by its kind,
// and if there are several by what it struck.
func (a *Account) crashPhrase() string {
	c := a.tellingCrash()
	if c == nil {
		return "crash"
	}
	if len(a.Crashes) == 1 {
		return c.Kind.String()
	}
	return c.Kind.String() + " in " + c.level
}

// tellingCrash is the last crash that took something, or the last one; nil
// without any.
func (a *Account) tellingCrash() *CrashAccount {
	for i := len(a.Crashes) - 1; i >= 0; i-- {
		for _, change := range a.Crashes[i].Changes {
			if change.Fate.isLoss() {
				return &a.Crashes[i]
			}
		}
	}
	if n := len(a.Crashes); n > 0 {
		return &a.Crashes[n-1]
	}
	return nil
}

// struck names the first fault that struck.
func (a *Account) struck() string {
	for i := range a.Events {
		if a.Events[i].Struck != "" {
			return a.Events[i].Struck
		}
	}
	return ""
}
