package main

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"powercut/sim/oracle"
)

// promises is what was promised of each key. Nobody writes a key beside another, so that
// a moment is two numbers for each key.
type promises struct {
	mu   sync.Mutex
	keys map[string]*written
}

// written are the values of a key in the order of their puts.
type written struct {
	values       []string // of those that have begun
	acknowledged int      // how many of these puts have returned without an error
}

func newPromises() *promises { return &promises{keys: make(map[string]*written)} }

func (p *promises) put(key, value string, do func() error) error {
	p.mu.Lock()
	w := p.keys[key]
	if w == nil {
		w = &written{}
		p.keys[key] = w
	}
	w.values = append(w.values, value)
	begun := len(w.values)
	p.mu.Unlock()
	err := do()
	if err == nil {
		p.mu.Lock()
		w.acknowledged = begun
		p.mu.Unlock()
	}
	return err
}

// now is a copy of what was written.
func (p *promises) now() map[string]written {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make(map[string]written, len(p.keys))
	for key, w := range p.keys {
		all[key] = written{slices.Clone(w.values), w.acknowledged}
	}
	return all
}

// window is a crash: what had been acknowledged before it is there, and nothing that
// began behind it.
type window struct{ before, behind map[string]written }

// check expects of each key the last value that was acknowledged before the crash, or
// one that began later.
func (w window) check(get func(key string) (string, error)) error {
	for key, behind := range w.behind {
		least := w.before[key].acknowledged
		value, err := get(key)
		switch {
		case errors.Is(err, oracle.ErrNotFound):
			if least > 0 {
				return fmt.Errorf("%q is lost: %d puts of it were acknowledged", key, least)
			}
		case err != nil:
			return fmt.Errorf("%q can't be read: %w", key, err)
		case !slices.Contains(behind.values[max(0, least-1):], value):
			return fmt.Errorf("%q is %q, which is neither acknowledged nor in flight", key, value)
		}
	}
	return nil
}
