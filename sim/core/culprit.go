package core

import (
	"strings"
)

// Culprit is the operation that a violation goes back to.
type Culprit struct {
	How   CulpritKind
	Step  string // protocol step, "" if the program names none
	Op    string // the operation, for a person: "write /data/j.log"
	Stack []Site // where it came from, innermost first

	CutAt string // where the operation before the last crash came from
}

// CulpritKind says in what way an operation is at fault.
type CulpritKind string

// The kinds, the most telling first.
const (
	CulpritPanic CulpritKind = "panicked"                      // the code under test did, here
	CulpritLost  CulpritKind = "was lost in the crash"         // what it had changed
	CulpritFault CulpritKind = "was struck by a fault"         // and the code went on wrongly
	CulpritCut   CulpritKind = "was about to happen"           // when the crash came
	CulpritLast  CulpritKind = "was the last before the error" // no crash was needed
	CulpritNone  CulpritKind = ""
)

// Site is where the operation came from: the innermost place, which may be a
// helper, and the one that called it. Places further out tell nothing more.
func (c *Culprit) Site() string {
	var places []string
	for _, s := range c.Stack[:min(2, len(c.Stack))] {
		places = append(places, s.String())
	}
	return strings.Join(places, "<")
}

// Same says whether two culprits are likely of one defect. The place counts only
// where it tells something of the defect: not where a crash happened to come
// between two operations, or an error happened to show. But if that is the same
// place without the fault that the other blames, then the fault had no part in it,
// and the two are one.
func (c *Culprit) Same(other *Culprit) bool {
	if other.How == CulpritFault && (c.How == CulpritCut || c.How == CulpritLast) {
		return c.CutAt == other.CutAt
	}
	return c.How == other.How && (!c.Tells() || c.Step == other.Step && c.Site() == other.Site())
}

// Tells says whether the place means something for the defect: not where a crash
// happened to come, or where an error happened to show.
func (c *Culprit) Tells() bool {
	if len(c.Stack) == 0 || c.Stack[0].Harness {
		return false
	}
	return c.How == CulpritPanic || c.How == CulpritLost || c.How == CulpritFault
}
