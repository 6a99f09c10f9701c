package core

import (
	"fmt"
	"iter"
)

// Reducible is a Workload that can be made smaller. A case of any
// other keeps its whole workload.
type Reducible interface {
	Workload
	// Simpler gives workloads that do less, the smallest first, in as many
	// epochs.
	Simpler() iter.Seq[Workload]
	// WithoutEpoch leaves an epoch out.
	WithoutEpoch(epoch int) Workload
	// Size is how many steps it has.
	Size() int
}

// CaseSize is how much there is to a case.
type CaseSize struct {
	Steps   int // of the workload, or values that a test drew; 0 if it can't tell
	Faults  int
	Epochs  int
	Crashes int
	Choices int // of an actor, in schedules
}

// Size counts what a case consists of.
func (c *Case) Size() CaseSize {
	size := CaseSize{Epochs: len(c.Epochs)}
	if w, ok := c.Workload.(Reducible); ok {
		size.Steps = w.Size()
	}
	for _, e := range c.Epochs {
		size.Faults += len(e.Plan.Rules)
		size.Crashes += len(e.Crashes)
		size.Choices += len(e.Schedule)
	}
	return size
}

func (s CaseSize) String() string {
	return fmt.Sprintf("%d steps or draws, %d faults, %d crashes, %d epochs, %d choices of an actor", s.Steps, s.Faults, s.Crashes, s.Epochs, s.Choices)
}
