package properties

import (
	"errors"

	"powercut/journal"
	"powercut/properties/pessimal"
	"powercut/sim/core"
	"powercut/vfs"
)

// pessimalProtocol is the slow and simple journal: the harness must never
// accuse it.
var pessimalProtocol = protocol{
	name:       "pessimal",
	canary:     "j.log.tmp",
	copies:     true,
	open:       openPessimal,
	understand: understandPessimal,
	damaged:    func(err error) bool { return errors.Is(err, pessimal.ErrDamaged) },
	steps:      allSteps,
	step:       journalStep,
}

type pessimalEngine struct {
	journal *pessimal.Journal
	machine *machine
	monitor *core.Monitor // nil: there is one client only
}

func openPessimal(_ *core.Run, _ *Workload, disk *vfs.Disk, m *machine, monitor *core.Monitor) (engine, error) {
	j, err := pessimal.Open(disk, base)
	if err != nil {
		return nil, err
	}
	e := &pessimalEngine{j, m, monitor}
	for i := range j.Entries() {
		e.apply(uint64(i + 1))
	}
	return e, nil
}

func understandPessimal(err error) answer {
	switch {
	case errors.Is(err, pessimal.ErrIndeterminate):
		return answerIndeterminate
	case errors.Is(err, pessimal.ErrStopped):
		return answerPoisoned
	case errors.Is(err, pessimal.ErrClosed):
		return answerClosed
	case errors.Is(err, pessimal.ErrRefused):
		return answerRefused
	}
	return answerUnclear
}

// apply gives an entry to the machine. What that thinks of it is counted there.
func (p *pessimalEngine) apply(lsn uint64) {
	e := p.journal.Entries()[lsn-1]
	_ = p.machine.Apply(journal.Entry{LSN: lsn, Payload: e.Payload, Restricted: e.Restricted})
}

// alone calls f while nobody else is at the journal.
func (p *pessimalEngine) alone(f func() error) error {
	if p.monitor != nil {
		p.monitor.Lock()
		defer p.monitor.Unlock()
	}
	return f()
}

func (p *pessimalEngine) Append(e entry) (lsn uint64, err error) {
	err = p.alone(func() error {
		if err := p.journal.Append(pessimal.Entry{Payload: e.payload, Restricted: e.restricted}); err != nil {
			return err
		}
		lsn = uint64(len(p.journal.Entries()))
		p.apply(lsn)
		return nil
	})
	return lsn, err
}

func (p *pessimalEngine) Accept(e entry) (ticket, error) {
	lsn, err := p.Append(e)
	return ticket{wait: func() (uint64, error) { return lsn, nil }, done: func() bool { return true }}, err
}

func (p *pessimalEngine) Sync() error { return p.alone(p.journal.Sync) }

func (p *pessimalEngine) Snapshot() error { return p.alone(p.journal.Sync) }

func (p *pessimalEngine) Roll() error { return p.alone(p.journal.Sync) }

func (p *pessimalEngine) Prune() error { return p.alone(p.journal.Sync) }

func (p *pessimalEngine) Close() error { return p.alone(p.journal.Close) }

func (p *pessimalEngine) Watch(o *oracle) { p.machine.live = o }

func (p *pessimalEngine) Leftovers() (tail int64, step string) { return 0, "" }

func (p *pessimalEngine) State() (map[string]any, error) { return p.machine.values() }

func (p *pessimalEngine) Live(o *oracle) (recovered, error) { return p.Recovered(o) }

func (p *pessimalEngine) Recovered(o *oracle) (recovered, error) {
	got := recovered{lsn: uint64(len(p.journal.Entries())), first: 1}
	for _, e := range p.journal.Entries() {
		got.numbers = append(got.numbers, o.numberOf(entry{e.Payload, e.Restricted}))
	}
	var err error
	got.state, err = p.State()
	return got, err
}
