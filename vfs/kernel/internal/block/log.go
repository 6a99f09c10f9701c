package block

import "fmt"

// Kind is what the kernel asked of the device, or a mark of the workload.
type Kind uint8

// The kinds.
const (
	Write Kind = iota
	Flush
	Discard
	Begin // a step of the workload begins
	End   // and has returned
)

// Entry is one line of the log.
type Entry struct {
	Kind Kind
	Off  int64 // bytes
	Len  int64
	Data []byte // of a write
}

// String describes an entry for a person.
func (e *Entry) String() string {
	switch e.Kind {
	case Flush:
		return "flush"
	case Discard:
		return fmt.Sprintf("discard %d+%d", e.Off, e.Len)
	case Begin:
		return "step begins"
	case End:
		return "step has returned"
	}
	return fmt.Sprintf("write %d+%d", e.Off, e.Len)
}

// Log is what was asked of a device since Base.
type Log struct {
	Base    *Store // all of it durable
	Entries []Entry
	// Tears says which writes are worth tearing; nil: all. The filesystem's own
	// have checksums, and a torn one is as good as none.
	Tears func(e *Entry) bool
}

// Counts says how many writes, flushes and discards the log has.
func (l *Log) Counts() (writes, flushes, discards int) {
	for i := range l.Entries {
		switch l.Entries[i].Kind {
		case Write:
			writes++
		case Flush:
			flushes++
		case Discard:
			discards++
		}
	}
	return writes, flushes, discards
}
