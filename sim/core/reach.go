package core

import (
	"cmp"
	"maps"
	"slices"
)

// Reach is something that some run of a program is to come to.
type Reach struct {
	Call    string `json:"call"`    // that asks for it, "Sometimes" or "Reachable"
	Place   string `json:"place"`   // where that is, "store_test.go:41"
	Reached bool   `json:"reached"` // a run came to it
}

// Reaches are several, by name.
type Reaches map[string]Reach

// Add adds what other runs came to. The order of the parts does not matter.
func (r Reaches) Add(other Reaches) {
	for name, o := range other {
		have, known := r[name]
		if !known || cmp.Or(cmp.Compare(o.Place, have.Place), cmp.Compare(o.Call, have.Call)) < 0 {
			r[name] = Reach{o.Call, o.Place, o.Reached || have.Reached}
			continue
		}
		have.Reached = have.Reached || o.Reached
		r[name] = have
	}
}

// Missed lists the names of what no run came to, in order.
func (r Reaches) Missed() []string {
	var missed []string
	for _, name := range slices.Sorted(maps.Keys(r)) {
		if !r[name].Reached {
			missed = append(missed, name)
		}
	}
	return missed
}

// Reacher is a Program that says what its run was to come to, and whether it did.
type Reacher interface{ Reaches() Reaches }
