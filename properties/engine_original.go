package properties

import (
	"errors"
	"fmt"

	"powercut/journal"
	"powercut/properties/original"
	"powercut/sim/core"
	"powercut/vfs"
)

// originalProtocol is the port of the rayforce journal. It knows no LSNs and
// has nothing to read entries back with, so its clients take only steps that
// show in the state: the place of a number in the list is its LSN.
var originalProtocol = protocol{
	name:       "original",
	canary:     "j.log",
	open:       openOriginal,
	understand: func(error) answer { return answerRefused }, // it says no more than that
	damaged:    func(err error) bool { return errors.Is(err, original.ErrRefused) },
	steps: []weighted{
		{OpPush, 6}, {OpExpression, 2}, {OpCount, 4}, {OpHash, 4}, {OpSet, 3}, {OpBig, 1}, {OpBad, 1}, {OpSync, 2},
		{OpSnapshot, 2}, {OpRoll, 2}, {OpReopen, 1},
	},
	step: journalStep,
}

// originalEngine serialises its clients: the original is called from one thread
// alone.
type originalEngine struct {
	journal *original.Journal
	machine *machine
	monitor *core.Monitor // nil: there is one client only
}

// alone calls f while nobody else is at the journal.
func (j *originalEngine) alone(f func() error) error {
	if j.monitor != nil {
		j.monitor.Lock()
		defer j.monitor.Unlock()
	}
	return f()
}

func (j *originalEngine) Sync() error { return j.alone(j.journal.Sync) }

func (j *originalEngine) Snapshot() error { return j.alone(j.journal.Snapshot) }

func (j *originalEngine) Roll() error { return j.alone(j.journal.Roll) }

func (j *originalEngine) Close() error { return j.alone(j.journal.Close) }

// originalMachine feeds the watched machine as the port does.
type originalMachine struct{ *machine }

func (m originalMachine) Apply(payload []byte, restricted bool) error {
	return m.machine.Apply(journal.Entry{Payload: payload, Restricted: restricted})
}

func openOriginal(r *core.Run, w *Workload, disk *vfs.Disk, m *machine, monitor *core.Monitor) (engine, error) {
	j, err := original.Open(disk, base, originalMachine{m}, !w.Async, r.Now)
	if err != nil {
		return nil, err
	}
	return &originalEngine{journal: j, machine: m, monitor: monitor}, nil
}

func (j *originalEngine) Append(e entry) (uint64, error) {
	var list []int64
	err := j.alone(func() (err error) {
		if err = j.journal.Append(e.payload, e.restricted); err == nil {
			list, err = j.list()
		}
		return err
	})
	return uint64(len(list)), err
}

func (j *originalEngine) Accept(e entry) (ticket, error) {
	lsn, err := j.Append(e)
	return ticket{wait: func() (uint64, error) { return lsn, nil }, done: func() bool { return true }}, err
}

func (j *originalEngine) Leftovers() (tail int64, step string) { return 0, "" }

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
