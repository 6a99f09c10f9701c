package rayfall

import (
	"powercut/journal/wire"
)

// memory remembers texts that were read, and the values that they stand for. It is
// emptied when it is full, which changes nothing but the speed.
type memory struct {
	known map[string]wire.Value
	bytes int // of all texts
}

const (
	maxRemembered      = 4096
	maxRememberedBytes = 1 << 20
	maxTextBytes       = 4096 // of one text
)

func newMemory() *memory { return &memory{known: make(map[string]wire.Value)} }

// read returns the value that a text stands for: as remembered, or read anew.
func (m *memory) read(text []byte, read func([]byte) (wire.Value, error)) (wire.Value, error) {
	if v, ok := m.known[string(text)]; ok {
		return v, nil
	}
	v, err := read(text)
	if err == nil && len(text) <= maxTextBytes {
		if len(m.known) == maxRemembered || m.bytes+len(text) > maxRememberedBytes {
			clear(m.known)
			m.bytes = 0
		}
		m.known[string(text)] = v
		m.bytes += len(text)
	}
	return v, err
}
