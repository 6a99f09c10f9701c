package journal

// Entry is one mutation, as it was appended.
type Entry struct {
	// LSN is the log sequence number: 1 for the first entry ever, without
	// gaps. Append ignores it; Apply and Read fill it in.
	LSN uint64
	// Payload is one serialised value (see package wire).
	Payload []byte
	// Restricted entries are evaluated without the right to mutate, when they
	// are appended and on every replay.
	Restricted bool
}

// Machine is the state machine that a journal feeds: every entry once, in LSN
// order. The journal calls it with its monitor held, from one caller at a time.
type Machine interface {
	// Apply evaluates an entry. Its error is an evaluation error: counted and
	// reported, never fatal. If it has, or wraps, a method Unsupported() string,
	// the machine does not know what the entry does, and its state is incomplete
	// from there on: the method says what of the entry is unsupported. Apply must be
	// deterministic, and keep no reference to e.Payload.
	//
	// A machine may have a method Doubtful() []string, which says what of an
	// incomplete state may be wrong or missing.
	Apply(e Entry) error
	// Snapshot returns the whole state as one serialised value.
	Snapshot() ([]byte, error)
	// Restore replaces the whole state by one that Snapshot returned, and says
	// how many bindings it holds. On an error the state is as it was.
	//
	// A machine may have a method Skipped() (bindings int, first error), which says
	// how many Restore left out, the last time, and why the first of them.
	Restore(payload []byte) (bindings int, err error)
}
