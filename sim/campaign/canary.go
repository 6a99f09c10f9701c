package campaign

import (
	"fmt"

	"powercut/faults"
	"powercut/sim/core"
)

// Canary is a Target that says which file's fsync matters: a campaign on it
// first makes that fsync a no-op, and expects to notice.
type Canary interface {
	// CanaryPath is a pattern of the file, as faults have them: "j.log"; "" if no
	// fsync has to matter.
	CanaryPath() string
}

// maxCanaryRuns is how many seeds a campaign may take to notice that an fsync
// does nothing.
const maxCanaryRuns = 200

// CanaryError says that a campaign did not notice an fsync that does nothing:
// then it proves nothing either.
type CanaryError struct {
	Path string
	Runs int
}

func (e *CanaryError) Error() string {
	return fmt.Sprintf("sim: the canary lives: with every fsync of %s a no-op, %d runs found nothing wrong; the harness is blind, and what it says means nothing", e.Path, e.Runs)
}

// CanaryReport says how a campaign noticed.
type CanaryReport struct {
	Path  string // "": the target has no canary
	Law   core.Law
	Runs  int  // that it took
	Ended bool // a run ended its process: that is how it was noticed
}

// Canary makes the fsync that the target names a no-op, and expects the first
// seeds to notice. The error is a *CanaryError if they don't.
func (c Campaign) Canary() (CanaryReport, error) {
	return c.CanaryElsewhere(func(seed core.Seed) (CanaryReport, error) { return CanaryReport{Law: c.RunBlind(seed)}, nil })
}

// RunBlind runs a seed whose fsync does nothing, and says which law that violated.
func (c Campaign) RunBlind(seed core.Seed) core.Law {
	scenario := c.scenario(seed)
	if target, ok := c.Target.(Canary); ok && target.CanaryPath() != "" {
		scenario.Settings.IgnoresSync, _ = faults.MatchPath(target.CanaryPath()) // whoever asks has looked at it
	}
	if v := core.Execute(seed, scenario, false).Violation; v != nil {
		return v.Law
	}
	return ""
}

// CanaryElsewhere is Canary with runs that are made in another process: there RunBlind
// does.
func (c Campaign) CanaryElsewhere(run func(seed core.Seed) (CanaryReport, error)) (CanaryReport, error) {
	target, ok := c.Target.(Canary)
	if !ok {
		return CanaryReport{}, nil
	}
	path := target.CanaryPath()
	if path == "" {
		return CanaryReport{}, nil
	}
	if _, err := faults.MatchPath(path); err != nil {
		return CanaryReport{}, fmt.Errorf("sim: the canary of %s: %w", c.Target.Name(), err)
	}
	for i := range maxCanaryRuns {
		one, err := run(c.First + core.Seed(i))
		if err != nil {
			return CanaryReport{}, err
		}
		if one.Law != "" {
			one.Path, one.Runs = path, i+1
			return one, nil
		}
	}
	return CanaryReport{}, &CanaryError{path, maxCanaryRuns}
}
