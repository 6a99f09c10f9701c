package properties

import (
	"fmt"
	"iter"
	"strings"

	"powercut/faults"
	"powercut/sim/core"
	"powercut/vfs"
)

// exploreAlphabet is what one client does, step by step, in an exploration.
var exploreAlphabet = []stepKind{stepPush, stepSync, stepSnapshot, stepRoll, stepReopen}

// Alphabet names the steps of an exploration.
func Alphabet() []string {
	var all []string
	for _, kind := range exploreAlphabet {
		name := string(kind)
		if kind == stepPush {
			name = "append"
		}
		all = append(all, name)
	}
	return all
}

// AllWorkloads lists every workload of one client with at most so many steps, in both
// modes.
func (t Target) AllWorkloads(steps int) []core.Workload {
	var all []core.Workload
	for _, async := range []bool{false, true} {
		level := []script{{}}
		for n := 0; n <= steps; n++ {
			for _, client := range level {
				all = append(all, &workload{driver: t.driver, async: async, epochs: [][]script{{client}}})
			}
			var next []script
			for _, client := range level {
				for _, kind := range exploreAlphabet {
					next = append(next, append(append(script{}, client...), step{kind: kind}))
				}
			}
			level = next
		}
	}
	return all
}

// singleFaults are the faults that an exploration lets strike: for each kind of
// operation the plain ways in which it fails. Those that suspend what was
// acknowledged are left out, and so are latencies.
var singleFaults = map[vfs.OpKind][]string{
	vfs.OpOpen:     {"open-error"},
	vfs.OpCreate:   {"create-error", "create-error after", "no-space"},
	vfs.OpRead:     {"read-error"},
	vfs.OpWrite:    {"write-error", "no-space", "short-write n=1", "short-write n=16", "flusher-fails"},
	vfs.OpTruncate: {"truncate-error", "truncate-error after"},
	vfs.OpSync:     {"drop-clean", "keep-dirty", "revert", "thin-no-space", "journal-fails", "drop-page page=0", "drop-clean" + thenEvicted},
	vfs.OpSyncDir:  {"keep-dirty", "journal-fails"},
	vfs.OpRename:   {"rename-error", "rename-error after", "no-space"},
	vfs.OpRemove:   {"remove-error", "remove-error after"},
	vfs.OpReaddir:  {"readdir-error"},
	vfs.OpStat:     {"stat-error"},
	vfs.OpClose:    {"close-error", "flusher-fails"},
}

// thenEvicted marks a fault after which every clean page is evicted, so that what the
// fault dropped is missed by whoever reads it.
const thenEvicted = " then evict"

// SingleFaults gives the plans that have one fault strike an operation.
func SingleFaults(op vfs.Op) iter.Seq[faults.Plan] {
	return func(yield func(faults.Plan) bool) {
		for _, text := range singleFaults[op.Kind] {
			text, evicted := strings.CutSuffix(text, thenEvicted)
			text = fmt.Sprintf("%s seq=%d", text, op.Seq)
			if evicted {
				text += fmt.Sprintf("\nevict seq=%d..", op.Seq+1)
			}
			if !yield(planOf(text)) {
				return
			}
		}
	}
}

// SingleFaultNames lists what SingleFaults gives, by operation.
func SingleFaultNames() []string {
	var all []string
	for kind := vfs.OpOpen; kind <= vfs.OpChmod; kind++ {
		for _, text := range singleFaults[kind] {
			all = append(all, fmt.Sprintf("%s on %s", text, kind))
		}
	}
	return all
}
