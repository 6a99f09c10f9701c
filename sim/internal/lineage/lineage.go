// Package lineage is for programs that are simulated as they are: what a run asks of
// the Go runtime that simrun test has changed.
//
// A lineage stands for a process: some goroutines, and all that they start. Lineages
// are nested. While one runs the others stand still, their clocks and timers
// included, so that they can't tell whether it was there; when it has ended, its
// goroutines never go on. A run has a lineage for each epoch, as the workload's
// process, and one for each recovery.
//
// In a program that was not built by simrun test there is none of this: Native says
// so, and only Native may be called.
package lineage

import "time"

// End is how a lineage ended.
type End uint8

const (
	// Done: its function returned, or ended its goroutine.
	Done End = iota
	// Blocked: none of its goroutines can go on, and none waits for a timer.
	Blocked
	// Hung: its clock came to the deadline of the last Beat.
	Hung
)

// Wall is how the clock that tells the time of day differs from what has passed. Timers
// and durations go by the latter.
type Wall struct {
	Back   time.Duration // by which it was set back
	Frozen int64         // what it shows, in nanoseconds since 1970
	Stands time.Duration // for so long: each reading takes a microsecond of it
}

// Waiting is a goroutine that waits.
type Waiting struct {
	Reason  string // "chan receive"
	Started string // the function that started it
}

// ExitUnsupported is the exit code of a process that asked for what is not simulated.
const ExitUnsupported = 3
