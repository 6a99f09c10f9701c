package core

import (
	"powercut/faults"
	"powercut/sim/internal/hash"
)

// FaultsOver is true in the last epoch of several: no fault strikes in it, so
// that everything must work again.
func (r *Run) FaultsOver() bool {
	r.gate.stays()
	return r.settings.Epochs > 1 && r.epoch == r.settings.Epochs-1
}

// StopFaults ends the faults of this epoch: from now on the disk does what it is
// told, and has room again.
func (r *Run) StopFaults() {
	r.takeTurn()
	r.disk.SetInjector(r.sabotaged(r.hook, nil))
	if r.settings.bounded() {
		r.disk.LiftCapacity()
	}
}

// WithoutFaults calls f, and no fault strikes meanwhile: for what is there
// before the code under test has any say. Crashes do.
func (r *Run) WithoutFaults(f func() error) error {
	r.disk.SetInjector(r.sabotaged(r.hook, nil))
	defer r.disk.SetInjector(r.sabotaged(r.hook, r.injector))
	return f()
}

// Suspends says whether a fault that struck so far, in this epoch or an earlier
// one, suspends a law.
func (r *Run) Suspends(law Law) bool {
	r.gate.stays()
	for _, e := range r.record.epochs {
		if e.Plan.Suspends(string(law)) {
			return true
		}
	}
	return r.injector.Fired().Suspends(string(law))
}

// SuspendsNow is Suspends for the faults of this epoch alone.
func (r *Run) SuspendsNow(law Law) bool { return r.injector.Fired().Suspends(string(law)) }

// Suspensions sums up which kinds of fault struck that suspend a law: it is by
// these, too, that a recovery is judged.
func (r *Run) Suspensions() uint64 {
	kinds := uint64(0)
	for _, rule := range r.injector.Fired().Rules {
		if len(rule.Kind.Suspends()) > 0 {
			kinds |= 1 << rule.Kind
		}
	}
	if kinds == 0 {
		return 0
	}
	return hash.Mix64(kinds)
}

// FaultsFired is how many faults have struck in this epoch.
func (r *Run) FaultsFired() int { return len(r.injector.Log()) }

// StruckNow lists the faults that have struck in this epoch.
func (r *Run) StruckNow() []faults.Firing { return r.injector.Log() }

// OnlyFault says whether exactly one fault has struck in the whole run, and was
// of that kind.
func (r *Run) OnlyFault(kind faults.Kind) bool {
	struck := r.injector.Fired().Rules
	for _, e := range r.record.epochs {
		struck = append(struck, e.Plan.Rules...)
	}
	return len(struck) == 1 && struck[0].Kind == kind
}
