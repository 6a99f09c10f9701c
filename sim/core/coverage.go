package core

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"powercut/faults"
	"powercut/vfs"
)

// Cell is one combination of the coverage matrix.
type Cell struct {
	Step  string `json:"step"`  // protocol step of the target; "other" for an operation that it does not name; of one that names none, FileStep
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
		return cmp.Or(s.ProtocolStep(op), "other")
	}
	return r.files.step(op)
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
	slices.SortFunc(rows, func(a, b CellCount) int { return compareCells(a.Cell, b.Cell) })
	return rows
}

// MarshalJSON implements json.Marshaler: a list of Rows, since a cell is no key.
func (c Coverage) MarshalJSON() ([]byte, error) { return json.Marshal(c.Rows()) }

// UnmarshalJSON implements json.Unmarshaler.
func (c *Coverage) UnmarshalJSON(data []byte) error {
	var rows []CellCount
	if err := json.Unmarshal(data, &rows); err != nil {
		return err
	}
	*c = make(Coverage, len(rows))
	for _, row := range rows {
		(*c)[row.Cell] += row.Count
	}
	return nil
}

// crashCauses lists what can cut an operation short.
var crashCauses = []string{
	vfs.PowerCut.String(), vfs.ProcessCrash.String(),
	vfs.PowerCut.String() + inRecovery, vfs.ProcessCrash.String() + inRecovery,
}

// inRecovery tells a crash of a recovery from one of a workload.
const inRecovery = " in recovery"

// Never lists the combinations that were not reached, in order: for each
// operation of a protocol step that a workload came to, the kinds of fault that
// could have struck it and did not, and the crashes that could have come before
// it and did not. A crash counts for the workload's operations or for a
// recovery's: where one kind was reached, the other may be impossible.
func (c Coverage) Never() []Cell {
	worked, recovered := c.reached()
	var never []Cell
	for at := range worked {
		for _, kind := range faults.Kinds() {
			cell := Cell{Step: at.Step, Op: at.Op, Fault: kind.String()}
			if kind.Ops().Has(opKinds[at.Op]) && c[cell] == 0 {
				never = append(never, cell)
			}
		}
	}
	for i, cause := range crashCauses {
		reached := worked
		if i >= 2 {
			reached = recovered
		}
		for at := range reached {
			if cell := (Cell{Step: at.Step, Op: at.Op, Crash: cause}); c[cell] == 0 {
				never = append(never, cell)
			}
		}
	}
	slices.SortFunc(never, compareCells)
	return never
}

// reached returns the operations that workloads came to, and those before which
// a recovery was crashed, as cells without fault or crash.
func (c Coverage) reached() (worked, recovered map[Cell]bool) {
	worked, recovered = make(map[Cell]bool), make(map[Cell]bool)
	for cell := range c {
		at := Cell{Step: cell.Step, Op: cell.Op}
		switch {
		case cell.Crash == "":
			worked[at] = true
		case strings.HasSuffix(cell.Crash, inRecovery):
			recovered[at] = true
		}
	}
	return worked, recovered
}

// opKinds finds a kind of operation by its name.
var opKinds = func() map[string]vfs.OpKind {
	all := make(map[string]vfs.OpKind)
	for kind := vfs.OpOpen; kind <= vfs.OpChmod; kind++ {
		all[kind.String()] = kind
	}
	return all
}()

func compareCells(a, b Cell) int {
	return cmp.Or(cmp.Compare(a.Step, b.Step), cmp.Compare(a.Op, b.Op),
		cmp.Compare(a.Fault, b.Fault), cmp.Compare(a.Crash, b.Crash))
}
