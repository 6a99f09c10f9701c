package properties

import (
	"fmt"

	"powercut/journal"
	"powercut/journal/rayfall"
	"powercut/properties/engines"
)

// machine is the journal's default state machine, and tells the oracle which entry was
// applied under which LSN.
type machine struct {
	*rayfall.Machine
	live *oracle // nil while the journal recovers
}

// newMachine returns an empty machine that shares what another has parsed: a run
// replays the same entries thousands of times.
func newMachine(parsed *rayfall.Machine) *machine { return &machine{Machine: parsed.Empty()} }

// Apply implements engines.Machine.
func (m *machine) Apply(e engines.Entry) error {
	if m.live != nil {
		m.live.sawApply(m.live.numberOf(e), e.LSN)
	}
	return m.Machine.Apply(journal.Entry(e))
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
