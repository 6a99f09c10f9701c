package rayfall

import (
	"errors"
	"fmt"
	"maps"

	"powercut/journal/wire"
)

// ErrNotSnapshot says that a payload, though it may be a value, is not an
// environment.
var ErrNotSnapshot = errors.New("not a snapshot")

// Snapshot returns the environment: a dictionary of names, in their order, to
// values.
func (m *Machine) Snapshot() ([]byte, error) {
	names := m.names()
	vals := make([]wire.Value, len(names))
	for i, name := range names {
		vals[i] = m.env[name]
	}
	return wire.Encode(wire.NewDict(names, vals)), nil
}

// Restore replaces the environment by one that Snapshot, or the original,
// wrote. It is all or nothing: a payload that is no dictionary from names to as
// many values, or that has a name which cannot be bound, is an error that wraps
// [ErrNotSnapshot] and changes nothing. (The original would skip such a name.)
func (m *Machine) Restore(payload []byte) (bindings int, err error) {
	v, err := decode(payload)
	if err != nil {
		return 0, fmt.Errorf("rayfall: restore: %w: %w", ErrNotSnapshot, err)
	}
	d, ok := v.(wire.Dict)
	if !ok {
		return 0, fmt.Errorf("rayfall: restore: %w: got %v, want a dictionary", ErrNotSnapshot, v.Kind())
	}
	keys, ok := d.Keys.(wire.Symbols)
	if !ok {
		return 0, fmt.Errorf("rayfall: restore: %w: got keys of kind %v, want symbols", ErrNotSnapshot, d.Keys.Kind())
	}
	vals, ok := d.Vals.(wire.List)
	if !ok {
		return 0, fmt.Errorf("rayfall: restore: %w: got values of kind %v, want a list", ErrNotSnapshot, d.Vals.Kind())
	}
	if len(keys.Names) != len(vals.Items) {
		return 0, fmt.Errorf("rayfall: restore: %w: got %d values, want %d", ErrNotSnapshot, len(vals.Items), len(keys.Names))
	}
	env := make(map[string]wire.Value, len(keys.Names))
	for i, name := range keys.Names {
		if err := checkName(name); err != nil {
			return 0, fmt.Errorf("rayfall: restore: %w: %w", ErrNotSnapshot, err)
		}
		if _, twice := env[name]; twice {
			return 0, fmt.Errorf("rayfall: restore: %w: %q is bound twice", ErrNotSnapshot, name)
		}
		env[name] = vals.Items[i]
	}
	m.env, m.doubt = env, nil
	return len(env), nil
}

// Clone returns a machine with the same bindings, which from here on are its
// own.
func (m *Machine) Clone() *Machine {
	c := New()
	maps.Copy(c.env, m.env) // values are immutable
	if m.doubt != nil {
		c.doubt = &doubt{any: m.doubt.any, names: maps.Clone(m.doubt.names)}
	}
	return c
}
