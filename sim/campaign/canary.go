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
	target, ok := c.Target.(Canary)
	if !ok {
		return CanaryReport{}, nil
	}
	path := target.CanaryPath()
	if path == "" {
		return CanaryReport{}, nil
	}
	match, err := faults.MatchPath(path)
	if err != nil {
		return CanaryReport{}, fmt.Errorf("sim: the canary of %s: %w", c.Target.Name(), err)
	}
	for i := range maxCanaryRuns {
		scenario := c.scenario(c.First + core.Seed(i))
		scenario.Settings.IgnoresSync = match
		if v := core.Execute(c.First+core.Seed(i), scenario, false).Violation; v != nil {
			return CanaryReport{Path: path, Law: v.Law, Runs: i + 1}, nil
		}
	}
	return CanaryReport{}, &CanaryError{path, maxCanaryRuns}
}
