package properties

import (
	"io"
	"time"

	"powercut/sim/core"
)

// clockKind is how the clock of a run goes.
type clockKind string

// The clocks.
const (
	clockRuns  clockKind = ""      // on, by a microsecond each time it is read
	clockStill clockKind = "still" // it stands still
	clockBack  clockKind = "back"  // it steps back by an hour each time it is read
)

// clockStart is what the clocks that do not run begin with.
var clockStart = time.Date(2026, 3, 29, 3, 0, 0, 0, time.UTC)

// now is the clock that the journal reads.
func (p *program) now(r *core.Run) func() time.Time {
	switch p.w.clock {
	case clockStill:
		return func() time.Time { return clockStart }
	case clockBack:
		return func() time.Time { return clockStart.Add(-time.Hour * time.Duration(r.Now().UnixMicro()%1_000_000)) }
	}
	return r.Now
}

// entropy is what the journal draws its random bytes from. The same ones each time are
// what a virtual machine has that was restored.
func (p *program) entropy(r *core.Run) io.Reader {
	if p.w.sameEntropy {
		return sameBytes{}
	}
	return r.Entropy()
}

// sameBytes gives the same byte for ever.
type sameBytes struct{}

// Read implements io.Reader.
func (sameBytes) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 7
	}
	return len(b), nil
}
