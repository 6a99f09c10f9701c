package core

import (
	"io"

	"powercut/vfs"
)

// Go adds an actor to the epoch. What it returns ends the run as a violation
// of Works, or of the law that a *Breach names; what it returns after the power
// was cut doesn't count.
func (r *Run) Go(name string, f func() error) {
	r.takeTurn()
	r.sched.add(name, f)
}

// takeTurn is the beginning of each method by which an actor speaks to its run.
func (r *Run) takeTurn() {
	r.gate.stays()
	r.gate.takeTurn(r.sched)
}

// Disk is the disk of this epoch.
func (r *Run) Disk() *vfs.Disk {
	r.gate.stays()
	return r.disk
}

// Monitor is the cooperative monitor of this epoch.
func (r *Run) Monitor() *Monitor { return r.monitor }

// AtEnd has f called when the epoch, or the recovery, that goes on is over.
func (r *Run) AtEnd(f func()) {
	h := r.innermost.Load()
	h.atEnd = append(h.atEnd, f)
}

// Seed is what decides the run, or what a case keeps of it.
func (r *Run) Seed() Seed { return r.seed }

// Actor is the number of the client that calls, in its epoch, and 0 for the first;
// -1 says that it is a recovery, or none of the run's.
func (r *Run) Actor() int {
	r.takeTurn()
	if a := r.gate.self(r.sched); a != nil {
		return a.id
	}
	return -1
}

// Yield lets another actor go on, if the caller is one.
func (r *Run) Yield() {
	r.takeTurn()
	r.sched.pause()
}

// WaitUntil lets other actors go on until ready is true.
func (r *Run) WaitUntil(ready func() bool) {
	r.takeTurn()
	if !ready() {
		r.sched.block(ready)
	}
}

// Epoch is the number of the epoch, from 0.
func (r *Run) Epoch() int {
	r.gate.stays()
	return r.epoch
}

// LastCrash is how the epoch before ended, nil in the first one.
func (r *Run) LastCrash() *Crash {
	r.gate.stays()
	return r.last
}

// PowerIsOff is true once the power of this epoch was cut: what a client is
// told from then on, nobody heard.
func (r *Run) PowerIsOff() bool {
	r.takeTurn()
	return r.hook.cut
}

// Entropy is the run's source of random bytes for the code under test. A recovery that is
// judged has one of its own.
func (r *Run) Entropy() io.Reader { return r.entropy }

// Thorough says whether a Recover that is being called should make its more
// expensive checks as well: in a share of the recoveries of a seeded run, and
// always when a case is reproduced.
func (r *Run) Thorough() bool { return r.explorer.Thorough() }

// Profile is what decides what a power cut leaves.
func (r *Run) Profile() vfs.Profile { return r.settings.Profile }

// Tracing is true if somebody will read the notes.
func (r *Run) Tracing() bool { return r.trace.keep }

// Events are what has happened so far, if the run keeps a trace; nobody has looked up
// yet where the operations came from.
func (r *Run) Events() []Event { return r.trace.Events() }

// Note adds a remark to the trace. Like NoteCall and NoteReturn it is for a
// reader alone, and does not count in the digest.
func (r *Run) Note(text string) { r.remark(EventNote, text) }

// NoteCall notes what an actor is about to ask of the code under test: "append of
// entry 3".
func (r *Run) NoteCall(text string) { r.remark(EventCall, text) }

// NoteReturn notes how that ended. A call without a return was in flight when the
// power went.
func (r *Run) NoteReturn(text string) { r.remark(EventReturn, text) }

func (r *Run) remark(kind EventKind, text string) {
	r.takeTurn()
	r.gate.lock(r.hook)
	defer r.gate.unlock(r.hook)
	r.trace.remark(kind, r.At(), text)
}

// Mix adds a number to the run's digest, where a text would cost too much.
func (r *Run) Mix(v uint64) { r.trace.mix(v) }

// Violated says whether the run has found the violation that it ends with.
func (r *Run) Violated() bool { return r.violation != nil }

// Program is what the run runs.
func (r *Run) Program() Program { return r.program }

// Ops are the operations of each epoch, as faults could have struck them, if the
// probe asked to keep them.
func (r *Run) Ops() [][]vfs.Op { return r.record.ops }

// CallSites are the places in the code under test that the present operation came
// from, the innermost first.
func (r *Run) CallSites() []Site { return sitesOf(callers(), r.harness()) }
