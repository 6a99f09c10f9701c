package core

import (
	"slices"

	"powercut/vfs"
)

// recorder remembers what the seed decided in the epochs so far, so that an
// explicit case can be made of a violation.
type recorder struct {
	epochs  []CaseEpoch
	crashes []CrashLosses // that ended those epochs
	keepOps bool          // whether ops is wanted
	ops     [][]vfs.Op    // of each epoch, as the injector saw them
}

// saw takes note of an operation of an epoch.
func (c *recorder) saw(epoch int, op vfs.Op) {
	if !c.keepOps {
		return
	}
	for len(c.ops) <= epoch {
		c.ops = append(c.ops, nil)
	}
	c.ops[epoch] = append(c.ops[epoch], op)
}

// endEpoch is called when the epoch has ended, and the next one will begin.
func (c *recorder) endEpoch(r *Run) {
	e := c.current(r)
	if r.last != nil && r.hook.next != nil {
		e.Crashes = []CrashPoint{{Step: r.last.Step, Choice: r.last.Choice}}
	}
	c.epochs = append(c.epochs, e)
}

// crashesTo lists all crashes up to one that is being recovered (nil: none is).
func (c *recorder) crashesTo(last *Crash) []CrashLosses {
	var chain []CrashLosses
	for crash := last; crash != nil; crash = crash.Before {
		chain = append(chain, crash.losses())
	}
	slices.Reverse(chain)
	return append(slices.Clone(c.crashes), chain...)
}

// current is the epoch that runs, without its crash.
func (c *recorder) current(r *Run) CaseEpoch {
	return CaseEpoch{Plan: r.injector.Fired(), Schedule: r.sched.recorded}
}

// caseOf is the explicit case of a violation that was just found.
func (c *recorder) caseOf(r *Run, v *Violation) *Case {
	e := c.current(r)
	for crash := r.judging; crash != nil; crash = crash.Before {
		e.Crashes = append([]CrashPoint{{Step: crash.Step, Choice: crash.Choice}}, e.Crashes...)
	}
	e.Schedule = append(Schedule(nil), e.Schedule...)
	workload := r.scenario.Workload
	if p, ok := r.program.(Recorder); ok {
		workload = p.Recorded()
	}
	return &Case{
		Why:      v.What + "\n",
		Target:   r.scenario.Target,
		Test:     r.scenario.Test,
		Build:    buildOf(workload),
		Seed:     r.seed,
		Law:      v.Law,
		Profile:  r.settings.Profile,
		Sector:   r.settings.SectorBytes,
		Disks:    r.settings.Disks,
		Epochs:   append(append([]CaseEpoch(nil), c.epochs...), e),
		Workload: workload,
	}
}
