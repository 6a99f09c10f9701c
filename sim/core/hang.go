package core

import (
	"errors"
	"fmt"
	"strings"
)

// errHang says that an actor does nothing any more, or that every one of them
// waits, and nobody said for what.
var errHang = errors.New("sim: suspected hang")

// hung tells of the actors that do nothing any more: where each of them waits.
func (r *Run) hung(actors ...*actor) *Breach {
	if _, ok := r.scenario.Workload.(Undecided); ok { // who does nothing is another process
		return &Breach{Law: Progress, What: fmt.Sprintf("suspected hang: no operation for %s, and the %s has not ended", r.gate.patience(), actors[0].name), hang: true}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "suspected hang: no operation for %s; does the engine wait for what a client, or a goroutine of its own, that stands still has to do? (a lock that the run knows, r.Monitor, tells)", r.gate.patience())
	all := stacks()
	for _, a := range actors {
		if t, ok := a.on.(*goroutine); ok && (a.hung || a.stuck) {
			ref := t.ref.Load()
			if ref == nil {
				continue // it has not even begun
			}
			state, stack := all.of(ref.id)
			fmt.Fprintf(&b, "\nthe %s (%s):\n%s", a.name, state, stack)
		}
	}
	return &Breach{Law: Progress, What: b.String(), hang: true}
}

// outcomeOf is how a recovery ended, one way or another.
func (r *Run) outcomeOf(a *actor) error {
	switch {
	case a.hook.died != nil:
		return a.hook.died
	case a.hung:
		return r.hung(a)
	}
	return a.outcome()
}
