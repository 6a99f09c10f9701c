package sim

import "powercut/sim/core"

// Law is the name of a property that must hold. A violation is reported under
// it; "simrun laws" lists all of them, with a sentence each.
type Law = core.Law

// The laws that every test is judged by.
const (
	Recovers = core.Recovers // what Recover returns is no error
	Works    = core.Works    // what the workload returns is no error
	NoPanic  = core.NoPanic  // neither panics
	Progress = core.Progress // both come to their end
)

// Breachf returns an error that says that a law does not hold. Recover and the
// workload may return it, so that a failure is reported under that law instead
// of Recovers or Works.
func Breachf(law Law, format string, args ...any) error {
	return core.Breachf(law, format, args...)
}
