package properties

import (
	"errors"
	"fmt"

	"powercut/journal"
	"powercut/properties/original"
	"powercut/sim"
	"powercut/vfs"
)

// originalProtocol is the port of the rayforce journal. It knows no LSNs and
// has nothing to read entries back with, so its clients take only steps that
// show in the state: the place of a number in the list is its LSN.
var originalProtocol = protocol{
	name:       "original",
	open:       openOriginal,
	understand: func(error) answer { return answerRefused }, // it says no more than that
	damaged:    func(err error) bool { return errors.Is(err, original.ErrRefused) },
	steps: []weighted{
		{OpPush, 6}, {OpExpression, 2}, {OpCount, 4}, {OpHash, 4}, {OpSet, 3}, {OpBig, 1}, {OpBad, 1}, {OpSync, 2},
		{OpSnapshot, 2}, {OpRoll, 2}, {OpReopen, 1},
	},
	step: journalStep,
}

type originalEngine struct {
	*original.Journal
	machine *machine
	async   bool
}

// originalMachine feeds the watched machine as the port does.
type originalMachine struct{ *machine }

func (m originalMachine) Apply(payload []byte, restricted bool) error {
	return m.machine.Apply(journal.Entry{Payload: payload, Restricted: restricted})
}

func openOriginal(r *sim.Run, w *Workload, disk *vfs.Disk, _ *sim.Monitor) (engine, error) {
	m := newMachine()
	j, err := original.Open(disk, base, originalMachine{m}, !w.Async, r.Now)
	if err != nil {
		return nil, err
	}
	return &originalEngine{Journal: j, machine: m, async: w.Async}, nil
}

func (j *originalEngine) Append(e entry) (uint64, error) {
	if err := j.Journal.Append(e.payload, e.restricted); err != nil {
		return 0, err
	}
	list, err := j.list()
	return uint64(len(list)), err
}

func (j *originalEngine) Accept(e entry) (func() (uint64, error), error) {
	lsn, err := j.Append(e)
	return func() (uint64, error) { return lsn, nil }, err
}

func (j *originalEngine) Prune() error { return nil }

func (j *originalEngine) Watch(*oracle) {}

func (j *originalEngine) State() (map[string]any, error) { return j.machine.values() }

func (j *originalEngine) list() ([]int64, error) {
	state, err := j.State()
	if err != nil {
		return nil, err
	}
	list, _ := state["l"].([]int64)
	return list, nil
}

// Live implements engine.
func (j *originalEngine) Live(o *oracle) (recovered, error) { return j.Recovered(o) }

// Recovered takes the entries from the list in the state.
func (j *originalEngine) Recovered(*oracle) (recovered, error) {
	state, err := j.State()
	if err != nil {
		return recovered{}, fmt.Errorf("properties: the state: %w", err)
	}
	list, _ := state["l"].([]int64)
	got := recovered{lsn: uint64(len(list)), first: 1, state: state}
	for _, number := range list {
		got.numbers = append(got.numbers, uint64(number))
	}
	return got, nil
}
