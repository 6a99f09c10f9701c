package sim

import (
	"fmt"
	"math"
	"time"

	"powercut/faults"
	"powercut/vfs"
)

// Config says how Test runs. The zero value works. A value that nothing could be
// run with is a failure of the test, which names it.
type Config struct {
	Runs    int         // [100] seeds
	Seed    Seed        // the first seed; a failure names the one to repeat
	Profile vfs.Profile // [POSIX] which crash images are lawful
	// Plan are the faults that strike in each run; none if it is empty.
	Plan faults.Plan
	// Epochs is how many power cuts follow each other. In each epoch the
	// workload is called anew, on what the crash before it left. [1] At most
	// 1000.
	Epochs int
	Images int // [2] crash images at each point, at most 1000
	Points int // [64] see Settings
	// Depth 1 crashes the recovery as well, 2 the recovery after that, and so
	// on. A run goes further than 2 in a bounded number of images.
	Depth int
	// StepBudget is how many operations an epoch, or a recovery, may take
	// before it counts as never ending. [100000]
	StepBudget uint64
	// HangAfter is how long, by the real clock, a run may go without an
	// operation until it is reported as a suspected hang. [1 minute]
	HangAfter time.Duration
}

// The most that a Config may ask for where more would never end.
const (
	maxEpochs = 1000
	maxImages = 1000
)

// check says what is wrong with a configuration.
func (c *Config) check() error {
	for _, f := range []struct {
		name  string
		value int
		most  int
	}{{"Runs", c.Runs, math.MaxInt}, {"Epochs", c.Epochs, maxEpochs}, {"Images", c.Images, maxImages}, {"Points", c.Points, math.MaxInt}, {"Depth", c.Depth, math.MaxInt}} {
		if f.value < 0 {
			return fmt.Errorf("%s: want 0, for the default, or more; got %d", f.name, f.value)
		}
		if f.value > f.most {
			return fmt.Errorf("%s: want at most %d, got %d", f.name, f.most, f.value)
		}
	}
	if c.HangAfter < 0 {
		return fmt.Errorf("%s: want 0, for the default, or more; got %s", "HangAfter", c.HangAfter)
	}
	if _, err := vfs.ParseProfile(c.Profile.String()); err != nil {
		return fmt.Errorf("%s: %d is none; want one of %v", "Profile", c.Profile, vfs.Profiles())
	}
	if err := c.Plan.Validate(); err != nil {
		return fmt.Errorf("%s: %w", "Plan", err)
	}
	return nil
}
