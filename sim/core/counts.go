package core

import (
	"powercut/faults"
)

// Counts is how much a run did, or several runs together.
type Counts struct {
	Operations        uint64                       `json:"operations"`         // on all disks of the run
	Images            uint64                       `json:"images"`             // crash images recovered and judged
	ImagesSkipped     uint64                       `json:"images_skipped"`     // not judged, since the same was judged before at the same state of the oracle
	Exhausted         uint64                       `json:"exhausted"`          // crashes that judged nothing: every image that they can leave was judged, at the same state of the oracle
	RecoveriesCrashed uint64                       `json:"recoveries_crashed"` // of those judged, the ones whose recovery was itself crashed
	Abandoned         uint64                       `json:"abandoned"`          // actors that went on after the power was cut
	Faults            map[faults.Kind]faults.Count `json:"faults"`
	Coverage          Coverage                     `json:"coverage"`
	Reach             Reaches                      `json:"reach,omitempty"` // of a program that is a Reacher
}

// Add adds what other did.
func (c *Counts) Add(other *Counts) {
	c.Operations += other.Operations
	c.Images += other.Images
	c.ImagesSkipped += other.ImagesSkipped
	c.Exhausted += other.Exhausted
	c.RecoveriesCrashed += other.RecoveriesCrashed
	c.Abandoned += other.Abandoned
	if c.Faults == nil {
		c.Faults = make(map[faults.Kind]faults.Count)
	}
	for kind, n := range other.Faults {
		c.Faults[kind] = c.Faults[kind].Add(n)
	}
	if c.Coverage == nil {
		c.Coverage = make(Coverage)
	}
	c.Coverage.Add(other.Coverage)
	if c.Reach == nil && len(other.Reach) > 0 {
		c.Reach = make(Reaches)
	}
	c.Reach.Add(other.Reach)
}
