package core

import (
	"context"
	"errors"
	"fmt"

	"powercut/faults"
)

// Ack calls f, which notes what the code under test has promised, while nobody
// judges by it: any goroutine may call it, those of an engine too. What is
// promised after the power went nobody hears: f is not called then, and a
// goroutine of an engine does not come back.
func (r *Run) Ack(f func()) { r.gate.ack(r, f) }

// errDied is what an engine ended with that ended itself, see Run.Died.
var errDied = errors.New("the engine ended itself")

// Died is for an engine that ends the process when its disk fails: it is called
// instead, and does not return. The epoch, or the recovery, ends there. An engine
// may end itself once a fault has struck; before that it is a breach of Works, and
// in a recovery it is one of Recovers.
func (r *Run) Died(err error) { r.gate.died(r, fmt.Errorf("%w: %w", errDied, err)) }

// FaultStruck says whether an error that the code under test reports may be a fault's
// doing: in this epoch an operation of it failed, or did less than it said, by a fault;
// or in an earlier one the disk lied or rotted. That goes by what the disk answered, so
// that it does not matter what became of the error on its way up. Latency and evictions
// make no error.
func (r *Run) FaultStruck() bool {
	for _, e := range r.record.epochs {
		if e.Plan.Suspends("acknowledged-durable") {
			return true
		}
	}
	return r.hook != nil && r.hook.disturbed.Load()
}

// Excuses says whether an error that the code under test reports may be a fault's doing:
// FaultStruck, or a deadline that passed because the disk was slow.
func (r *Run) Excuses(err error) bool {
	return r.FaultStruck() || r.Late() && errors.Is(err, context.DeadlineExceeded)
}

// Late says whether an operation of this epoch took longer, by a fault: a deadline may
// have passed.
func (r *Run) Late() bool {
	for _, f := range r.injector.Log() {
		if f.Rule.Kind == faults.Latency || f.Rule.Kind == faults.Stall {
			return true
		}
	}
	return false
}
