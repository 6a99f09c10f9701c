package core

import (
	"powercut/vfs"
)

// Probe is what somebody who explains or searches runs listens to. None of it
// changes what a run does, as far as the code under test can tell; the zero value
// listens to nothing.
type Probe struct {
	// Law, if not "", passes over violations of other laws.
	Law Law
	// Accept, if not nil, says whether a violation is one that is looked for.
	// The run goes on behind others.
	Accept func(*Violation) bool
	// Crashed, if not nil, is called at each crash, while everything stands
	// still and before anything is recovered.
	Crashed func(at *Point, crash *Crash)
	// Done, if not nil, is called behind each operation, before its caller is
	// told how it ended.
	Done func(at *Point, op vfs.Op, res vfs.Result)
	// KeepOps keeps the operations of the workload, see Run.Ops.
	KeepOps bool
	// JudgeAll judges an image again where the same was judged before: for an
	// explorer that ends recoveries unheard, or does not repeat itself anyway.
	JudgeAll bool
	// Trace keeps the events, with the places that they came from; LateSites looks
	// these up only if a law is violated.
	Trace     bool
	LateSites bool
}

func (p *Probe) crashed(at *Point, crash *Crash) {
	if p.Crashed != nil {
		p.Crashed(at, crash)
	}
}
