package sim

import (
	"cmp"
	"slices"

	"powercut/vfs"
)

// Cell is one combination of the coverage matrix.
type Cell struct {
	Step  string `json:"step"`  // protocol step of the target, "other" if it names none
	Op    string `json:"op"`    // kind of operation
	Fault string `json:"fault"` // kind of fault that struck it, "" for none
	Crash string `json:"crash"` // kind of crash before it, "" for none
}

// Coverage counts how often each combination was reached.
type Coverage map[Cell]uint64

// Stepper is a Program that names the protocol step that an operation belongs
// to: "append write", "roll rename". A run sees it through its operations, not
// through hooks in the code under test.
type Stepper interface {
	ProtocolStep(op vfs.Op) string
}

func (r *Run) protocolStep(op vfs.Op) string {
	if s, ok := r.program.(Stepper); ok {
		if step := s.ProtocolStep(op); step != "" {
			return step
		}
	}
	return "other"
}

// Add adds the counts of other.
func (c Coverage) Add(other Coverage) {
	for cell, n := range other {
		c[cell] += n
	}
}

// CellCount is a row of a sorted matrix.
type CellCount struct {
	Cell
	Count uint64 `json:"count"`
}

// Rows lists the matrix in order of step, operation, fault and crash.
func (c Coverage) Rows() []CellCount {
	rows := make([]CellCount, 0, len(c))
	for cell, n := range c {
		rows = append(rows, CellCount{cell, n})
	}
	slices.SortFunc(rows, func(a, b CellCount) int {
		return cmp.Or(cmp.Compare(a.Step, b.Step), cmp.Compare(a.Op, b.Op),
			cmp.Compare(a.Fault, b.Fault), cmp.Compare(a.Crash, b.Crash))
	})
	return rows
}

// NeverCrashed lists the operations, as "step: kind", that were reached and
// before which no crash was ever judged.
func (c Coverage) NeverCrashed() []string {
	reached, crashed := make(map[string]bool), make(map[string]bool)
	for cell := range c {
		name := cell.Step + ": " + cell.Op
		if cell.Crash != "" {
			crashed[name] = true
		} else {
			reached[name] = true
		}
	}
	var never []string
	for name := range reached {
		if !crashed[name] {
			never = append(never, name)
		}
	}
	slices.Sort(never)
	return never
}
