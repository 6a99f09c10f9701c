package rayfall

import (
	"iter"
	"slices"

	"powercut/journal"
	"powercut/journal/wire"
)

// Machine is an environment and the evaluator that changes it. It implements
// journal.Machine, and like every machine it is used by one caller at a time.
type Machine struct {
	env map[string]wire.Value

	// Of the entry that is being evaluated.
	restricted bool
	room       int        // bytes that it may still build
	steps      int        // expressions that it may still evaluate
	raised     wire.Value // by raise
	scope      scope
	bound      []change // what it has bound or unbound, if anything is in doubt

	// doubt is nil as long as every entry could be evaluated.
	doubt *doubt

	// Of the snapshot that was restored last.
	skipped      int
	skippedFirst error

	// grown holds the elements of the vector that was extended last, with room
	// behind them, so that a vector to which entry after entry adds is not copied
	// each time. Values refer to the elements only, which never change.
	grown []byte

	// parsed and decoded remember sources and serialised expressions, since
	// workloads repeat them.
	parsed, decoded *memory
}

var _ journal.Machine = (*Machine)(nil)

// New returns a machine with nothing bound.
func New() *Machine {
	return &Machine{env: map[string]wire.Value{}, parsed: newMemory(), decoded: newMemory()}
}

// Empty returns a machine with nothing bound that shares with m the sources that
// were parsed already. It makes replaying the same entries again faster. The two
// may not be used at the same time.
func (m *Machine) Empty() *Machine {
	return &Machine{env: map[string]wire.Value{}, parsed: m.parsed, decoded: m.decoded}
}

// Apply evaluates an entry. Its error is an *[EvalError] or an *[UnsupportedError],
// or a *wire.FormatError if the payload is not a value at all.
func (m *Machine) Apply(e journal.Entry) error {
	m.begin(e.Restricted)
	v, err := m.expression(e.Payload)
	if err == nil && v != nil {
		_, err = m.eval(v, 1)
	}
	if err != nil || m.doubt != nil {
		m.judge(v, err)
	}
	return err
}

// begin makes ready for an entry.
func (m *Machine) begin(restricted bool) {
	m.restricted, m.room, m.steps = restricted, MaxEntryBytes, maxSteps
	m.bound = m.bound[:0]
	if m.scope.depth > 0 { // the last one has failed
		m.scope = scope{}
	}
}

// Eval evaluates source text as an entry that holds it would be, and returns
// its value.
func (m *Machine) Eval(source string) (wire.Value, error) {
	m.begin(false)
	v, err := Parse(source)
	if err != nil {
		return nil, err
	}
	return m.eval(v, 1)
}

// expression returns what a payload asks to evaluate, nil for nothing.
func (m *Machine) expression(payload []byte) (wire.Value, error) {
	source, ok := wire.SourceText(payload)
	if !ok {
		return m.decoded.read(payload, decode)
	}
	if len(source) == 0 {
		return nil, nil
	}
	return m.parsed.read(source, parse)
}

// Get returns the value that is bound to name.
func (m *Machine) Get(name string) (wire.Value, bool) {
	v, ok := m.env[name]
	return v, ok
}

// Len returns the number of bindings.
func (m *Machine) Len() int { return len(m.env) }

// Env iterates over the bindings in the order of their names, bytewise.
func (m *Machine) Env() iter.Seq2[string, wire.Value] {
	names := m.names()
	return func(yield func(string, wire.Value) bool) {
		for _, name := range names {
			if v, ok := m.env[name]; ok && !yield(name, v) {
				return
			}
		}
	}
}

func (m *Machine) names() []string {
	names := make([]string, 0, len(m.env))
	for name := range m.env {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
