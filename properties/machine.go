package properties

import (
	"errors"
	"fmt"

	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/properties/engines"
)

// machine is the journal's default state machine, and tells the oracle which entry was
// applied under which LSN.
type machine struct {
	*rayfall.Machine
	live     *oracle // nil while the journal recovers
	given    []given // entries, in order
	restored int     // bindings of the snapshot that was restored; -1: none was
}

// given is an entry that the machine was given, and what it said of it.
type given struct {
	lsn uint64
	err error
}

// unsupported says whether the machine does not know what the entry does.
func (g given) unsupported() bool {
	_, ok := errors.AsType[interface {
		error
		Unsupported() string
	}](g.err)
	return ok
}

// asJournal is the machine as package journal wants it, to try it on a snapshot.
func (m *machine) asJournal() journal.Machine { return m.Machine }

// newMachine returns an empty machine that shares what another has parsed: a run
// replays the same entries thousands of times.
func newMachine(parsed *rayfall.Machine) *machine {
	return &machine{Machine: parsed.Empty(), restored: -1}
}

// Apply implements engines.Machine.
func (m *machine) Apply(e engines.Entry) error {
	if m.live != nil {
		m.live.sawApply(m.live.numberOf(e), e.LSN)
	}
	err := m.Machine.Apply(journal.Entry(e))
	m.given = append(m.given, given{e.LSN, err})
	return err
}

// Restore implements engines.Machine.
func (m *machine) Restore(payload []byte) (bindings int, err error) {
	bindings, err = m.Machine.Restore(payload)
	m.restored = bindings
	return bindings, err
}

// values turns the state into plain Go values.
func (m *machine) values() (map[string]any, error) {
	state := make(map[string]any)
	for name, value := range m.Env() {
		plain, err := plainValue(value)
		if err != nil {
			return nil, fmt.Errorf("properties: the value of %s: %w", name, err)
		}
		state[name] = plain
	}
	return state, nil
}
