package rayfall

import (
	"errors"
	"slices"

	"powercut/journal/wire"
)

// doubt is what is not certain of an environment: which bindings may be wrong or
// missing, since an entry was unsupported that may bind them, or since they were
// computed from such a binding. It is no part of the state.
type doubt struct {
	any bool // every name is in doubt but those in names
	// names are in doubt; if any is set, they are certain, and all others are not.
	names map[string]bool
}

func (d *doubt) holds(name string) bool { return d.names[name] != d.any }

func (d *doubt) set(name string, inDoubt bool) {
	if inDoubt == d.any {
		delete(d.names, name)
	} else {
		d.names[name] = true
	}
}

// Doubtful returns the names whose bindings may be wrong or missing, sorted: the
// entries that were unsupported may bind them in the original, or they were
// computed from what those bind. "*" stands for any name that is not bound here.
// Without an unsupported entry there are none. A snapshot does not hold them.
func (m *Machine) Doubtful() []string {
	if m.doubt == nil {
		return nil
	}
	if !m.doubt.any {
		names := make([]string, 0, len(m.doubt.names))
		for name := range m.doubt.names {
			names = append(names, name)
		}
		slices.Sort(names)
		return names
	}
	names := []string{"*"}
	for _, name := range m.names() {
		if m.doubt.holds(name) {
			names = append(names, name)
		}
	}
	return names
}

// change is what became of a name while an entry was evaluated.
type change struct {
	name string
	old  wire.Value // what was bound to it, nil for nothing
}

// bind binds a name in the environment.
func (m *Machine) bind(name string, v wire.Value) {
	m.changing(name)
	m.env[name] = v
}

// unbind removes a binding.
func (m *Machine) unbind(name string) {
	m.changing(name)
	delete(m.env, name)
}

func (m *Machine) changing(name string) {
	if m.doubt != nil {
		m.bound = append(m.bound, change{name, m.env[name]})
	}
}

// judge brings the doubt up to date with an entry that was evaluated, or was not.
// e is its expression, nil for one that could not be read.
func (m *Machine) judge(e wire.Value, err error) {
	unsupported := errors.Is(err, ErrUnsupported)
	if m.doubt == nil {
		if !unsupported {
			return
		}
		m.doubt = &doubt{names: map[string]bool{}}
	}
	f := effects{m: m, binds: map[string]bool{}, seen: map[string]bool{}, steps: maxEffectSteps}
	if e != nil || unsupported {
		f.walk(e, 1)
	}
	if !unsupported && !f.reads {
		// Nothing in doubt was looked at: the original did the same.
		for _, c := range m.bound {
			m.doubt.set(c.name, false)
		}
		return
	}
	for _, c := range m.bound {
		f.binds[c.name] = true
		f.value(c.old, 1) // it may have been called before
	}
	if f.any {
		m.doubt = &doubt{any: true, names: map[string]bool{}}
		return
	}
	for name := range f.binds {
		m.doubt.set(name, true)
	}
}
